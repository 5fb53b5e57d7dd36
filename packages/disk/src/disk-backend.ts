import { BACKEND_CONTRACT, CacheError } from '@cache/core';
import type {
  BackendCapabilities,
  BackendItem,
  BackendKey,
  BackendSetOptions,
  CacheBackend,
  CacheErrorCode,
  OperationOptions,
} from '@cache/core';
import { abortable, checkSignal } from './abortable.ts';
import { EngineThread } from './engine-thread.ts';
import { Housekeeping } from './housekeeping.ts';
import { resolveDiskOptions } from './options.ts';
import type { DiskBackendOptions, ResolvedDiskOptions } from './options.ts';
import type { Change, KeyPage, Step, StoredItem } from './protocol.ts';
import { ReadQueue } from './read-queue.ts';
import { WriteQueue } from './write-queue.ts';

const MAX_KEY_BYTES = 1024;

/** Keys that are removed at a time: what a thread does in one go delays what comes behind it. */
const REMOVED_TOGETHER = 200;

/**
 * A {@link CacheBackend} in a folder, over the SQLite that is part of Node (docs/decisions/0013).
 *
 * - Processes of one machine may share the folder, and so may backends of one process. Not on a network file system.
 * - What `set` has resolved survives the end of the process, however it ends. A loss of power may cost what was written in the last
 *   minute or so, never what was there before.
 * - Never more than `maxBytes` on the disk: expired values go first, then the ones that were stored longest ago.
 * - A damaged store is succeeded by an empty one, with a warning.
 *
 * Nothing is opened before the first operation. Two threads do the work; they keep no process alive.
 *
 * @throws CacheError `CACHE_INVALID_OPTION` for a wrong option.
 */
export function diskBackend(options: DiskBackendOptions = {}): CacheBackend {
  return new DiskBackend(resolveDiskOptions(options));
}

class DiskBackend implements CacheBackend {
  readonly contract = BACKEND_CONTRACT;
  readonly name = 'disk';
  readonly capabilities: BackendCapabilities;
  readonly #options: ResolvedDiskOptions;
  readonly #reader: EngineThread;
  readonly #writer: EngineThread;
  readonly #gets: ReadQueue;
  readonly #writes: WriteQueue;
  readonly #housekeeping: Housekeeping;
  readonly #reads = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(options: ResolvedDiskOptions) {
    const { directory, layout, clock } = options;
    const warn = onceEach(options.warn);
    this.#options = options;
    this.#reader = new EngineThread({ role: 'reader', directory, layout }, warn);
    this.#writer = new EngineThread({ role: 'writer', directory, layout }, warn);
    this.#gets = new ReadQueue(this.#reader, () => clock.now());
    this.#writes = new WriteQueue(this.#writer, () => clock.now(), layout.transactionBytes);
    this.#housekeeping = new Housekeeping(this.#writes, clock);
    this.capabilities = Object.freeze({
      expiry: 'native',
      expiryResolutionMilliseconds: 1,
      maxValueBytes: layout.maxValueBytes,
      maxKeyBytes: MAX_KEY_BYTES,
      shared: true,
    });
  }

  async get(key: string, options: OperationOptions = {}): Promise<Uint8Array | undefined> {
    this.#begin('get', [key], options);
    return abortable(this.#gets.get(bytesOf(key), 'get'), options.signal, 'get');
  }

  async getMany(
    keys: readonly string[],
    options: OperationOptions = {},
  ): Promise<(Uint8Array | undefined)[]> {
    this.#begin('getMany', keys, options);
    const values = keys.map((key) => this.#gets.get(bytesOf(key), 'getMany'));
    return abortable(Promise.all(values), options.signal, 'getMany');
  }

  async set(key: string, bytes: Uint8Array, options: BackendSetOptions = {}): Promise<void> {
    this.#begin('set', [key], options);
    const items = [this.#itemOf({ key, bytes, ...given('deleteAt', options.deleteAt) }, 'set')];
    await this.#change('set', { kind: 'set', items }, options);
  }

  async setMany(items: readonly BackendItem[], options: OperationOptions = {}): Promise<void> {
    const keys = items.map(({ key }) => key);
    this.#begin('setMany', keys, options);
    for (const { bytes } of items) this.#checkSize(bytes, 'setMany');
    const changes = items.map((item): Change => ({ kind: 'set', items: [this.#itemOf(item, 'setMany')] }));
    await Promise.all(changes.map((change) => this.#change('setMany', change, options)));
  }

  async delete(keys: readonly string[], options: OperationOptions = {}): Promise<number> {
    this.#begin('delete', keys, options);
    const changes = chunks(keys.map(bytesOf), REMOVED_TOGETHER).map((part): Change => {
      return { kind: 'delete', keys: part };
    });
    const steps = await Promise.all(changes.map((change) => this.#change('delete', change, options)));
    return steps.reduce((sum, { count }) => sum + count, 0);
  }

  async clear(prefix: string, options: OperationOptions = {}): Promise<number> {
    const bytes = bytesOf(prefix);
    let count = 0;
    for (let from: Uint8Array | undefined = bytes; from !== undefined;) {
      this.#begin('clear', [], options);
      const step: Step = await this.#change('clear', { kind: 'clear', prefix: bytes, from }, options);
      count += step.count;
      from = step.next;
    }
    return count;
  }

  async *list(prefix: string, options: OperationOptions = {}): AsyncGenerator<BackendKey, void, undefined> {
    const bytes = bytesOf(prefix);
    for (let from: Uint8Array | undefined = bytes; from !== undefined;) {
      this.#begin('list', [], options);
      const asked = { prefix: bytes, from, now: this.#options.clock.now() };
      const page: KeyPage = await this.#tracked(this.#reader.ask('keys', asked, 'list'), options, 'list');
      for (const { key, deleteAt } of page.keys) {
        yield { key: Buffer.from(key).toString(), ...given('deleteAt', deleteAt ?? undefined) };
        this.#begin('list', [], options);
      }
      from = page.next;
    }
  }

  async ping(options: OperationOptions = {}): Promise<void> {
    await this.#report('ping', options);
  }

  async describe(options: OperationOptions = {}): Promise<Readonly<Record<string, unknown>>> {
    return { ...(await this.#report('describe', options)) };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#housekeeping.stop();
    await Promise.all([this.#gets.idle(), this.#writes.idle()]);
    await Promise.allSettled(this.#reads);
    await Promise.all([this.#reader.close(), this.#writer.close()]);
  }

  async #report(operation: string, options: OperationOptions): Promise<object> {
    this.#begin(operation, [], options);
    return this.#tracked(this.#reader.ask('report', {}, operation), options, operation);
  }

  async #change(operation: string, change: Change, { signal }: OperationOptions): Promise<Step> {
    return abortable(this.#writes.push(change, operation, signal), signal, operation);
  }

  /** Remembers a read until it ends, for `close`. */
  #tracked<T>(read: Promise<T>, { signal }: OperationOptions, operation: string): Promise<T> {
    const forget = (): void => void this.#reads.delete(read);
    this.#reads.add(read);
    read.then(forget, forget);
    return abortable(read, signal, operation);
  }

  #begin(operation: string, keys: readonly string[], { signal }: OperationOptions): void {
    if (this.#closing !== undefined) throw this.#error('CACHE_CLOSED', operation, 'the cache is closed');
    checkSignal(signal, operation);
    if (!keys.every(isKey)) {
      throw this.#error(
        'CACHE_INVALID_OPTION',
        operation,
        `keys are well-formed, 1 to ${MAX_KEY_BYTES} bytes long`,
      );
    }
    this.#reader.start();
    this.#writer.start();
    this.#housekeeping.start();
  }

  /** A copy: what the caller does with its bytes afterwards is its own business, and a thread takes memory as a whole. */
  #itemOf({ key, bytes, deleteAt }: BackendItem, operation: string): StoredItem {
    this.#checkSize(bytes, operation);
    const isFinite = deleteAt !== undefined && Number.isFinite(deleteAt);
    return { key: bytesOf(key), bytes: new Uint8Array(bytes), deleteAt: isFinite ? deleteAt : null };
  }

  #checkSize(bytes: Uint8Array, operation: string): void {
    const { maxValueBytes } = this.capabilities;
    if (bytes.byteLength <= maxValueBytes) return;
    const message = `values are at most ${maxValueBytes} bytes long, got ${bytes.byteLength}`;
    throw this.#error('CACHE_ENTRY_TOO_LARGE', operation, message);
  }

  #error(code: CacheErrorCode, operation: string, what: string): CacheError {
    return new CacheError(code, `disk: ${operation}: ${what}`, { backend: this.name, operation });
  }
}

/** Lone surrogates all become the same bytes: two keys would share a value. */
function isKey(key: string): boolean {
  return key.length > 0 && key.isWellFormed() && Buffer.byteLength(key) <= MAX_KEY_BYTES;
}

/** In memory of its own: a view would take the whole pool with it into a thread. */
function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function chunks<T>(items: readonly T[], size: number): (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

function given<Name extends string>(name: Name, value: number | undefined): Partial<Record<Name, number>> {
  return value === undefined ? {} : ({ [name]: value } as Partial<Record<Name, number>>);
}

/** Both threads open the folder and see the same. */
function onceEach(warn: (message: string) => void): (message: string) => void {
  const told = new Set<string>();
  return (message) => {
    if (told.has(message)) return;
    told.add(message);
    warn(message);
  };
}
