import type { EntryMetadata } from '../contract/entry.ts';
import type { Policy } from '../control/policy.ts';

/** Whether an entry answers a request, and if not, why. */
export type EntryVerdict =
  | { readonly usable: true; readonly stale: boolean }
  | { readonly usable: false; readonly reason: 'stale' | 'too_old' };

/** The last moment a `Date` can hold; a longer lifetime ends here, so that every backend can write it down. */
const LATEST = 8.64e15;

/**
 * Judges an entry by what a request demands (RFC 9111 sections 4.2 and 5.2.1). `now` is epoch milliseconds, and so is
 * every comparison: whole seconds are for headers.
 *
 * A stale entry is usable only within the request's `max-stale`. `max-age` and `min-fresh` hold beside it, so a request
 * that says both gets what satisfies both.
 */
export function judgeEntry(entry: EntryMetadata, policy: Policy, now: number): EntryVerdict {
  const stale = isStale(entry, now);
  if (stale && !acceptsStaleness(entry, policy, now)) return { usable: false, reason: 'stale' };
  if (!isYoungEnough(entry, policy, now) || !staysFreshEnough(entry, policy, now)) {
    return { usable: false, reason: 'too_old' };
  }
  return { usable: true, stale };
}

/** An entry is fresh as long as its lifetime exceeds its age (RFC 9111 section 4.2): no longer at `expiresAt` itself. */
export function isStale(entry: EntryMetadata, now: number): boolean {
  return entry.expiresAt !== undefined && now >= entry.expiresAt;
}

/** Whole seconds since the answer was made, for `Age`. Never negative, should two machines' clocks disagree. */
export function ageSeconds(entry: EntryMetadata, now: number): number {
  return Math.floor(ageMilliseconds(entry, now) / 1000);
}

/**
 * Whole seconds of freshness left, rounded down; negative from the moment the entry is stale. Undefined: it does not
 * expire.
 */
export function ttlSeconds(entry: EntryMetadata, now: number): number | undefined {
  if (entry.expiresAt === undefined) return undefined;
  const wholeSeconds = Math.floor((entry.expiresAt - now) / 1000);
  return isStale(entry, now) ? Math.min(-1, wholeSeconds) : wholeSeconds;
}

/** Where the lifetime of an entry comes from, in order: the request, the cache, the store. */
export interface LifetimeSources {
  readonly policy: Policy;
  /** What the cache is configured with. */
  readonly cacheTtlSeconds?: number | undefined;
  /** `CacheStore.defaultTtlSeconds`. */
  readonly storeDefaultTtlSeconds?: number | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * When an entry written now becomes stale, and until when it is kept after that for the stale windows its request named.
 * `{}`: nobody names a lifetime, it stays fresh. Undefined: the lifetime is 0, it is not stored at all.
 */
export function lifetime(
  sources: LifetimeSources,
): Pick<EntryMetadata, 'expiresAt' | 'staleUntil'> | undefined {
  const { policy, cacheTtlSeconds, storeDefaultTtlSeconds, now } = sources;
  const lifetimeSeconds = policy.ttlSeconds ?? cacheTtlSeconds ?? storeDefaultTtlSeconds;
  if (lifetimeSeconds === undefined) return {};
  if (lifetimeSeconds === 0) return undefined;
  const expiresAt = after(now, lifetimeSeconds);
  const windowSeconds = Math.max(policy.staleWhileRevalidateSeconds, policy.staleIfErrorSeconds);
  return windowSeconds === 0 ? { expiresAt } : { expiresAt, staleUntil: after(expiresAt, windowSeconds) };
}

/**
 * Whether a stale entry may answer while a fresh answer is fetched (RFC 5861 section 3). The window is the request's
 * own; an entry stored without one, or with a shorter one, is not served beyond what it was stored for. The request's
 * `max-age` and `min-fresh` hold here too.
 */
export function mayServeWhileRevalidating(entry: EntryMetadata, policy: Policy, now: number): boolean {
  if (!policy.read || !isStale(entry, now)) return false;
  return (
    isWithinStaleWindow(entry, policy.staleWhileRevalidateSeconds, now) &&
    isYoungEnough(entry, policy, now) &&
    staysFreshEnough(entry, policy, now)
  );
}

/**
 * Whether an entry may answer after the provider failed (RFC 5861 section 4), bounded like
 * {@link mayServeWhileRevalidating}. It holds "regardless of other freshness information": an entry that is fresh but
 * was too old for the request's `max-age` or `min-fresh` serves too. A request that does not read (`no-cache`) gets the
 * provider's error.
 */
export function mayServeOnError(entry: EntryMetadata, policy: Policy, now: number): boolean {
  if (!policy.read || policy.staleIfErrorSeconds === 0) return false;
  return !isStale(entry, now) || isWithinStaleWindow(entry, policy.staleIfErrorSeconds, now);
}

/** RFC 9111 section 5.2.1.2: stale by no more than the request allows. 0 allows none. */
function acceptsStaleness(entry: EntryMetadata, policy: Policy, now: number): boolean {
  if (policy.maxStaleSeconds === 0 || policy.minFreshSeconds > 0) return false;
  return now - (entry.expiresAt ?? now) <= milliseconds(policy.maxStaleSeconds);
}

/** RFC 9111 section 5.2.1.1 and LiteLLM's `s-maxage`: an age equal to the limit is young enough. */
function isYoungEnough(entry: EntryMetadata, policy: Policy, now: number): boolean {
  return (
    policy.maxAgeSeconds === undefined || ageMilliseconds(entry, now) <= milliseconds(policy.maxAgeSeconds)
  );
}

/** RFC 9111 section 5.2.1.3. */
function staysFreshEnough(entry: EntryMetadata, policy: Policy, now: number): boolean {
  if (policy.minFreshSeconds === 0 || entry.expiresAt === undefined) return true;
  return entry.expiresAt - now >= milliseconds(policy.minFreshSeconds);
}

function isWithinStaleWindow(entry: EntryMetadata, windowSeconds: number, now: number): boolean {
  if (entry.expiresAt === undefined || entry.staleUntil === undefined) return false;
  return now < entry.staleUntil && now < entry.expiresAt + milliseconds(windowSeconds);
}

function ageMilliseconds(entry: EntryMetadata, now: number): number {
  return Math.max(0, now - entry.createdAt);
}

/** Rounded: 1.001 * 1000 is a little less than 1001. */
function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000);
}

/** `seconds` above 0 are at least a millisecond: 0 would mean "not at all". */
function after(moment: number, seconds: number): number {
  return Math.min(moment + Math.max(1, milliseconds(seconds)), LATEST);
}
