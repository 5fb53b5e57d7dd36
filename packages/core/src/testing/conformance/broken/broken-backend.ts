import type { BackendItem, BackendSetOptions, CacheBackend } from '../../../contract/backend.ts';
import type { OperationOptions } from '../../../contract/store.ts';
import { memoryBackend } from '../../../memory/memory-backend.ts';
import { backendSubject } from '../../conformance.ts';
import { FakeClock } from '../../fake-clock.ts';
import type { BackendSubject } from '../suite-case.ts';

/** A backend with every optional operation, as a plain object: `{ ...inner, get: ... }` breaks one of them. */
export type CompleteBackend = Required<Omit<CacheBackend, 'defaultTtlSeconds' | 'describe' | 'sharedState'>>;

/** Makes a correct backend one that is broken in one way. */
export type Breakage = (inner: CompleteBackend, clock: FakeClock) => CacheBackend;

/** A memory backend on a fake clock, broken if told so. */
export function memorySubject(breakage: Breakage = (inner) => inner): BackendSubject {
  const clock = new FakeClock();
  const inner = memoryBackend({ clock, maxValueBytes: 128 * 1024 });
  return backendSubject({
    backend: breakage(delegating(inner), clock),
    now: () => clock.now(),
    advance: (milliseconds) => clock.advance(milliseconds),
    reopen: async () => breakage(delegating(inner), clock),
  });
}

/** `inner` as a plain object. */
export function delegating(inner: CacheBackend): CompleteBackend {
  if (!isComplete(inner)) throw new TypeError('delegating: takes a complete backend');
  return {
    contract: inner.contract,
    name: inner.name,
    capabilities: inner.capabilities,
    get: inner.get.bind(inner),
    set: inner.set.bind(inner),
    delete: inner.delete.bind(inner),
    ping: inner.ping.bind(inner),
    close: inner.close.bind(inner),
    getMany: inner.getMany.bind(inner),
    setMany: inner.setMany.bind(inner),
    list: inner.list.bind(inner),
    clear: inner.clear.bind(inner),
  };
}

function isComplete(backend: CacheBackend): backend is CompleteBackend {
  return ['getMany', 'setMany', 'list', 'clear'].every((operation) => operation in backend);
}

/** Every key goes through `change`. */
export function withKeys(change: (key: string) => string): Breakage {
  return (inner) => ({
    ...inner,
    get: (key: string, options?: OperationOptions) => inner.get(change(key), options),
    set: (key: string, bytes: Uint8Array, options?: BackendSetOptions) =>
      inner.set(change(key), bytes, options),
    delete: (keys: readonly string[], options?: OperationOptions) => inner.delete(keys.map(change), options),
  });
}

/** Every value goes through `change` before it is stored. */
export function withValues(change: (bytes: Uint8Array, key: string) => Uint8Array): Breakage {
  return withSet((inner, key, bytes, options) => inner.set(key, change(bytes, key), options));
}

/** Every value is stored with another `deleteAt`; undefined: none. */
export function withDeleteAt(
  change: (deleteAt: number | undefined, key: string, clock: FakeClock) => number | undefined,
): Breakage {
  return (inner, clock) =>
    withSet((_, key, bytes, { deleteAt, ...options } = {}) => {
      const changed = change(deleteAt, key, clock);
      return inner.set(key, bytes, { ...options, ...(changed === undefined ? {} : { deleteAt: changed }) });
    })(inner, clock);
}

/** Values are stored, one by one or several at once, by `set`. */
export function withSet(
  set: (inner: CompleteBackend, key: string, bytes: Uint8Array, options?: BackendSetOptions) => Promise<void>,
): Breakage {
  return (inner) => ({
    ...inner,
    set: (key: string, bytes: Uint8Array, options?: BackendSetOptions) => set(inner, key, bytes, options),
    async setMany(items: readonly BackendItem[], options: OperationOptions = {}): Promise<void> {
      for (const { key, bytes, deleteAt } of items) {
        await set(inner, key, bytes, { ...options, ...(deleteAt === undefined ? {} : { deleteAt }) });
      }
    },
  });
}
