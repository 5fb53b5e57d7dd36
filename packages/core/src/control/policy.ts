/**
 * The controls of one source (body member, header, or a caller's defaults), in one vocabulary. Absent means "this source
 * does not say". Times are seconds; fractions are allowed.
 */
export interface Controls {
  /** `no-cache`: do not answer from the cache; the fresh answer replaces the entry. */
  readonly noCache?: boolean;
  /** `no-store`: do not store the answer. */
  readonly noStore?: boolean;
  /** `use-cache`: opts in where `mode: default_off`. */
  readonly useCache?: boolean;
  /** `only-if-cached`: answer from the cache or not at all. */
  readonly onlyIfCached?: boolean;
  /** `ttl`: lifetime of the entry written now. 0: not stored. */
  readonly ttlSeconds?: number;
  /** `s-maxage`, `s-max-age`, `max-age`: only entries not older. 0: none. */
  readonly maxAgeSeconds?: number;
  /** `min-fresh`: only entries that stay fresh at least this long. */
  readonly minFreshSeconds?: number;
  /** `max-stale`: also entries stale for at most this long. Infinity: however stale. */
  readonly maxStaleSeconds?: number;
  /** `stale-while-revalidate` (RFC 5861 section 3). */
  readonly staleWhileRevalidateSeconds?: number;
  /** `stale-if-error` (RFC 5861 section 4). */
  readonly staleIfErrorSeconds?: number;
  /** `namespace`: replaces the configured one, for reading and writing. */
  readonly namespace?: string;
}

/** What is decided for one request: the only thing the engine reads. */
export interface Policy {
  /** May be answered from the cache. */
  readonly read: boolean;
  /** Why not, where `read` is false. */
  readonly noReadReason?: 'no_cache' | 'off';
  /** Its answer may be stored. */
  readonly write: boolean;
  /** May share a provider call with equal requests under way (DESIGN section 4, Flights). */
  readonly joins: boolean;
  readonly onlyIfCached: boolean;
  readonly maxAgeSeconds?: number;
  readonly minFreshSeconds: number;
  readonly maxStaleSeconds: number;
  /** Lifetime of the entry written now. Absent: the cache's, else the store's default. Never 0: then `write` is false. */
  readonly ttlSeconds?: number;
  readonly staleWhileRevalidateSeconds: number;
  readonly staleIfErrorSeconds: number;
  /** Absent: the configured namespace. */
  readonly namespace?: string;
}

/** A source that says nothing. One object for all of them, so that "nobody says anything" is cheap to see. */
export const NO_CONTROLS: Controls = Object.freeze({});

/** The controls out of members some of which are absent: `null` or undefined. */
export function controlsOf(members: {
  readonly [Name in keyof Controls]: Controls[Name] | null | undefined;
}): Controls {
  const isGiven = ([, value]: readonly [string, unknown]): boolean => value !== undefined && value !== null;
  return Object.fromEntries(Object.entries(members).filter(isGiven));
}
