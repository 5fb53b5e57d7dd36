import type { CacheEntry } from '../contract/entry.ts';
import { CacheError } from '../contract/errors.ts';
import type { MissReason } from '../contract/observer.ts';
import type { CacheStore } from '../contract/store.ts';
import type { JsonObject } from '../json.ts';
import { drainBody, giveUpBody } from './answer-body.ts';
import type { Answer, Provider } from './answer.ts';
import { bypass } from './bypass.ts';
import type { ResolvedCacheOptions } from './cache-options.ts';
import type { CacheRequest } from './call.ts';
import { Flight, type LookedUp } from './flight.ts';
import type { Flights, TrackOptions } from './flights.ts';
import { lifetime, mayServeOnError, mayServeWhileRevalidating } from './freshness.ts';
import { hitAnswer, judgeFound, missed, type Found, type Missed } from './hit.ts';
import type { StorableAnswer } from './landing.ts';
import { newEntry } from './new-entry.ts';
import { notifyFailure } from './notify.ts';
import { ALONE, travel, type PassageOptions } from './passage.ts';

/** What the engine needs to get an answer it does not have. */
export interface AnswerOptions {
  readonly provider: Provider;
  /** The parsed body, without its `cache` member. Only asked for where the provider is called. */
  readonly body: () => JsonObject;
  /** Aborted when the client goes away: the request then rejects with `CACHE_ABORTED`. */
  readonly signal?: AbortSignal;
}

/** Where an answer comes from, in order: the store, an equal call under way, the provider. */
export class Answering {
  readonly #options: ResolvedCacheOptions;
  readonly #store: CacheStore;
  readonly #flights: Flights;

  /** @param store the configured one, with its failures already misses. */
  constructor(options: ResolvedCacheOptions, store: CacheStore, flights: Flights) {
    this.#options = options;
    this.#store = store;
    this.#flights = flights;
  }

  async answer(request: CacheRequest, options: AnswerOptions): Promise<Answer> {
    const { policy } = request;
    if (policy.onlyIfCached) return this.#onlyIfCached(request, options);
    if (!policy.read && !policy.write) return bypass(request, options);
    if (!policy.joins) return this.#alone(request, options);

    const atHand = this.#atHand(request);
    return this.#fromFound(atHand, request, options) ?? this.#together(request, options, missed(atHand));
  }

  /** In memory, or just landed by an equal request whose answer is on its way into the store. */
  #atHand(request: CacheRequest): Found {
    if (!request.policy.read) return { type: 'unusable', reason: request.policy.noReadReason ?? 'off' };
    const entry = this.#flights.landed(request.key) ?? this.#store.peek?.(request.key);
    return judgeFound(entry, request, this.#now());
  }

  /** At hand, or in the store beyond this process. */
  async #find(request: CacheRequest, signal: AbortSignal | undefined): Promise<Found> {
    const atHand = this.#atHand(request);
    if (atHand.type === 'usable' || !this.#looksFurther(request)) return atHand;
    const entry = await this.#store.get(request.key, {
      beyondPeek: true,
      ...(signal === undefined ? {} : { signal }),
    });
    return judgeFound(entry, request, this.#now());
  }

  #looksFurther({ policy }: CacheRequest): boolean {
    return policy.read && (this.#store.remote === true || this.#store.peek === undefined);
  }

  async #onlyIfCached(request: CacheRequest, options: AnswerOptions): Promise<Answer> {
    const found = await this.#find(request, options.signal);
    const hit = found.type === 'usable' ? this.#hit(found.entry, request) : undefined;
    if (hit !== undefined) return hit;
    const { reason } = missed(found);
    throw new CacheError('CACHE_MISS', `only-if-cached: no acceptable answer is stored (${reason})`);
  }

  /** Joins the call under way for this key, or begins it. */
  #together(request: CacheRequest, options: AnswerOptions, { reason, stale }: Missed): Promise<Answer> {
    const underWay = this.#flights.joinable(request.key);
    const flight = underWay ?? this.#begin(request, { lookup: this.#looksFurther(request), joinable: true });
    const passage = this.#passage(request, options, { reason, collapsed: underWay !== undefined });
    const answer = travel(flight, passage);
    if (underWay === undefined) void flight.fly();
    const found = (): CacheEntry | undefined => stale ?? flight.stale;
    return this.#orStale(found, request, async () => {
      const result = await answer;
      if (result !== ALONE) return result;
      // What is stored is no answer to it either. Others are in the same place, so one call is shared again, once.
      const unread: CacheRequest = {
        ...request,
        policy: { ...request.policy, read: false, noReadReason: 'no_cache' },
      };
      return request.policy.read
        ? this.#together(unread, options, { reason })
        : this.#fetchAlone(request, options, reason);
    });
  }

  /** Neither joins nor leads; reads and writes as the policy says. */
  async #alone(request: CacheRequest, options: AnswerOptions): Promise<Answer> {
    const found = await this.#find(request, options.signal);
    const hit = found.type === 'usable' ? this.#hit(found.entry, request) : undefined;
    if (hit !== undefined) return hit;
    const { reason, stale } = missed(found);
    return this.#orStale(
      () => stale,
      request,
      () => this.#fetchAlone(request, options, reason),
    );
  }

  async #fetchAlone(request: CacheRequest, options: AnswerOptions, reason: MissReason): Promise<Answer> {
    const flight = this.#begin(request, { lookup: false, joinable: false });
    const answer = travel(flight, this.#passage(request, options, { reason, collapsed: false }));
    void flight.fly();
    const result = await answer;
    if (result !== ALONE) return result;
    throw new CacheError('CACHE_PROVIDER_CUT', 'the provider gave no answer this request can use');
  }

  /** Fetches a fresh answer in the background, unless that is already under way (RFC 5861 section 3). */
  #refresh(request: CacheRequest, { provider, body }: AnswerOptions): void {
    const { key } = request;
    if (this.#flights.isRefreshing(key) || this.#flights.joinable(key) !== undefined) return;
    const flight = this.#begin(request, { lookup: false, joinable: true, background: true });
    const passage = this.#passage(request, { provider, body }, { reason: 'stale', collapsed: false });
    travel(flight, passage)
      .then((answer) => (answer === ALONE ? undefined : drainBody(answer.body)))
      .catch(() => undefined);
    void flight.fly();
  }

  /** RFC 5861 section 4: a stale answer is better than an error, within the window the request allows. */
  async #orStale(
    stale: () => CacheEntry | undefined,
    request: CacheRequest,
    fetch: () => Promise<Answer>,
  ): Promise<Answer> {
    try {
      const answer = await fetch();
      const standIn = isProviderFailure(answer.status) ? this.#standIn(stale(), request) : undefined;
      if (standIn !== undefined) giveUpBody(answer.body);
      return standIn ?? answer;
    } catch (error) {
      const standIn = CacheError.is(error, 'CACHE_ABORTED') ? undefined : this.#standIn(stale(), request);
      if (standIn === undefined) throw error;
      return standIn;
    }
  }

  #standIn(stale: CacheEntry | undefined, request: CacheRequest): Answer | undefined {
    const mayServe = stale !== undefined && mayServeOnError(stale, request.policy, this.#now());
    return mayServe ? this.#hit(stale, request) : undefined;
  }

  #begin(
    request: CacheRequest,
    { lookup, ...tracking }: TrackOptions & { readonly lookup: boolean },
  ): Flight {
    const { key, call, policy } = request;
    const flight: Flight = new Flight({
      callType: call.callType,
      clock: this.#options.clock,
      maxEntryBytes: this.#options.maxEntryBytes,
      storable: this.#options.storable,
      finishAbandoned: this.#options.abandoned === 'finish' && policy.write,
      ...(lookup ? { lookup: (signal: AbortSignal) => this.#lookup(request, signal) } : {}),
      store: (answer) => policy.write && this.#write(flight, request, answer),
      notStored: (reason) => this.#options.observer({ type: 'not_stored', key, reason }),
    });
    this.#flights.track(key, flight, tracking);
    return flight;
  }

  async #lookup(request: CacheRequest, signal: AbortSignal): Promise<LookedUp> {
    const found = judgeFound(
      await this.#store.get(request.key, { signal, beyondPeek: true }),
      request,
      this.#now(),
    );
    const { entry } = found;
    if (entry !== undefined && (found.type === 'usable' || this.#isServedWhileRevalidating(entry, request))) {
      return { answers: true, entry, source: this.#store.name };
    }
    return { answers: false, reason: missed(found).reason, ...(entry === undefined ? {} : { entry }) };
  }

  /** Writes a complete answer. @returns false where storing has been forbidden, or would be for no time. */
  #write(flight: Flight, request: CacheRequest, answer: StorableAnswer): boolean {
    const times = lifetime({
      policy: request.policy,
      cacheTtlSeconds: this.#options.ttlSeconds,
      storeDefaultTtlSeconds: this.#store.defaultTtlSeconds,
      now: this.#now(),
    });
    if (times === undefined || !this.#flights.mayStore(flight)) return false;
    const entry = newEntry(request.call, answer, times, this.#now());
    this.#flights.storing(flight, entry, {
      write: () => this.#store.set(request.key, entry),
      isAtHand: () => this.#store.peek?.(request.key) !== undefined,
    });
    this.#options.observer({ type: 'store', key: request.key, bytes: entry.body.length });
    return true;
  }

  #passage(
    request: CacheRequest,
    options: AnswerOptions,
    { reason, collapsed }: { reason: MissReason; collapsed: boolean },
  ): PassageOptions {
    const { provider, body, signal } = options;
    const fromEntry = (entry: CacheEntry, source: string): Answer | undefined =>
      this.#fromFound(judgeFound(entry, request, this.#now()), request, options, source);
    return { request, provider, body, signal, reason, collapsed, fromEntry };
  }

  /** The answer out of what was found, if it is one; a fresh one is fetched in the background where that is due. */
  #fromFound(
    found: Found,
    request: CacheRequest,
    options: AnswerOptions,
    source?: string,
  ): Answer | undefined {
    if (found.type === 'usable') return this.#hit(found.entry, request, source);
    if (found.entry === undefined || !this.#isServedWhileRevalidating(found.entry, request)) return undefined;
    const hit = this.#hit(found.entry, request, source);
    if (hit !== undefined) this.#refresh(request, options);
    return hit;
  }

  #isServedWhileRevalidating(entry: CacheEntry, { policy }: CacheRequest): boolean {
    return mayServeWhileRevalidating(entry, policy, this.#now());
  }

  /** Undefined for an entry that turns out to be damaged: that is a miss, counted, and no error of the client's. */
  #hit(entry: CacheEntry, request: CacheRequest, source: string = this.#store.name): Answer | undefined {
    try {
      return hitAnswer(entry, request, source, this.#now());
    } catch (error) {
      notifyFailure(this.#options.observer, this.#store.name, 'get', error);
      return undefined;
    }
  }

  #now(): number {
    return this.#options.clock.now();
  }
}

/** Statuses for which a stale answer may stand in: the provider is unwell, or asks to be left alone. */
function isProviderFailure(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}
