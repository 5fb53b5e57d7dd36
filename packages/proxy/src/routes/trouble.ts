import { CacheError, type CacheErrorCode } from '@cache/core';

/** Codes of which "does not answer" would be untrue. */
const WORDS: Partial<Record<CacheErrorCode, string>> = {
  CACHE_BACKEND_FAILED: 'answers with an error',
  CACHE_CIRCUIT_OPEN: 'has failed, and is not asked until the next attempt',
};

/** What is wrong with a store, in words without addresses: the rest is in the log. */
export function troubleOf(error: unknown): string {
  if (!CacheError.is(error)) return 'does not answer';
  return `${WORDS[error.code] ?? 'does not answer'} (${error.code})`;
}
