import { isCacheKey } from '../key/cache-key.ts';

/** Which keys `clear(prefix)` of a store removes: see {@link CacheStore.clear} for the empty prefix. */
export function clearable(prefix: string): (key: string) => boolean {
  return prefix === '' ? isCacheKey : (key) => key.startsWith(prefix);
}
