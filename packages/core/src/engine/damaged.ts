import { CacheError } from '../contract/errors.ts';

/** The error for stored bytes that are no entry. `why` ends the sentence that begins with the entry. */
export function damaged(why: string, cause?: unknown): CacheError {
  return new CacheError('CACHE_ENTRY_DAMAGED', `stored entry: ${why}`, cause === undefined ? {} : { cause });
}
