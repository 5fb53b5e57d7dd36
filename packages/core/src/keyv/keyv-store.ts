import type { CacheBackend } from '../contract/backend.ts';
import { CacheError } from '../contract/errors.ts';
import { checkOptionNames, wrongOption } from '../engine/check-option.ts';
import { inBatches } from './backend-operation.ts';

/** Options of {@link keyvStore}. */
export interface KeyvStoreOptions {
  /** First part of every key in the backend. `clear()` removes nothing else. Default `keyv:`. */
  readonly prefix?: string;
}

/** One value of {@link KeyvStore.setMany}. */
export interface KeyvStoreItem {
  readonly key: string;
  readonly value: unknown;
  /** Milliseconds. Absent or 0: for ever. */
  readonly ttl?: number | undefined;
}

/** A storage adapter as Keyv 5 wants it, and Keyv 6 takes it as well. */
export interface KeyvStore {
  /** Set by Keyv. Namespaces share neither values nor `clear()`. */
  namespace?: string | undefined;
  readonly opts: Record<string, unknown>;
  get(key: string): Promise<string | Buffer | undefined>;
  getMany(keys: string[]): Promise<(string | Buffer | undefined)[]>;
  /** @param ttl milliseconds; absent or 0: for ever. */
  set(key: string, value: unknown, ttl?: number): Promise<boolean>;
  setMany(items: readonly KeyvStoreItem[]): Promise<boolean[]>;
  delete(key: string): Promise<boolean>;
  /** Whether any of them was there. */
  deleteMany(keys: string[]): Promise<boolean>;
  has(key: string): Promise<boolean>;
  hasMany(keys: string[]): Promise<boolean[]>;
  /** Of the namespace; without one, of everything Keyv wrote. */
  clear(): Promise<void>;
  /** Closes the backend. */
  disconnect(): Promise<void>;
  /** Absent where the backend has no `list`. */
  iterator?(namespace?: string): AsyncGenerator<[key: string, value: string | Buffer]>;
}

/** First byte of a value. */
const TEXT = 0;
const BYTES = 1;

const BATCH = 100;

/**
 * Any backend as a store for Keyv: `new Keyv({ store: keyvStore(backend) })`, with Keyv 5.6 and 6.1.
 *
 * Its methods reject with coded errors. What Keyv makes of that: `error` events, and with Keyv 5 `throwOnErrors: true`,
 * without which it keeps failed reads to itself.
 *
 * @throws CacheError `CACHE_INVALID_OPTION` for a wrong option.
 */
export function keyvStore(backend: CacheBackend, options: KeyvStoreOptions = {}): KeyvStore {
  checkOptionNames('keyvStore', options, ['prefix']);
  const { prefix = 'keyv:' } = options;
  if (typeof prefix !== 'string' || prefix === '')
    throw wrongOption(
      'keyvStore',
      'prefix',
      'a non-empty text, as clear() removes all that begins with it',
      prefix,
    );
  return new BackendStore(backend, prefix);
}

class BackendStore implements KeyvStore {
  /** Keyv 6 looks whether it is there: the store then keeps namespaces apart itself, and clears one as a whole. */
  namespace: string | undefined = undefined;
  /** Keyv 5 iterates over stores whose dialect it knows only. */
  readonly opts: Record<string, unknown> = { dialect: 'redis', url: '' };
  readonly iterator?: (namespace?: string) => AsyncGenerator<[key: string, value: string | Buffer]>;
  readonly #backend: CacheBackend;
  readonly #prefix: string;

  constructor(backend: CacheBackend, prefix: string) {
    this.#backend = backend;
    this.#prefix = prefix;
    if (backend.list !== undefined) this.iterator = (namespace) => this.#iterate(namespace ?? this.namespace);
  }

  async get(key: string): Promise<string | Buffer | undefined> {
    return valueOf(await this.#backend.get(this.#keyOf(key)));
  }

  async getMany(keys: string[]): Promise<(string | Buffer | undefined)[]> {
    return (await this.#getMany(keys.map((key) => this.#keyOf(key)))).map(valueOf);
  }

  async set(key: string, value: unknown, ttl?: number): Promise<boolean> {
    const deleteAt = deleteAtOf(ttl);
    await this.#backend.set(this.#keyOf(key), bytesOf(value), deleteAt === undefined ? {} : { deleteAt });
    return true;
  }

  async setMany(items: readonly KeyvStoreItem[]): Promise<boolean[]> {
    return inBatches(items, BATCH, ({ key, value, ttl }) => this.set(key, value, ttl));
  }

  async delete(key: string): Promise<boolean> {
    return (await this.#backend.delete([this.#keyOf(key)])) > 0;
  }

  async deleteMany(keys: string[]): Promise<boolean> {
    return (await this.#backend.delete(keys.map((key) => this.#keyOf(key)))) > 0;
  }

  async has(key: string): Promise<boolean> {
    return (await this.#backend.get(this.#keyOf(key))) !== undefined;
  }

  async hasMany(keys: string[]): Promise<boolean[]> {
    return (await this.#getMany(keys.map((key) => this.#keyOf(key)))).map((bytes) => bytes !== undefined);
  }

  async clear(): Promise<void> {
    const backend = this.#backend;
    const prefix = this.namespace === undefined ? this.#prefix : this.#prefixOf(this.namespace);
    if (backend.clear !== undefined) {
      await backend.clear(prefix);
      return;
    }
    if (backend.list === undefined) {
      const message = `${backend.name}: cannot clear for Keyv: it has neither clear nor list`;
      throw new CacheError('CACHE_NOT_SUPPORTED', message, { backend: backend.name, operation: 'clear' });
    }
    const keys: string[] = [];
    for await (const { key } of backend.list(prefix)) keys.push(key);
    await backend.delete(keys);
  }

  async disconnect(): Promise<void> {
    await this.#backend.close();
  }

  async *#iterate(namespace: string | undefined): AsyncGenerator<[key: string, value: string | Buffer]> {
    const prefix = this.#prefixOf(namespace);
    const keys: string[] = [];
    for await (const { key } of this.#backend.list?.(prefix) ?? []) keys.push(key);
    for (let start = 0; start < keys.length; start += BATCH) {
      const batch = keys.slice(start, start + BATCH);
      const values = await this.#getMany(batch);
      for (const [index, key] of batch.entries()) {
        const value = valueOf(values[index]);
        if (value !== undefined) yield [key.slice(prefix.length), value];
      }
    }
  }

  #getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    const backend = this.#backend;
    return backend.getMany?.(keys) ?? inBatches(keys, BATCH, (key) => backend.get(key));
  }

  #keyOf(key: string): string {
    if (key.isWellFormed()) return this.#prefixOf(this.namespace) + key;
    throw new CacheError(
      'CACHE_INVALID_OPTION',
      'keyvStore: a key with half a surrogate pair cannot be stored',
      {
        backend: this.#backend.name,
      },
    );
  }

  /** The colon ends the namespace, in which there is none: `a` with key `b:c` is not `a:b` with key `c`. */
  #prefixOf(namespace = ''): string {
    return `${this.#prefix}${encodeURIComponent(namespace.toWellFormed())}:`;
  }
}

function deleteAtOf(ttl: number | undefined): number | undefined {
  return typeof ttl === 'number' && ttl !== 0 && Number.isFinite(ttl) ? Date.now() + ttl : undefined;
}

function bytesOf(value: unknown): Uint8Array {
  if (typeof value === 'string' && value.isWellFormed())
    return Buffer.concat([Uint8Array.of(TEXT), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([Uint8Array.of(BYTES), value]);
  const found =
    typeof value === 'string' ? 'a text with half a surrogate pair' : `a value of type ${typeof value}`;
  const message = `keyvStore: stores text and bytes, got ${found}: leave Keyv its serializer`;
  throw new CacheError('CACHE_NOT_SUPPORTED', message);
}

function valueOf(bytes: Uint8Array | undefined): string | Buffer | undefined {
  if (bytes === undefined) return undefined;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer[0] === TEXT) return buffer.toString('utf8', 1);
  if (buffer[0] === BYTES) return buffer.subarray(1);
  throw new CacheError('CACHE_ENTRY_DAMAGED', 'stored value: not written by keyvStore');
}
