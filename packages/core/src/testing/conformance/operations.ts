import type { CacheBackend } from '../../contract/backend.ts';
import type { OperationOptions } from '../../contract/store.ts';
import { bytesOf } from './expectations.ts';

/** One operation of a backend, ready to be run under whatever circumstances a case is about. */
export interface Operation {
  readonly name: string;
  readonly run: (options?: OperationOptions) => Promise<unknown>;
}

/** The four that every backend has. */
export function requiredOperations(backend: CacheBackend, key: string): readonly Operation[] {
  return [
    { name: 'get', run: (options) => backend.get(key, options) },
    { name: 'set', run: (options) => backend.set(key, bytesOf('value'), options) },
    { name: 'delete', run: (options) => backend.delete([key], options) },
    { name: 'ping', run: (options) => backend.ping(options) },
  ];
}

/** Those of the other four that this backend has. */
export function optionalOperations(backend: CacheBackend, key: string): readonly Operation[] {
  const bytes = bytesOf('value');
  const operations: (Operation | false)[] = [
    !!backend.getMany && { name: 'getMany', run: async (options) => backend.getMany?.([key], options) },
    !!backend.setMany && {
      name: 'setMany',
      run: async (options) => backend.setMany?.([{ key, bytes }], options),
    },
    !!backend.list && { name: 'list', run: (options) => listToEnd(backend, key, options) },
    !!backend.clear && { name: 'clear', run: async (options) => backend.clear?.(key, options) },
  ];
  return operations.filter((operation) => operation !== false);
}

async function listToEnd(backend: CacheBackend, prefix: string, options?: OperationOptions): Promise<number> {
  let count = 0;
  for await (const item of backend.list?.(prefix, options) ?? []) count += item.key.length;
  return count;
}
