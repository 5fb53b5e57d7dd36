import type { CallType } from '../calls/call-type.ts';
import type { Caller } from '../contract/caller.ts';
import type { CacheEntry } from '../contract/entry.ts';
import type { CacheStore, OperationOptions } from '../contract/store.ts';
import { parseControls } from '../control/body-controls.ts';
import type { Controls, Policy } from '../control/policy.ts';
import { resolvePolicy } from '../control/resolve-policy.ts';
import type { JsonObject } from '../json.ts';
import { cacheKey, keyPrefix } from '../key/cache-key.ts';
import { scopeOf } from '../key/scope.ts';
import type { Answer, Outcome } from './answer.ts';
import { Answering, type AnswerOptions } from './answering.ts';
import { resolveCacheOptions, type CacheOptions, type ResolvedCacheOptions } from './cache-options.ts';
import { readCall, type CacheRequest, type Call, type ReadCallOptions } from './call.ts';
import { Flights } from './flights.ts';
import { hitOutcome, judgeFound } from './hit.ts';
import { failOpen } from './store-wrappers/fail-open.ts';

/** What surrounds a call: who makes it, and what was said about caching outside its body. */
export interface RequestContext {
  readonly caller?: Caller;
  /** Controls of the request's headers; see `parseCacheControl`. */
  readonly header?: Controls;
  /** False: this request neither reads nor writes. Default: what its `caching` member says, else controls and mode. */
  readonly caching?: boolean;
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
  /** As they hold: defaults filled in, a backend wrapped as a store. */
  readonly options: ResolvedCacheOptions;
  readonly #flights: Flights;
  readonly #answering: Answering;
  /** Whatever the store is made of, its failures are misses here (DESIGN section 6). */
  readonly #store: CacheStore;

  /** @throws CacheError `CACHE_INVALID_OPTION` */
  constructor(options: CacheOptions) {
    this.options = resolveCacheOptions(options);
    this.#store = failOpen(this.options.store, { observer: this.options.observer });
    this.#flights = new Flights(this.options.clock, this.options.joinSeconds);
    this.#answering = new Answering(this.options, this.#store, this.#flights);
  }

  /** Where answers live; a backend as it was wrapped. */
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
   * Reads a parsed body; takes `cache` and `caching` off it. Depends on nothing but its arguments and the configuration.
   * @throws CacheError `CACHE_INVALID_CONTROL`
   */
  readCall(callType: CallType, body: JsonObject, options: Omit<ReadCallOptions, 'ignoredParams'> = {}): Call {
    return readCall(callType, body, { ...options, ignoredParams: this.options.ignoredParams });
  }

  /**
   * A call as this caller makes it now: its key and its policy.
   * @throws CacheError `CACHE_INVALID_CONTROL` if the caller's defaults are malformed.
   */
  request(
    call: Call,
    { caller, header = {}, caching = call.caching ?? true }: RequestContext = {},
  ): CacheRequest {
    const policy = resolvePolicy({
      body: call.controls,
      header,
      defaults: caller?.defaults === undefined ? {} : parseControls(caller.defaults, 'key'),
      mode: this.options.mode,
      enabled: caching && this.options.enabledCallTypes.has(call.callType.name),
    });
    return { call, key: this.keyOf(call, policy, caller), policy };
  }

  /** The key of a call as this caller makes it: namespace, scope, hash. */
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
    if (!request.policy.read || this.#store.peek === undefined) return undefined;
    const now = this.options.clock.now();
    const entry = this.#flights.landed(request.key) ?? this.#store.peek(request.key);
    const found = judgeFound(entry, request, now);
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
    const answer = await this.#answering.answer(request, options);
    this.#report(request, answer.outcome);
    return answer;
  }

  /** Removes entries, and keeps calls under way from storing them again. @returns how many entries there were. */
  async delete(keys: readonly string[], options?: OperationOptions): Promise<number> {
    const deleted = new Set(keys);
    await this.#flights.forbidStoring((key) => deleted.has(key));
    return this.store.delete(keys, options);
  }

  /** Removes every entry of a namespace; without one, every entry of the configured namespace, or else every entry. */
  async clear(
    namespace: string | undefined = this.options.namespace,
    options?: OperationOptions,
  ): Promise<number> {
    const prefix = keyPrefix(namespace);
    await this.#flights.forbidStoring((key) => key.startsWith(prefix));
    return this.store.clear(prefix, options);
  }

  /** Waits for what is being fetched and stored, then closes the store. */
  async close(): Promise<void> {
    await this.#flights.settled();
    await this.store.close();
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
