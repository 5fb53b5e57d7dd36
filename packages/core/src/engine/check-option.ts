import { CacheError } from '../contract/errors.ts';

/**
 * @param owner the function the option was given to, for the message.
 * @throws CacheError `CACHE_INVALID_OPTION` if `value` is not a safe integer of 1 or more.
 */
export function checkPositiveInteger(owner: string, option: string, value: unknown): number {
  if (isPositiveInteger(value)) return value;
  throw wrongOption(owner, option, 'a positive integer', value);
}

/**
 * An option nobody reads is a wish nobody hears: a misspelt limit is no limit.
 * @throws CacheError `CACHE_INVALID_OPTION` if `options` is not an object, or has a member that is not among `known`.
 */
export function checkOptionNames(owner: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw wrongOption(owner, 'options', 'an object', options);
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw wrongOption(owner, name, `one of ${known.join(', ')}`, name);
  }
}

/** The error for an option of the wrong kind. */
export function wrongOption(owner: string, option: string, expected: string, found: unknown): CacheError {
  const message = `${owner}: ${option} must be ${expected}, got ${shownOf(found)} (${typeof found})`;
  return new CacheError('CACHE_INVALID_OPTION', message, { param: option });
}

/** What has no text of its own (an object without a prototype, say) is shown by its kind. */
function shownOf(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'object' && value !== null ? Object.prototype.toString.call(value) : String(value);
}

function isPositiveInteger(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
