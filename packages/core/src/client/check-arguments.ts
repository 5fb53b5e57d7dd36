import type { Caller } from '../contract/caller.ts';
import { CacheError } from '../contract/errors.ts';
import { scopeOf, type ScopeKind } from '../key/scope.ts';

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

const CALLER_MEMBERS: readonly string[] = ['keyHash', 'teamId', 'endUser', 'defaults'];

/**
 * A promise, a misspelt member, or one the scope does not look at would read as "nobody in particular", who shares answers
 * with everybody else.
 * @throws CacheError `CACHE_INVALID_OPTION`
 */
export function checkedCaller(caller: Caller, scope: ScopeKind): Caller {
  const given: unknown = caller;
  if (!isObject(given) || given instanceof Promise) throw wrong('caller()', 'an object', given);
  for (const [name, value] of Object.entries(given)) {
    if (!CALLER_MEMBERS.includes(name))
      throw wrong(`caller().${name}`, `one of ${CALLER_MEMBERS.join(', ')}`, name);
    if (name !== 'defaults' && value !== undefined && typeof value !== 'string') {
      throw wrong(`caller().${name}`, 'a string', value);
    }
  }
  if (isOverlooked(caller, scope)) {
    const expected = `somebody scope "${scope}" tells apart (give a keyHash, or the cache another scope)`;
    throw wrong('caller()', expected, caller);
  }
  return caller;
}

/** Names somebody, in members that this scope does not look at. */
function isOverlooked(caller: Caller, scope: ScopeKind): boolean {
  const namesSomebody = caller.teamId !== undefined || caller.endUser !== undefined;
  return namesSomebody && scope !== 'global' && scopeOf(scope, caller) === '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function wrong(option: string, expected: string, found: unknown): CacheError {
  const shown = typeof found === 'string' ? `${JSON.stringify(found)} (string)` : kindOf(found);
  return new CacheError('CACHE_INVALID_OPTION', `cachedFetch: ${option} must be ${expected}, got ${shown}`, {
    param: option,
  });
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return value instanceof Promise ? 'a promise' : typeof value;
}
