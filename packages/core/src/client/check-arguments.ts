import { CacheError } from '../contract/errors.ts';

const KNOWN_OPTIONS: readonly string[] = ['fetch', 'caller'];

/**
 * A mistake here would otherwise show at the first call, inside an SDK that calls it "Connection error.".
 * @throws CacheError `CACHE_INVALID_OPTION`
 */
export function checkCachedFetchArguments(cache: unknown, options: unknown): void {
  // Not `instanceof`: two copies of this package may meet in one process.
  if (
    !isObject(cache) ||
    typeof cache['answer'] !== 'function' ||
    typeof cache['callTypeOf'] !== 'function'
  ) {
    throw wrong('cache', 'a Cache such as new Cache({ store: memoryStore() })', cache);
  }
  if (!isObject(options)) throw wrong('options', 'an object', options);
  for (const [name, value] of Object.entries(options)) {
    if (!KNOWN_OPTIONS.includes(name)) throw wrong(name, `one of ${KNOWN_OPTIONS.join(', ')}`, name);
    if (value !== undefined && typeof value !== 'function') throw wrong(name, 'a function', value);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function wrong(option: string, expected: string, found: unknown): CacheError {
  const shown = typeof found === 'string' ? `${JSON.stringify(found)} (string)` : typeof found;
  return new CacheError('CACHE_INVALID_OPTION', `cachedFetch: ${option} must be ${expected}, got ${shown}`, {
    param: option,
  });
}
