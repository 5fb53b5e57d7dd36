import type { MissReason } from '../contract/observer.ts';
import type { Outcome } from '../engine/answer.ts';

/** How an answer came about. */
export interface CacheInfo {
  /** Answered from the cache, without a provider call. */
  readonly hit: boolean;
  /** Under which the answer is or would be stored; what `cache.delete` takes. */
  readonly key: string;
  /** Whole seconds since the answer was made. Only for hits. */
  readonly ageSeconds?: number;
  /** Whole seconds of freshness left, negative for a stale answer. Only for hits; absent where the entry does not expire. */
  readonly ttlSeconds?: number;
  /** The answer was past its lifetime and the request allowed that. Only for hits. */
  readonly stale?: boolean;
  /** Where a hit came from, for example `local`. */
  readonly source?: string;
  /** Why it was no hit. Absent for hits and for what the cache refused. */
  readonly reason?: MissReason;
  /** The provider call was shared with an equal request that began earlier. */
  readonly collapsed?: boolean;
}

const INFO = new WeakMap<object, CacheInfo>();

/**
 * What the cache had to do with `response`. Undefined for what did not come through `cachedFetch`, was none of its
 * business (another path, another method), or is a `clone()`: there the `Cache-Status` header tells.
 *
 * @example
 * const { data, response } = await openai.chat.completions.create(request).withResponse();
 * getCacheInfo(response)?.hit;
 */
export function getCacheInfo(response: object): CacheInfo | undefined {
  return INFO.get(response);
}

/** Remembers how `response` came about. */
export function setCacheInfo(response: object, info: CacheInfo): void {
  INFO.set(response, info);
}

export function infoOf(outcome: Outcome): CacheInfo {
  const { key } = outcome;
  if (outcome.type === 'miss') {
    return { hit: false, key, reason: outcome.reason, collapsed: outcome.collapsed };
  }
  const { ageSeconds, ttlSeconds, stale, source } = outcome;
  return { hit: true, key, ageSeconds, ...(ttlSeconds === undefined ? {} : { ttlSeconds }), stale, source };
}
