import type { BackendItem } from '@cache/core';
import { ownError } from './coded-error.ts';

/** Redis takes strings of up to 512 MiB (`proto-max-bulk-len`), as keys and as values. */
export const MAX_STRING_BYTES: number = 512 * 1024 * 1024;

/** @throws CacheError `CACHE_INVALID_OPTION` for an empty key or one that is too long. */
export function checkKeys(operation: string, keys: readonly string[]): void {
  for (const key of keys) {
    // Three bytes are the most a UTF-16 unit takes: counting is for the rare long ones.
    const isRight =
      key !== '' && (key.length * 3 <= MAX_STRING_BYTES || Buffer.byteLength(key) <= MAX_STRING_BYTES);
    if (!isRight)
      throw ownError('CACHE_INVALID_OPTION', operation, `takes keys of 1 to ${MAX_STRING_BYTES} bytes`);
  }
}

/** @throws CacheError `CACHE_ENTRY_TOO_LARGE`, or `CACHE_INVALID_OPTION` for a `deleteAt` that is no number. */
export function checkItems(operation: string, items: readonly BackendItem[]): void {
  for (const { bytes, deleteAt } of items) {
    if (bytes.byteLength > MAX_STRING_BYTES) {
      const what = `takes values of ${MAX_STRING_BYTES} bytes, got ${bytes.byteLength}`;
      throw ownError('CACHE_ENTRY_TOO_LARGE', operation, what);
    }
    if (Number.isNaN(deleteAt))
      throw ownError('CACHE_INVALID_OPTION', operation, 'takes a number as deleteAt, got NaN');
  }
}
