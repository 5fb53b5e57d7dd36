import { BACKEND_CONTRACT } from '../contract/backend.ts';
import type { BackendSetOptions, CacheBackend } from '../contract/backend.ts';
import type { FrameCodec } from '../contract/codec.ts';
import { deleteAtOf } from '../contract/entry.ts';
import type { CacheEntry } from '../contract/entry.ts';
import { CacheError } from '../contract/errors.ts';
import type { CacheObserver } from '../contract/observer.ts';
import type { CacheStore, MaybePromise, OperationOptions } from '../contract/store.ts';
import { checkOptionNames, checkPositiveInteger } from './check-option.ts';
import { clearable } from './clearable.ts';
import { CodecChain } from './codec-chain.ts';
import { notify, notifyFailure } from './notify.ts';
import { OperationSlots } from './operation-slots.ts';
import { isPending } from './store-wrappers/wrapper.ts';

/** Options of {@link framed}. */
export interface FramedOptions {
  /** Hears of damaged entries (`backend_failure`) and of entries too large for the backend (`not_stored`). */
  readonly observer?: CacheObserver;
  /**
   * What is done to an entry's bytes before the backend has them: `compression` and `encryption` of `@cache/core/codecs`,
   * or your own. In order when written, in reverse when read; one that encrypts comes last. Default: none.
   */
  readonly codecs?: readonly FrameCodec[];
  /** Operations the backend has in hand at most; further ones wait in order. Default 256; 0 is refused. */
  readonly maxConcurrentOperations?: number;
  /** Operations that wait at most; further ones are refused with `CACHE_BACKEND_TIMEOUT`. Default 10,000; 0 is refused. */
  readonly maxWaitingOperations?: number;
}

const KNOWN_OPTIONS: readonly (keyof FramedOptions)[] = [
  'observer',
  'codecs',
  'maxConcurrentOperations',
  'maxWaitingOperations',
];

/** How many keys `clear` gives to one `delete`. */
const DELETE_BATCH = 500;

/**
 * A {@link CacheStore} over a {@link CacheBackend}: entries become frames (`frame.ts`), frames go through the codecs.
 *
 * - Bytes that are not a good frame, or that a codec cannot read, are a miss and a `backend_failure` event with `CACHE_ENTRY_DAMAGED`. They are left
 *   where they are: the answer stored next replaces them.
 * - An entry (as the codecs leave it) or key larger than the backend's capabilities is not stored: a `not_stored` event with reason `too_large` or
 *   `key_too_long`. What was stored under the key is deleted, as it would have been replaced.
 * - What the backend throws without a code becomes `CACHE_BACKEND_FAILED`, or `CACHE_ABORTED` if the signal is aborted.
 *   Turning failure into a miss is not done here; see `resilient`.
 *
 * @throws CacheError `CACHE_NOT_SUPPORTED` if the backend speaks another contract, `CACHE_INVALID_OPTION` for a wrong option.
 */
export function framed(backend: CacheBackend, options: FramedOptions = {}): CacheStore {
  const version: unknown = backend.contract;
  if (version !== BACKEND_CONTRACT) {
    const message = `${backend.name}: speaks backend contract ${String(version)}, this release speaks ${BACKEND_CONTRACT}`;
    throw new CacheError('CACHE_NOT_SUPPORTED', message, { backend: backend.name });
  }
  checkOptionNames('framed', options, KNOWN_OPTIONS);
  return new FramedStore(backend, options);
}

class FramedStore implements CacheStore {
  readonly name: string;
  readonly defaultTtlSeconds?: number;
  readonly remote = true;
  readonly #backend: CacheBackend;
  readonly #observer: CacheObserver | undefined;
  readonly #codecs: CodecChain;
  readonly #slots: OperationSlots;

  constructor(backend: CacheBackend, options: FramedOptions) {
    const { maxConcurrentOperations = 256, maxWaitingOperations = 10_000 } = options;
    this.name = backend.name;
    if (backend.defaultTtlSeconds !== undefined) this.defaultTtlSeconds = backend.defaultTtlSeconds;
    this.#backend = backend;
    this.#observer = options.observer;
    this.#codecs = new CodecChain('framed', options.codecs ?? []);
    this.#slots = new OperationSlots({
      backend: backend.name,
      maxConcurrent: checkPositiveInteger('framed', 'maxConcurrentOperations', maxConcurrentOperations),
      maxWaiting: checkPositiveInteger('framed', 'maxWaitingOperations', maxWaitingOperations),
    });
  }

  async get(key: string, options: OperationOptions = {}): Promise<CacheEntry | undefined> {
    if (!this.#takesKey(key)) return undefined;
    const bytes = await this.#run('get', options, () => this.#backend.get(key, options));
    // null is what most clients call a missing key; a backend in plain JavaScript passes it on easily.
    return bytes === undefined || bytes === null ? undefined : this.#decode(bytes, key);
  }

  /** Packed when its turn has come: what waits is one copy of the answer, not two. */
  async set(key: string, entry: CacheEntry, options: OperationOptions = {}): Promise<void> {
    if (!this.#takesKey(key))
      return notify(this.#observer, { type: 'not_stored', key, reason: 'key_too_long' });
    const deleteAt = deleteAtOf(entry);
    const setOptions = deleteAt === undefined ? options : { ...options, deleteAt };
    await this.#run('set', options, () => {
      const bytes = this.#codecs.encode(entry, key);
      if (isPending(bytes)) return bytes.then((packed) => this.#put(key, packed, setOptions));
      return this.#put(key, bytes, setOptions);
    });
  }

  async delete(keys: readonly string[], options: OperationOptions = {}): Promise<number> {
    const possible = keys.filter((key) => this.#takesKey(key));
    if (possible.length === 0) return 0;
    return this.#run('delete', options, () => this.#backend.delete(possible, options));
  }

  async clear(prefix: string, options: OperationOptions = {}): Promise<number> {
    if (!this.#takesKey(prefix)) return 0;
    return this.#run('clear', options, () => this.#clear(prefix, options));
  }

  async ping(options: OperationOptions = {}): Promise<void> {
    await this.#run('ping', options, () => this.#backend.ping(options));
  }

  async close(): Promise<void> {
    await this.#backend.close();
  }

  /** One slot for the whole of it: deletions that waited for slots held by other clears would wait for ever. */
  async #clear(prefix: string, options: OperationOptions): Promise<number> {
    const backend = this.#backend;
    // The backend's own clear would take an empty prefix at its word and remove what other applications wrote.
    if (prefix !== '' && backend.clear !== undefined) return backend.clear(prefix, options);
    if (backend.list === undefined) {
      const message = `${this.name}: cannot clear ${prefix === '' ? 'without a prefix: it' : 'by prefix: it'} has no list`;
      throw new CacheError('CACHE_NOT_SUPPORTED', message, { backend: this.name, operation: 'clear' });
    }
    const isCleared = clearable(prefix);
    let deleted = 0;
    let batch: string[] = [];
    for await (const { key } of backend.list(prefix, options)) {
      if (isCleared(key)) batch.push(key);
      if (batch.length < DELETE_BATCH) continue;
      deleted += await backend.delete(batch, options);
      batch = [];
    }
    return batch.length === 0 ? deleted : deleted + (await backend.delete(batch, options));
  }

  #takesKey(key: string): boolean {
    return Buffer.byteLength(key) <= this.#backend.capabilities.maxKeyBytes;
  }

  #put(key: string, bytes: Buffer, options: BackendSetOptions): Promise<unknown> {
    if (bytes.length <= this.#backend.capabilities.maxValueBytes)
      return this.#backend.set(key, bytes, options);
    notify(this.#observer, { type: 'not_stored', key, reason: 'too_large' });
    return this.#backend.delete([key], options);
  }

  #decode(bytes: Uint8Array, key: string): MaybePromise<CacheEntry | undefined> {
    const missed = (error: unknown): undefined => {
      notifyFailure(this.#observer, this.name, 'get', error);
    };
    try {
      const entry = this.#codecs.decode(bytes, key);
      return isPending(entry) ? entry.then(undefined, missed) : entry;
    } catch (error) {
      return missed(error);
    }
  }

  async #run<T>(operation: string, { signal }: OperationOptions, run: () => Promise<T>): Promise<T> {
    try {
      return await this.#slots.run(operation, signal, run);
    } catch (error) {
      throw CacheError.is(error) ? error : this.#coded(operation, error, signal);
    }
  }

  #coded(operation: string, cause: unknown, signal: AbortSignal | undefined): CacheError {
    const code = signal?.aborted ? 'CACHE_ABORTED' : 'CACHE_BACKEND_FAILED';
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new CacheError(code, `${this.name}: ${operation} failed: ${reason}`, {
      backend: this.name,
      operation,
      cause,
    });
  }
}
