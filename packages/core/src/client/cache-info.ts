import type { Outcome } from '../engine/answer.ts';

/** How an answer came about. */
export interface CacheInfo {
  /** Answered from the cache, without a provider call. */
  readonly hit: boolean;
  readonly key: string;
  /** Whole seconds since the answer was made. Only for hits. */
  readonly ageSeconds?: number;
  /** Where a hit came from, for example `local`. */
  readonly source?: string;
  /** Why it was no hit. */
  readonly reason?: string;
  /** The provider call was shared with an equal request that began earlier. */
  readonly collapsed?: boolean;
}

const INFO = new WeakMap<object, CacheInfo>();

/**
 * What the cache had to do with `response`. Undefined for what did not come through {@link cachedFetch}, or was none of its
 * business (another path, another method).
 *
 * @example
 * const { data, response } = await openai.chat.completions.create(request).withResponse();
 * getCacheInfo(response)?.hit;
 */
export function getCacheInfo(response: object): CacheInfo | undefined {
  return INFO.get(response);
}

/** Remembers how `response` came about. */
export function setCacheInfo(response: object, outcome: Outcome): void {
  INFO.set(response, infoOf(outcome));
}

function infoOf(outcome: Outcome): CacheInfo {
  if (outcome.type === 'hit') {
    return { hit: true, key: outcome.key, ageSeconds: outcome.ageSeconds, source: outcome.source };
  }
  return { hit: false, key: outcome.key, reason: outcome.reason, collapsed: outcome.collapsed };
}
