import type { CacheStore, MaybePromise } from '../../contract/store.ts';

/** What every wrapper passes on as it is. */
export function surfaceOf(
  inner: CacheStore,
): Pick<CacheStore, 'name' | 'defaultTtlSeconds' | 'remote' | 'peek'> {
  return {
    name: inner.name,
    ...(inner.defaultTtlSeconds === undefined ? {} : { defaultTtlSeconds: inner.defaultTtlSeconds }),
    ...(inner.remote === undefined ? {} : { remote: inner.remote }),
    ...(inner.peek === undefined ? {} : { peek: (key: string) => inner.peek?.(key) }),
  };
}

/** Whether `value` must be waited for. Any thenable counts: a client library may bring a promise class of its own. */
export function isPending<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | undefined)?.then === 'function';
}

/** Closes `inner` with the first call; the later ones wait for the same. */
export function closeOnce(close: () => MaybePromise<void>): () => MaybePromise<void> {
  let closing: { readonly result: MaybePromise<void> } | undefined;
  return () => (closing ??= { result: close() }).result;
}
