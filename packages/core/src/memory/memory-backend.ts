import { BACKEND_CONTRACT } from '../contract/backend.ts';
import type {
  BackendCapabilities,
  BackendItem,
  BackendKey,
  BackendSetOptions,
  CacheBackend,
} from '../contract/backend.ts';
import { systemClock } from '../contract/clock.ts';
import type { Clock } from '../contract/clock.ts';
import { CacheError } from '../contract/errors.ts';
import type { CacheErrorCode } from '../contract/errors.ts';
import type { OperationOptions } from '../contract/store.ts';
import { checkPositiveInteger } from '../engine/check-option.ts';
import { BoundedMap } from './bounded-map.ts';

/** Options of {@link memoryBackend}. Zero is refused everywhere. */
export interface MemoryBackendOptions {
  /** Bytes all values together may take, keys and 256 bytes for each included. Default 67,108,864 (64 MiB). */
  readonly maxBytes?: number;
  /** Largest value in bytes. Default 2,097,152 (2 MiB): an entry of the engine's default size in its frame. */
  readonly maxValueBytes?: number;
  /** Default: the machine's own clock. */
  readonly clock?: Clock;
}

const MAX_KEY_BYTES = 1024;
const VALUE_OVERHEAD_BYTES = 256;

/**
 * A complete {@link CacheBackend} within the process, as an example for backend authors and a stand-in in tests. To cache
 * in memory use `memoryStore`, which needs neither promise nor frame.
 *
 * @throws CacheError `CACHE_INVALID_OPTION` if an option is not a positive integer.
 */
export function memoryBackend(options: MemoryBackendOptions = {}): CacheBackend {
  return new MemoryBackend(options);
}

class MemoryBackend implements CacheBackend {
  readonly contract = BACKEND_CONTRACT;
  readonly name = 'memory';
  readonly capabilities: BackendCapabilities;
  readonly #values: BoundedMap<Uint8Array>;
  #closed = false;

  constructor(options: MemoryBackendOptions) {
    const { maxBytes = 64 * 1024 * 1024, maxValueBytes = 2 * 1024 * 1024, clock = systemClock } = options;
    this.#values = new BoundedMap(
      { maxBytes: checkPositiveInteger('memoryBackend', 'maxBytes', maxBytes) },
      clock,
    );
    this.capabilities = Object.freeze({
      expiry: 'native',
      expiryResolutionMilliseconds: 1,
      maxValueBytes: checkPositiveInteger('memoryBackend', 'maxValueBytes', maxValueBytes),
      maxKeyBytes: MAX_KEY_BYTES,
      shared: false,
    });
  }

  async get(key: string, options: OperationOptions = {}): Promise<Uint8Array | undefined> {
    this.#begin('get', [key], options);
    return this.#values.get(key)?.slice();
  }

  async getMany(
    keys: readonly string[],
    options: OperationOptions = {},
  ): Promise<(Uint8Array | undefined)[]> {
    this.#begin('getMany', keys, options);
    return keys.map((key) => this.#values.get(key)?.slice());
  }

  async set(key: string, bytes: Uint8Array, options: BackendSetOptions = {}): Promise<void> {
    this.#begin('set', [key], options);
    this.#put({ key, bytes, ...(options.deleteAt === undefined ? {} : { deleteAt: options.deleteAt }) });
  }

  async setMany(items: readonly BackendItem[], options: OperationOptions = {}): Promise<void> {
    this.#begin(
      'setMany',
      items.map(({ key }) => key),
      options,
    );
    for (const item of items) this.#put(item);
  }

  async delete(keys: readonly string[], options: OperationOptions = {}): Promise<number> {
    this.#begin('delete', keys, options);
    return keys.filter((key) => this.#values.delete(key)).length;
  }

  async clear(prefix: string, options: OperationOptions = {}): Promise<number> {
    this.#begin('clear', [], options);
    const keys = this.#values.keys().filter(({ key }) => key.startsWith(prefix));
    return keys.filter(({ key }) => this.#values.delete(key)).length;
  }

  async *list(prefix: string, options: OperationOptions = {}): AsyncGenerator<BackendKey, void, undefined> {
    this.#begin('list', [], options);
    for (const { key, deleteAt } of this.#values.keys()) {
      if (!key.startsWith(prefix)) continue;
      yield deleteAt === Infinity ? { key } : { key, deleteAt };
      this.#begin('list', [], options);
    }
  }

  async ping(options: OperationOptions = {}): Promise<void> {
    this.#begin('ping', [], options);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#values.clear();
  }

  #put({ key, bytes, deleteAt }: BackendItem): void {
    const { maxValueBytes } = this.capabilities;
    if (bytes.byteLength > maxValueBytes) {
      throw this.#error(
        'CACHE_ENTRY_TOO_LARGE',
        'set',
        `takes values of ${maxValueBytes} bytes, got ${bytes.byteLength}`,
      );
    }
    const copy = new Uint8Array(bytes);
    this.#values.set(key, copy, VALUE_OVERHEAD_BYTES + 2 * key.length + copy.byteLength, deleteAt);
  }

  #begin(operation: string, keys: readonly string[], { signal }: OperationOptions): void {
    if (this.#closed) throw this.#error('CACHE_CLOSED', operation, 'is closed');
    if (signal?.aborted) throw this.#error('CACHE_ABORTED', operation, 'was told to stop', signal.reason);
    for (const key of keys) {
      if (!isKey(key))
        throw this.#error('CACHE_INVALID_OPTION', operation, `takes keys of 1 to ${MAX_KEY_BYTES} bytes`);
    }
  }

  #error(code: CacheErrorCode, operation: string, what: string, cause?: unknown): CacheError {
    return new CacheError(code, `memory: ${operation} ${what}`, {
      backend: this.name,
      operation,
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

function isKey(key: string): boolean {
  return key.length > 0 && Buffer.byteLength(key) <= MAX_KEY_BYTES;
}
