import type { CallType } from '../calls/call-type.ts';
import type { Caller } from '../contract/caller.ts';
import type { CacheEntry } from '../contract/entry.ts';
import { CacheError } from '../contract/errors.ts';
import type { MissReason } from '../contract/observer.ts';
import type { CacheStore, OperationOptions } from '../contract/store.ts';
import { parseControls } from '../control/body-controls.ts';
import type { Controls, Policy } from '../control/policy.ts';
import { resolvePolicy } from '../control/resolve-policy.ts';
import type { JsonObject } from '../json.ts';
import { cacheKey, keyPrefix } from '../key/cache-key.ts';
import { scopeOf } from '../key/scope.ts';
import type { Answer, Outcome, Provider } from './answer.ts';
import { readCall, type CacheRequest, type Call, type ReadCallOptions } from './call.ts';
import { resolveCacheOptions, type CacheOptions, type ResolvedCacheOptions } from './cache-options.ts';
import { bypass } from './bypass.ts';
import { Flight, type StorableAnswer } from './flight.ts';
import { Flights } from './flights.ts';
import { lifetime, mayServeOnError, mayServeWhileRevalidating } from './freshness.ts';
import { hitAnswer, hitOutcome, judgeFound, type Found } from './hit.ts';
import { newEntry } from './new-entry.ts';
import { ALONE, travel } from './passage.ts';

/** What surrounds a call: who makes it, and what was said about caching outside its body. */
export interface RequestContext {
  readonly caller?: Caller;
  /** Controls of the request's headers; see `parseCacheControl`. */
  readonly header?: Controls;
  /** False: this request neither reads nor writes, whatever it says. Default: as the controls and the mode say. */
  readonly caching?: boolean;
}

/** What the engine needs to get an answer it does not have. */
export interface AnswerOptions {
  readonly provider: Provider;
  /** The parsed body, without its `cache` member. Only asked for where the provider is called. */
  readonly body: () => JsonObject;
  /** Aborted when the client goes away: the request then rejects with `CACHE_ABORTED`. */
  readonly signal?: AbortSignal;
}

/** An entry that answers a request at once. */
export interface Hit {
  readonly entry: CacheEntry;
  readonly outcome: Outcome & { readonly type: 'hit' };
}

/**
 * The response cache. One request's way through it: {@link readCall} (what the bytes say), {@link request} (who asks, under
 * which policy), then {@link peek} (an answer already at hand, synchronously) or {@link answer}.
 */
export class Cache {
  readonly options: ResolvedCacheOptions;
  readonly #flights: Flights;

  /** @throws CacheError `CACHE_INVALID_OPTION` */
  constructor(options: CacheOptions) {
    this.options = resolveCacheOptions(options);
    this.#flights = new Flights(this.options.clock, this.options.joinSeconds);
  }

  get store(): CacheStore {
    return this.options.store;
  }

  /** Provider calls under way, each for any number of requests. */
  get callsUnderWay(): number {
    return this.#flights.count;
  }

  /** The kind of call a path names, for example `/v1/chat/completions`. */
  callTypeOf(path: string): CallType | undefined {
    return this.options.callTypes.find((callType) => callType.paths.some((suffix) => path.endsWith(suffix)));
  }

  /**
   * Reads a parsed body; takes the `cache` member off it. Depends on nothing but its arguments and the configuration.
   * @throws CacheError `CACHE_INVALID_CONTROL`
   */
  readCall(callType: CallType, body: JsonObject, options: Omit<ReadCallOptions, 'ignoredParams'> = {}): Call {
    return readCall(callType, body, { ...options, ignoredParams: this.options.ignoredParams });
  }

  /**
   * A call as this caller makes it now: its key and its policy.
   * @throws CacheError `CACHE_INVALID_CONTROL` if the caller's defaults are malformed.
   */
  request(call: Call, { caller, header = {}, caching = true }: RequestContext = {}): CacheRequest {
    const policy = resolvePolicy({
      body: call.controls,
      header,
      defaults: caller?.defaults === undefined ? {} : parseControls(caller.defaults as JsonObject, 'key'),
      mode: this.options.mode,
      enabled: caching && this.options.enabledCallTypes.has(call.callType.name),
    });
    return { call, key: this.keyOf(call, policy, caller), policy };
  }

  keyOf(call: Call, policy: Pick<Policy, 'namespace'>, caller: Caller | undefined): string {
    const namespace = policy.namespace ?? this.options.namespace;
    return cacheKey({
      ...(namespace === undefined ? {} : { namespace }),
      scope: scopeOf(this.options.scope, caller),
      requestHash: call.requestHash,
    });
  }

  /** A usable entry that is at hand without leaving the process. Reports the hit. */
  peek(request: CacheRequest): Hit | undefined {
    if (!request.policy.read || this.store.peek === undefined) return undefined;
    const now = this.options.clock.now();
    const found = judgeFound(this.store.peek(request.key), request, now);
    if (found.type !== 'usable') return undefined;
    const outcome = hitOutcome(found.entry, request.key, this.store.name, now);
    this.#report(request, outcome);
    return { entry: found.entry, outcome };
  }

  /**
   * Answers from the cache, from a call under way, or from the provider.
   * @throws CacheError `CACHE_MISS` (only-if-cached), `CACHE_ABORTED`, `CACHE_PROVIDER_CUT`; what `provider` threw.
   */
  async answer(request: CacheRequest, options: AnswerOptions): Promise<Answer> {
    const answer = await this.#answer(request, options);
    this.#report(request, answer.outcome);
    return answer;
  }

  /** Removes entries, and keeps calls under way from storing them again. @returns how many entries there were. */
  async delete(keys: readonly string[], options?: OperationOptions): Promise<number> {
    await this.#flights.forbidStoring((key) => keys.includes(key));
    return this.store.delete(keys, options);
  }

  /** Removes every entry of a namespace; without one, every entry of the configured namespace, or else every entry. */
  async clear(namespace: string | undefined = this.options.namespace, options?: OperationOptions): Promise<number> {
    const prefix = keyPrefix(namespace);
    await this.#flights.forbidStoring((key) => key.startsWith(prefix));
    return this.store.clear(prefix, options);
  }

  /** Waits for what is being fetched and stored, then closes the store. */
  async close(): Promise<void> {
    await this.#flights.settled();
    await this.store.close();
  }

  async #answer(request: CacheRequest, options: AnswerOptions): Promise<Answer> {
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
  #atHand(request: CacheRequest): Found & { readonly entry?: CacheEntry } {
    if (!request.policy.read) return { type: 'unusable', reason: request.policy.noReadReason ?? 'off' };
    const entry = this.store.peek?.(request.key) ?? this.#flights.landed(request.key);
    return judgeFound(entry, request, this.#now());
  }

  /** Joins the call under way for this key, or begins it. */
  async #together(request: CacheRequest, options: AnswerOptions, reason: MissReason): Promise<Answer> {
    const underWay = this.#flights.joinable(request.key);
    const flight = underWay ?? this.#begin(request, { lookup: this.#looksFurther(request), joinable: true });
    const passage = this.#passage(request, options, { reason, collapsed: underWay !== undefined });
    const answer = travel(flight, passage);
    if (underWay === undefined) void flight.fly();
    const result = await answer;
    return result === ALONE ? this.#alone({ ...request, policy: { ...request.policy, read: false } }, options, reason) : result;
  }

  /** Neither joins nor leads; reads and writes as the policy says. */
  async #alone(request: CacheRequest, options: AnswerOptions, reason?: MissReason): Promise<Answer> {
    const found = request.policy.read ? await this.#find(request, options.signal) : undefined;
    if (found?.type === 'usable') return this.#hit(found.entry, request);
    const why = reason ?? found?.reason ?? request.policy.noReadReason ?? 'off';
    return this.#orStale(found?.entry, request, async () => {
      const flight = this.#begin(request, { lookup: false, joinable: false });
      const answer = travel(flight, this.#passage(request, options, { reason: why, collapsed: false }));
      void flight.fly();
      const result = await answer;
      if (result === ALONE) throw new CacheError('CACHE_PROVIDER_CUT', 'the provider gave no answer this request can use');
      return result;
    });
  }

  async #onlyIfCached(request: CacheRequest, options: AnswerOptions): Promise<Answer> {
    const found = await this.#find(request, options.signal);
    if (found.type === 'usable') return this.#hit(found.entry, request);
    throw new CacheError('CACHE_MISS', `only-if-cached: no acceptable answer is stored (${found.reason})`);
  }

  async #find(request: CacheRequest, signal: AbortSignal | undefined): Promise<Found & { readonly entry?: CacheEntry }> {
    const atHand = this.#atHand(request);
    if (atHand.type === 'usable' || !this.#looksFurther(request)) return atHand;
    const entry = await this.store.get(request.key, signal === undefined ? {} : { signal });
    return judgeFound(entry, request, this.#now());
  }

  #looksFurther({ policy }: CacheRequest): boolean {
    return policy.read && (this.store.remote === true || this.store.peek === undefined);
  }

  #begin(request: CacheRequest, { lookup, joinable }: { lookup: boolean; joinable: boolean }): Flight {
    const { key, call, policy } = request;
    const flight: Flight = new Flight({
      callType: call.callType,
      maxEntryBytes: this.options.maxEntryBytes,
      storable: this.options.storable,
      finishAbandoned: this.options.abandoned === 'finish',
      ...(lookup ? { lookup: (signal: AbortSignal) => this.#lookup(request, signal) } : {}),
      store: (answer) => policy.write && this.#store(flight, request, answer),
      notStored: (reason) => this.options.observer({ type: 'not_stored', key, reason }),
    });
    this.#flights.track(key, flight, { joinable });
    return flight;
  }

  async #lookup(request: CacheRequest, signal: AbortSignal): Promise<{ entry: CacheEntry; source: string } | undefined> {
    const entry = await this.store.get(request.key, { signal });
    const found = judgeFound(entry, request, this.#now());
    return found.type === 'usable' ? { entry: found.entry, source: this.store.name } : undefined;
  }

  /** Writes a complete answer. @returns false where storing has been forbidden, or would be for no time. */
  #store(flight: Flight, request: CacheRequest, answer: StorableAnswer): boolean {
    const times = lifetime({
      policy: request.policy,
      cacheTtlSeconds: this.options.ttlSeconds,
      storeDefaultTtlSeconds: this.store.defaultTtlSeconds,
      now: this.#now(),
    });
    if (times === undefined || !this.#flights.mayStore(flight)) return false;
    const entry = newEntry(request.call, answer, times, this.#now());
    this.#flights.storing(flight, entry, this.store.set(request.key, entry));
    this.options.observer({ type: 'store', key: request.key, bytes: entry.body.length });
    return true;
  }

  /** Fetches a fresh answer in the background, unless that is already under way (RFC 5861 section 3). */
  #refresh(request: CacheRequest, options: AnswerOptions): void {
    if (this.#flights.joinable(request.key) !== undefined) return;
    const flight = this.#begin(request, { lookup: false, joinable: true });
    const unattended: AnswerOptions = { provider: options.provider, body: options.body };
    const answer = travel(flight, this.#passage(request, unattended, { reason: 'stale', collapsed: false }));
    answer.then(drain).catch(() => undefined);
    void flight.fly();
  }

  /** RFC 5861 section 4: a stale answer is better than an error, within the window the request allows. */
  async #orStale(stale: CacheEntry | undefined, request: CacheRequest, fetch: () => Promise<Answer>): Promise<Answer> {
    const helps = stale !== undefined && mayServeOnError(stale, request.policy, this.#now());
    if (!helps) return fetch();
    try {
      const answer = await fetch();
      return isProviderFailure(answer.status) ? this.#hit(stale, request) : answer;
    } catch (error) {
      if (CacheError.is(error, 'CACHE_ABORTED')) throw error;
      return this.#hit(stale, request);
    }
  }

  #passage(
    request: CacheRequest,
    options: AnswerOptions,
    { reason, collapsed }: { reason: MissReason; collapsed: boolean },
  ): Parameters<typeof travel>[1] {
    const { provider, body, signal } = options;
    return { request, provider, body, signal, reason, collapsed, now: () => this.#now() };
  }

  #hit(entry: CacheEntry, request: CacheRequest): Answer {
    return hitAnswer(entry, request, this.store.name, this.#now());
  }

  #now(): number {
    return this.options.clock.now();
  }

  #report({ key, call }: CacheRequest, outcome: Outcome): void {
    const about = { key, callType: call.callType.name, model: call.model };
    this.options.observer(
      outcome.type === 'hit'
        ? { type: 'hit', ...about, stale: outcome.stale }
        : { type: 'miss', ...about, reason: outcome.reason, collapsed: outcome.collapsed },
    );
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
