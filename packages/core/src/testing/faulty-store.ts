import type { CacheEntry } from '../contract/entry.ts';
import type { CacheStore, MaybePromise, OperationOptions } from '../contract/store.ts';
import type { Faults, FaultyOperation } from './faults.ts';
import { throughFaults } from './faults.ts';

/** What goes wrong, by operation. Operations not named work, at once where the store answers at once. */
export type StoreFaults = {
  readonly [Operation in 'get' | 'set' | 'delete' | 'clear' | 'ping' | 'close']?: Faults;
};

/** A store in which things go wrong, and which tells what was asked of it. */
export interface FaultyStore extends CacheStore {
  /** Everything asked of it, `peek` included, in order, whether it went wrong or not. */
  readonly operations: readonly FaultyOperation[];
}

/** `inner` with faults in front of it. `peek` has none: nothing can go wrong with what is in this process's memory. */
export function faultyStore(inner: CacheStore, faults: StoreFaults = {}): FaultyStore {
  const operations: FaultyOperation[] = [];
  const run = <Result>(
    operation: FaultyOperation,
    last: (operation: FaultyOperation) => MaybePromise<Result>,
  ): MaybePromise<Result> => {
    operations.push(operation);
    return throughFaults(faults[operation.name as keyof StoreFaults], operation, last);
  };
  return {
    name: inner.name,
    ...(inner.defaultTtlSeconds === undefined ? {} : { defaultTtlSeconds: inner.defaultTtlSeconds }),
    ...(inner.remote === undefined ? {} : { remote: inner.remote }),
    operations,
    ...(inner.peek && {
      peek: (key: string) => {
        operations.push({ name: 'peek', keys: [key], values: [] });
        return inner.peek?.(key);
      },
    }),
    get: (key: string, options?: OperationOptions) =>
      run({ name: 'get', keys: [key], values: [] }, () => inner.get(key, options)),
    set: (key: string, entry: CacheEntry, options?: OperationOptions) =>
      run({ name: 'set', keys: [key], values: [entry] }, ({ values: [value] }) =>
        inner.set(key, value as CacheEntry, options),
      ),
    delete: (keys: readonly string[], options?: OperationOptions) =>
      run({ name: 'delete', keys, values: [] }, () => inner.delete(keys, options)),
    clear: (prefix: string, options?: OperationOptions) =>
      run({ name: 'clear', keys: [prefix], values: [] }, () => inner.clear(prefix, options)),
    ping: (options?: OperationOptions) =>
      run({ name: 'ping', keys: [], values: [] }, () => inner.ping(options)),
    close: () => run({ name: 'close', keys: [], values: [] }, () => inner.close()),
  };
}
