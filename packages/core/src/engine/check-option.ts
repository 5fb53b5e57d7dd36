import { CacheError } from '../contract/errors.ts';

/**
 * @param owner the function the option was given to, for the message.
 * @throws CacheError `CACHE_INVALID_OPTION` if `value` is not a safe integer of 1 or more.
 */
export function checkPositiveInteger(owner: string, option: string, value: unknown): number {
  if (isPositiveInteger(value)) return value;
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
  throw new CacheError(
    'CACHE_INVALID_OPTION',
    `${owner}: ${option} must be a positive integer, got ${shown} (${typeof value})`,
    { param: option },
  );
}

function isPositiveInteger(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
