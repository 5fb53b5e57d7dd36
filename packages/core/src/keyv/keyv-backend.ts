import { BACKEND_CONTRACT } from '../contract/backend.ts';
import type {
  BackendCapabilities,
  BackendItem,
  BackendKey,
  BackendSetOptions,
  CacheBackend,
} from '../contract/backend.ts';
import { CacheError } from '../contract/errors.ts';
import type { OperationOptions } from '../contract/store.ts';
import { checkOptionNames, checkPositiveInteger, wrongOption } from '../engine/check-option.ts';
import { backendError, inBatches, untilAborted } from './backend-operation.ts';
import { HeardErrors } from './heard-errors.ts';
import { spelled, unspelled } from './key-spelling.ts';
import { accessTo } from './keyv-access.ts';
import type { KeyvAccess } from './keyv-access.ts';
import type { KeptValue, KeyvAdapter, KeyvInstance } from './shapes.ts';
import { isMapLike, keyOf, keySourceOf } from './stored-keys.ts';
import type { KeySource } from './stored-keys.ts';

/** Options of {@link keyvBackend}. 0 is refused everywhere. */
export interface KeyvBackendOptions {
  /** For logs, metrics and errors. Default `keyv`. */
  readonly name?: string;
  /** Largest value in bytes; the store is given a third more (base64). Default 16,777,216 (16 MiB). */
  readonly maxValueBytes?: number;
  /** Longest key in bytes; other characters than `A-Za-z0-9._:-` take three in the store. Default 1024. */
  readonly maxKeyBytes?: number;
  /** Whether other processes see what this one writes. Default: not if the store is a map, else yes. */
  readonly shared?: boolean;
}

const KNOWN_OPTIONS: readonly (keyof KeyvBackendOptions)[] = [
  'name',
  'maxValueBytes',
  'maxKeyBytes',
  'shared',
];

/** How many operations on one key make up one on many. */
const BATCH = 100;

/** A writer that never stops must not keep `clear` from ending. */
const MAX_CLEAR_PASSES = 10;

/** Only ever read. */
const PING_KEY = 'llm-cache-ping';

/**
 * Any Keyv as a backend: an instance of Keyv 5.6 or 6.1, or a bare storage adapter. Values are base64 text, which every
 * serializer, compression and store leaves as it is.
 *
 * - Failures are failures here: Keyv answers a failed read like a missing key and emits an `error` event; the backend
 *   listens to those and rejects.
 * - `list` and `clear` exist where the store can be iterated. They take all keys before they act on the first, as some
 *   iterators skip keys when others are deleted meanwhile.
 * - The Keyv is yours: `close()` leaves it open.
 *
 * @throws CacheError `CACHE_INVALID_OPTION` for a wrong option, or a Keyv 5 with `emitErrors: false` and without
 * `throwOnErrors`, whose failures nobody could see.
 */
export function keyvBackend(
  keyv: KeyvInstance | KeyvAdapter,
  options: KeyvBackendOptions = {},
): CacheBackend {
  const owner = 'keyvBackend';
  checkOptionNames(owner, options, KNOWN_OPTIONS);
  const { name = 'keyv', shared } = options;
  if (typeof name !== 'string' || name === '') throw wrongOption(owner, 'name', 'a non-empty text', name);
  if (shared !== undefined && typeof shared !== 'boolean')
    throw wrongOption(owner, 'shared', 'true or false', shared);
  const { maxValueBytes = 16 * 1024 * 1024, maxKeyBytes = 1024 } = options;
  const access = accessTo(keyv);
  return new KeyvBackend(name, access, {
    // Keyv itself finds nothing any more; whether the store takes the room back is its own business.
    expiry: 'native',
    expiryResolutionMilliseconds: 1,
    maxValueBytes: checkPositiveInteger(owner, 'maxValueBytes', maxValueBytes),
    maxKeyBytes: checkPositiveInteger(owner, 'maxKeyBytes', maxKeyBytes),
    shared: shared ?? !isMapLike(access.store),
  });
}

class KeyvBackend implements CacheBackend {
  readonly contract = BACKEND_CONTRACT;
  readonly name: string;
  readonly capabilities: BackendCapabilities;
  readonly defaultTtlSeconds?: number;
  readonly list?: (prefix: string, options?: OperationOptions) => AsyncIterable<BackendKey>;
  readonly clear?: (prefix: string, options?: OperationOptions) => Promise<number>;
  readonly #access: KeyvAccess;
  readonly #errors: HeardErrors;
  #isClosed = false;

  constructor(name: string, access: KeyvAccess, capabilities: BackendCapabilities) {
    this.name = name;
    this.capabilities = Object.freeze(capabilities);
    this.#access = access;
    this.#errors = new HeardErrors(access.emitters);
    const { defaultTtlMilliseconds } = access;
    if (defaultTtlMilliseconds !== undefined && defaultTtlMilliseconds > 0)
      this.defaultTtlSeconds = defaultTtlMilliseconds / 1000;
    const keys = keySourceOf(access.store);
    if (keys === undefined) return;
    this.list = (prefix, options) => this.#list(keys, prefix, options);
    this.clear = (prefix, options) => this.#clear(keys, prefix, options);
  }

  async get(key: string, options: OperationOptions = {}): Promise<Uint8Array | undefined> {
    return this.#run('get', [key], options, () => this.#get(this.#spelled(key)));
  }

  async getMany(
    keys: readonly string[],
    options: OperationOptions = {},
  ): Promise<(Uint8Array | undefined)[]> {
    return this.#run('getMany', keys, options, async () => {
      const { getMany } = this.#access;
      const asked = keys.map((key) => this.#spelled(key));
      if (getMany === undefined) return inBatches(asked, BATCH, (key) => this.#get(key));
      const { value, error } = await this.#errors.during(() => getMany(asked));
      if (error !== undefined && value.includes(undefined)) throw error;
      return value.map(bytesOf);
    });
  }

  async set(key: string, bytes: Uint8Array, options: BackendSetOptions = {}): Promise<void> {
    const { deleteAt } = options;
    await this.#run('set', [key], options, () =>
      this.#set({ key, bytes, ...(deleteAt === undefined ? {} : { deleteAt }) }),
    );
  }

  async setMany(items: readonly BackendItem[], options: OperationOptions = {}): Promise<void> {
    const keys = items.map(({ key }) => key);
    await this.#run('setMany', keys, options, () => inBatches(items, BATCH, (item) => this.#set(item)));
  }

  /** One by one: Keyv 5 does not say how many there were, and Keyv 6 says the same for all over an adapter made for 5. */
  async delete(keys: readonly string[], options: OperationOptions = {}): Promise<number> {
    return this.#run('delete', keys, options, () => this.#deleteAll([...new Set(keys)]));
  }

  async ping(options: OperationOptions = {}): Promise<void> {
    await this.#run('ping', [], options, async () => {
      const { error } = await this.#errors.during(() => this.#access.get(PING_KEY));
      if (error !== undefined) throw error;
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#errors.stop();
  }

  async *#list(
    source: KeySource,
    prefix: string,
    options: OperationOptions = {},
  ): AsyncGenerator<BackendKey, void> {
    for (const key of await this.#run('list', [], options, () => this.#keys(source, prefix, options))) {
      this.#begin('list', [], options);
      yield { key };
    }
  }

  /** Lists again until nothing is left: `@keyv/sqlite` skips keys while others are deleted or written. */
  async #clear(source: KeySource, prefix: string, options: OperationOptions = {}): Promise<number> {
    return this.#run('clear', [], options, async () => {
      let cleared = 0;
      for (let pass = 1; pass <= MAX_CLEAR_PASSES && !options.signal?.aborted; pass += 1) {
        const keys = await this.#keys(source, prefix, options);
        if (keys.length === 0) return cleared;
        cleared += await this.#deleteAll(keys);
      }
      return cleared;
    });
  }

  /** All keys with `prefix`, before any is acted upon. */
  async #keys(source: KeySource, prefix: string, { signal }: OperationOptions): Promise<readonly string[]> {
    const { namespace } = this.#access;
    const before = namespace === undefined ? '' : `${namespace}:`;
    const { value, error } = await this.#errors.during(async () => {
      const keys = new Set<string>();
      for await (const yielded of source()) {
        if (signal?.aborted) break;
        const stored = keyOf(yielded);
        const key = stored?.startsWith(before)
          ? unspelled(stored.slice(before.length), namespace)
          : undefined;
        if (key?.startsWith(prefix)) keys.add(key);
      }
      return [...keys];
    });
    if (error !== undefined) throw error;
    return value;
  }

  async #get(spelledKey: string): Promise<Uint8Array | undefined> {
    const { value, error } = await this.#errors.during(() => this.#access.get(spelledKey));
    if (value === undefined && error !== undefined) throw error;
    return bytesOf(value);
  }

  async #set({ key, bytes, deleteAt }: BackendItem): Promise<void> {
    const { maxValueBytes } = this.capabilities;
    if (bytes.byteLength > maxValueBytes) {
      const message = `${this.name}: set takes values of ${maxValueBytes} bytes, got ${bytes.byteLength}`;
      throw new CacheError('CACHE_ENTRY_TOO_LARGE', message, { backend: this.name, operation: 'set' });
    }
    if (deleteAt !== undefined && deleteAt <= Date.now()) {
      await this.#delete(this.#spelled(key));
      return;
    }
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
    const { value: isSet, error } = await this.#errors.during(() =>
      this.#access.set(this.#spelled(key), text, deleteAt),
    );
    if (error !== undefined || !isSet) throw error ?? new Error('Keyv says it has not set the value');
  }

  async #deleteAll(keys: readonly string[]): Promise<number> {
    const deleted = await inBatches(keys, BATCH, (key) => this.#delete(this.#spelled(key)));
    return deleted.filter(Boolean).length;
  }

  async #delete(spelledKey: string): Promise<boolean> {
    const { value, error } = await this.#errors.during(() => this.#access.delete(spelledKey));
    if (error !== undefined) throw error;
    return value;
  }

  #spelled(key: string): string {
    return spelled(key, this.#access.namespace);
  }

  async #run<T>(
    operation: string,
    keys: readonly string[],
    options: OperationOptions,
    run: () => Promise<T>,
  ): Promise<T> {
    this.#begin(operation, keys, options);
    try {
      return await untilAborted(options.signal, run());
    } catch (error) {
      throw backendError(this.name, operation, error, options.signal);
    }
  }

  #begin(operation: string, keys: readonly string[], { signal }: OperationOptions): void {
    const { name } = this;
    const details = { backend: name, operation };
    if (this.#isClosed) throw new CacheError('CACHE_CLOSED', `${name}: ${operation} after close`, details);
    if (signal?.aborted) throw backendError(name, operation, signal.reason, signal);
    const { maxKeyBytes } = this.capabilities;
    if (keys.every((key) => key !== '' && Buffer.byteLength(key) <= maxKeyBytes)) return;
    const message = `${name}: ${operation} takes keys of 1 to ${maxKeyBytes} bytes`;
    throw new CacheError('CACHE_INVALID_OPTION', message, details);
  }
}

function bytesOf(kept: KeptValue | undefined): Uint8Array | undefined {
  if (kept === undefined) return undefined;
  if (typeof kept.value === 'string') return Buffer.from(kept.value, 'base64');
  throw new CacheError('CACHE_ENTRY_DAMAGED', 'stored entry: the value in Keyv is no text');
}
