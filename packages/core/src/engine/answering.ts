import type { CacheEntry } from '../contract/entry.ts';
import { CacheError } from '../contract/errors.ts';
import type { MissReason } from '../contract/observer.ts';
import type { CacheStore } from '../contract/store.ts';
import type { JsonObject } from '../json.ts';
import type { Answer, Provider } from './answer.ts';
import { bypass } from './bypass.ts';
import type { ResolvedCacheOptions } from './cache-options.ts';
import type { CacheRequest } from './call.ts';
import { Flight, type StorableAnswer } from './flight.ts';
import type { Flights } from './flights.ts';
import { lifetime, mayServeOnError, mayServeWhileRevalidating } from './freshness.ts';
import { hitAnswer, judgeFound, type Found } from './hit.ts';
import { newEntry } from './new-entry.ts';
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
    if (atHand.type === 'usable') return this.#hit(atHand.entry, request);
    const stale = atHand.entry;
    if (stale !== undefined && mayServeWhileRevalidating(stale, policy, this.#now())) {
      this.#refresh(request, options);
      return this.#hit(stale, request);
    }
    return this.#orStale(stale, request, () => this.#together(request, options, atHand.reason));
  }

  /** In memory, or just landed by an equal request whose answer is on its way into the store. */
  #atHand(request: CacheRequest): Found {
    if (!request.policy.read) return { type: 'unusable', reason: request.policy.noReadReason ?? 'off' };
    const entry = this.#store.peek?.(request.key) ?? this.#flights.landed(request.key);
    return judgeFound(entry, request, this.#now());
  }

  /** At hand, or in the store beyond this process. */
  async #find(request: CacheRequest, signal: AbortSignal | undefined): Promise<Found> {
    const atHand = this.#atHand(request);
    if (atHand.type === 'usable' || !this.#looksFurther(request)) return atHand;
    const entry = await this.#store.get(request.key, signal === undefined ? {} : { signal });
    return judgeFound(entry, request, this.#now());
  }

  #looksFurther({ policy }: CacheRequest): boolean {
    return policy.read && (this.#store.remote === true || this.#store.peek === undefined);
  }

  async #onlyIfCached(request: CacheRequest, options: AnswerOptions): Promise<Answer> {
    const found = await this.#find(request, options.signal);
    if (found.type === 'usable') return this.#hit(found.entry, request);
    throw new CacheError('CACHE_MISS', `only-if-cached: no acceptable answer is stored (${found.reason})`);
  }

  /** Joins the call under way for this key, or begins it. */
  async #together(request: CacheRequest, options: AnswerOptions, reason: MissReason): Promise<Answer> {
    const underWay = this.#flights.joinable(request.key);
    const flight = underWay ?? this.#begin(request, { lookup: this.#looksFurther(request), joinable: true });
    const answer = travel(
      flight,
      this.#passage(request, options, { reason, collapsed: underWay !== undefined }),
    );
    if (underWay === undefined) void flight.fly();
    const result = await answer;
    if (result !== ALONE) return result;
    const unread: CacheRequest = {
      ...request,
      policy: { ...request.policy, read: false, noReadReason: 'no_cache' },
    };
    return this.#alone(unread, options, reason);
  }

  /** Neither joins nor leads; reads and writes as the policy says. */
  async #alone(request: CacheRequest, options: AnswerOptions, reason?: MissReason): Promise<Answer> {
    const found = await this.#find(request, options.signal);
    if (found.type === 'usable') return this.#hit(found.entry, request);
    return this.#orStale(found.entry, request, async () => {
      const flight = this.#begin(request, { lookup: false, joinable: false });
      const passage = this.#passage(request, options, { reason: reason ?? found.reason, collapsed: false });
      const answer = travel(flight, passage);
      void flight.fly();
      const result = await answer;
      if (result !== ALONE) return result;
      throw new CacheError('CACHE_PROVIDER_CUT', 'the provider gave no answer this request can use');
    });
  }

  /** Fetches a fresh answer in the background, unless that is already under way (RFC 5861 section 3). */
  #refresh(request: CacheRequest, { provider, body }: AnswerOptions): void {
    if (this.#flights.joinable(request.key) !== undefined) return;
    const flight = this.#begin(request, { lookup: false, joinable: true });
    const answer = travel(
      flight,
      this.#passage(request, { provider, body }, { reason: 'stale', collapsed: false }),
    );
    answer.then(drain).catch(() => undefined);
    void flight.fly();
  }

  /** RFC 5861 section 4: a stale answer is better than an error, within the window the request allows. */
  async #orStale(
    stale: CacheEntry | undefined,
    request: CacheRequest,
    fetch: () => Promise<Answer>,
  ): Promise<Answer> {
    if (stale === undefined || !mayServeOnError(stale, request.policy, this.#now())) return fetch();
    try {
      const answer = await fetch();
      return isProviderFailure(answer.status) ? this.#hit(stale, request) : answer;
    } catch (error) {
      if (CacheError.is(error, 'CACHE_ABORTED')) throw error;
      return this.#hit(stale, request);
    }
  }

  #begin(request: CacheRequest, { lookup, joinable }: { lookup: boolean; joinable: boolean }): Flight {
    const { key, call, policy } = request;
    const flight: Flight = new Flight({
      callType: call.callType,
      maxEntryBytes: this.#options.maxEntryBytes,
      storable: this.#options.storable,
      finishAbandoned: this.#options.abandoned === 'finish',
      ...(lookup ? { lookup: (signal: AbortSignal) => this.#lookup(request, signal) } : {}),
      store: (answer) => policy.write && this.#write(flight, request, answer),
      notStored: (reason) => this.#options.observer({ type: 'not_stored', key, reason }),
    });
    this.#flights.track(key, flight, { joinable });
    return flight;
  }

  async #lookup(
    request: CacheRequest,
    signal: AbortSignal,
  ): Promise<{ entry: CacheEntry; source: string } | undefined> {
    const found = judgeFound(await this.#store.get(request.key, { signal }), request, this.#now());
    return found.type === 'usable' ? { entry: found.entry, source: this.#store.name } : undefined;
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
    this.#flights.storing(flight, entry, this.#store.set(request.key, entry));
    this.#options.observer({ type: 'store', key: request.key, bytes: entry.body.length });
    return true;
  }

  #passage(
    request: CacheRequest,
    { provider, body, signal }: AnswerOptions,
    { reason, collapsed }: { reason: MissReason; collapsed: boolean },
  ): PassageOptions {
    return { request, provider, body, signal, reason, collapsed, now: () => this.#now() };
  }

  #hit(entry: CacheEntry, request: CacheRequest): Answer {
    return hitAnswer(entry, request, this.#store.name, this.#now());
  }

  #now(): number {
    return this.#options.clock.now();
  }
}

/** Statuses for which a stale answer may stand in: the provider is unwell, or asks to be left alone. */
function isProviderFailure(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}

/** Reads an answer nobody waits for, so that it is fetched to its end. */
async function drain(answer: Answer | typeof ALONE): Promise<void> {
  if (answer === ALONE || Buffer.isBuffer(answer.body)) return;
  for await (const _ of answer.body);
}
