import type { BackendItem, BackendKey, BackendSetOptions, CacheBackend } from '../contract/backend.ts';
import type { OperationOptions } from '../contract/store.ts';
import type { Faults, FaultyOperation } from './faults.ts';
import { throughFaults } from './faults.ts';

/** What goes wrong, by operation. Operations not named work. */
export type BackendFaults = {
  readonly [
    Operation in 'get' | 'set' | 'delete' | 'ping' | 'close' | 'getMany' | 'setMany' | 'list' | 'clear'
  ]?: Faults;
};

/** A backend in which things go wrong, and which tells what was asked of it. */
export interface FaultyBackend extends CacheBackend {
  /** Everything asked of it, in order, whether it went wrong or not. */
  readonly operations: readonly FaultyOperation[];
}

/**
 * `inner` with faults in front of it: what time limit, breaker, fail-open and fallback are tested with. It has the
 * optional operations that `inner` has.
 *
 * @example
 * const backend = faultyBackend(memoryBackend(), { get: failOnce(new Error('reset')), set: [delay(50, clock), never()] });
 */
export function faultyBackend(inner: CacheBackend, faults: BackendFaults = {}): FaultyBackend {
  const operations: FaultyOperation[] = [];
  const run = <Result>(
    operation: FaultyOperation,
    last: (operation: FaultyOperation) => Promise<Result>,
  ): Promise<Result> => {
    operations.push(operation);
    return throughFaults(faults[operation.name as keyof BackendFaults], operation, last);
  };
  return {
    contract: inner.contract,
    name: inner.name,
    capabilities: inner.capabilities,
    ...(inner.defaultTtlSeconds === undefined ? {} : { defaultTtlSeconds: inner.defaultTtlSeconds }),
    operations,
    get: (key: string, options?: OperationOptions) =>
      run({ name: 'get', keys: [key], values: [] }, () => inner.get(key, options)),
    set: (key: string, bytes: Uint8Array, options?: BackendSetOptions) =>
      run({ name: 'set', keys: [key], values: [bytes] }, ({ values: [value] }) =>
        inner.set(key, value as Uint8Array, options),
      ),
    delete: (keys: readonly string[], options?: OperationOptions) =>
      run({ name: 'delete', keys, values: [] }, () => inner.delete(keys, options)),
    ping: (options?: OperationOptions) =>
      run({ name: 'ping', keys: [], values: [] }, () => inner.ping(options)),
    close: () => run({ name: 'close', keys: [], values: [] }, () => inner.close()),
    ...optionalOperations(inner, run),
  };
}

type Run = <Result>(
  operation: FaultyOperation,
  last: (operation: FaultyOperation) => Promise<Result>,
) => Promise<Result>;

function optionalOperations(
  inner: CacheBackend,
  run: Run,
): Pick<CacheBackend, 'getMany' | 'setMany' | 'list' | 'clear'> {
  return {
    ...(inner.getMany && {
      getMany: (keys: readonly string[], options?: OperationOptions) =>
        run({ name: 'getMany', keys, values: [] }, async () => (await inner.getMany?.(keys, options)) ?? []),
    }),
    ...(inner.setMany && {
      setMany: (items: readonly BackendItem[], options?: OperationOptions) =>
        run(writing(items), async ({ values }) => inner.setMany?.(withBytes(items, values), options)),
    }),
    ...(inner.list && {
      async *list(prefix: string, options?: OperationOptions): AsyncGenerator<BackendKey, void, undefined> {
        yield* await run(
          { name: 'list', keys: [prefix], values: [] },
          async () => inner.list?.(prefix, options) ?? [],
        );
      },
    }),
    ...(inner.clear && {
      clear: (prefix: string, options?: OperationOptions) =>
        run(
          { name: 'clear', keys: [prefix], values: [] },
          async () => (await inner.clear?.(prefix, options)) ?? 0,
        ),
    }),
  };
}

function writing(items: readonly BackendItem[]): FaultyOperation {
  return { name: 'setMany', keys: items.map(({ key }) => key), values: items.map(({ bytes }) => bytes) };
}

function withBytes(items: readonly BackendItem[], values: readonly unknown[]): readonly BackendItem[] {
  return items.map((item, index) => ({ ...item, bytes: values[index] as Uint8Array }));
}
