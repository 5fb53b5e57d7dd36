import { hasMethod, memberOf } from './shapes.ts';

/** The keys in a storage adapter, as it was given them. */
export type KeySource = () => AsyncIterable<unknown> | Iterable<unknown>;

/**
 * How to list the keys of `store`, by the iterator of an adapter or the keys of a map. Undefined: it cannot be done, as with
 * memcached.
 */
export function keySourceOf(store: unknown): KeySource | undefined {
  if (!canIterate(store)) return undefined;
  if (hasMethod(store, 'iterator')) {
    return () => store.iterator(memberOf(store, 'namespace')) as AsyncIterable<unknown>;
  }
  return hasMethod(store, 'keys') ? () => store.keys() as Iterable<unknown> : undefined;
}

/** Whether `store` lives in this process: a map, or what Keyv 6 puts around one. */
export function isMapLike(store: unknown): boolean {
  return hasMethod(store, 'entries') || hasMethod(memberOf(store, 'store'), 'entries');
}

/** The key of what an iterator yields: a pair, or the key alone. */
export function keyOf(yielded: unknown): string | undefined {
  const key: unknown = Array.isArray(yielded) ? yielded[0] : yielded;
  return typeof key === 'string' ? key : undefined;
}

/** What Keyv 6 puts around a store has an iterator in any case; over a store without one it yields nothing. */
function canIterate(store: unknown): boolean {
  const inner = memberOf(store, 'store');
  const isWrapper = memberOf(store, 'capabilities') !== undefined && hasMethod(inner, 'get');
  return !isWrapper || hasMethod(inner, 'iterator') || hasMethod(inner, 'entries');
}
