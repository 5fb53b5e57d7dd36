/** The controls of one request, as the `cache` member of its body carries them. Times are seconds; fractions are allowed. */
export interface CacheControls {
  /** Do not answer from the cache; the fresh answer replaces the entry. */
  readonly 'no-cache'?: boolean;
  /** Do not store the answer. */
  readonly 'no-store'?: boolean;
  /** Opts in where the cache has `mode: 'default_off'`. */
  readonly 'use-cache'?: boolean;
  /** Lifetime of the entry written now. 0: not stored. */
  readonly ttl?: number;
  /** Only entries that are not older. 0: none. */
  readonly 's-maxage'?: number;
  /** Replaces the cache's namespace, for reading and writing: 1 to 128 of `A-Z a-z 0-9 . _ -`. */
  readonly namespace?: string;
  /** Also a stale entry within this window, while a fresh answer is fetched (RFC 5861 section 3). */
  readonly 'stale-while-revalidate'?: number;
  /** Also a stale entry within this window, if the provider fails (RFC 5861 section 4). */
  readonly 'stale-if-error'?: number;
}

/**
 * Controls to spread into the parameters of an SDK whose types know no `cache` member.
 *
 * @example
 * await openai.chat.completions.create({ model, messages, ...cacheControls({ ttl: 60 }) });
 */
export function cacheControls(controls: CacheControls): { readonly cache: CacheControls } {
  return { cache: controls };
}
