import type { Clock } from '../contract/clock.ts';
import { systemClock } from '../contract/clock.ts';
import { deleteAtOf } from '../contract/entry.ts';
import type { CacheEntry } from '../contract/entry.ts';
import { CacheError } from '../contract/errors.ts';
import type { CacheStore, OperationOptions } from '../contract/store.ts';
import { checkOptionNames, checkPositiveInteger } from '../engine/check-option.ts';
import { clearable } from '../engine/clearable.ts';
import { BoundedMap } from './bounded-map.ts';

/** Options of {@link memoryStore}. Zero is refused everywhere: to cache nothing, use no store. */
export interface MemoryStoreOptions {
  /**
   * Bytes all entries together may take, by {@link entrySizeBytes}. Default 268,435,456 (256 MiB). Expired entries make
   * room first, then the least recently used.
   */
  readonly maxBytes?: number;
  /**
   * Number of entries. Default: none of its own; since every entry counts at least 1 KiB, `maxBytes` bounds the number
   * too (262,144 entries by default).
   */
  readonly maxEntries?: number;
  /**
   * Largest body, recorded events included, in bytes. Default 1,048,576 (1 MiB). A larger entry is not stored but
   * counted in `statistics().rejected`, and takes away what was stored under its key: that answer is outdated.
   */
  readonly maxEntryBytes?: number;
  /** Default: the machine's own clock. */
  readonly clock?: Clock;
}

/** What a memory store has held and done since it was made. */
export interface MemoryStoreStatistics {
  /** Entries held now. One that expired and has been neither asked for nor removed is among them. */
  readonly entries: number;
  /** Bytes held now, by {@link entrySizeBytes}. Never above `maxBytes`. */
  readonly bytes: number;
  /** Reads that found an entry. */
  readonly hits: number;
  /** Reads that found none. */
  readonly misses: number;
  /** Entries removed before their time, for room. */
  readonly evictions: number;
  /** Entries removed because their time was over. */
  readonly expired: number;
  /** Entries not stored because they were too large. */
  readonly rejected: number;
}

/** Options of {@link MemoryStore.set}. Nothing takes long enough to heed a signal. */
export interface MemorySetOptions extends OperationOptions {
  /**
   * Epoch milliseconds after which the store keeps the entry no longer, whatever the entry's own times allow. For copies of
   * what is kept elsewhere. Not after now: the entry is not stored, and takes away what was there. Default: no such bound.
   */
  readonly keepUntil?: number;
}

/** A {@link CacheStore} within the process: every operation but `close` answers at once. */
export interface MemoryStore extends CacheStore {
  readonly defaultTtlSeconds: number;
  peek(key: string): CacheEntry | undefined;
  get(key: string): CacheEntry | undefined;
  /** What {@link get} would find, without counting or refreshing. Undefined after `close()`. */
  inspect(key: string): CacheEntry | undefined;
  set(key: string, entry: CacheEntry, options?: MemorySetOptions): void;
  delete(keys: readonly string[]): number;
  clear(prefix: string): number;
  /** Removes every entry, whatever its key; `clear('')` leaves keys that are not of the cache's own shape. */
  empty(): void;
  ping(): void;
  close(): void;
  /** What it holds now, and has done since it was made. */
  statistics(): MemoryStoreStatistics;
}

const KNOWN_OPTIONS: readonly (keyof MemoryStoreOptions)[] = [
  'maxBytes',
  'maxEntries',
  'maxEntryBytes',
  'clock',
];

/**
 * What an entry costs beside its bytes and text, in bytes: its objects, the lists that order them, the allocation of the
 * body. Measured on Node 24 with 100,000 entries: 900.
 */
const ENTRY_OVERHEAD_BYTES = 1024;

/** How much of the memory a body is a view on may lie unused before the body is copied out of it. */
const MAX_UNUSED_BYTES = 1024;

/**
 * The embedded default store: bounded in bytes, synchronous, local to the process.
 *
 * Every read hands out the same object, never a copy: entries are immutable by contract. Answers for which neither request
 * nor configuration gives a lifetime live 600 seconds. After `close()` every operation throws `CACHE_CLOSED`.
 *
 * @throws CacheError `CACHE_INVALID_OPTION` if an option is unknown or not a positive integer.
 */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  checkOptionNames('memoryStore', options, KNOWN_OPTIONS);
  return new LocalStore(options);
}

/**
 * What `entry` counts against `maxBytes`: the memory its bytes are views on (as a whole, since a view keeps all of it),
 * two bytes per character of key, model, headers and tags, and 1024 for the rest.
 */
export function entrySizeBytes(key: string, entry: CacheEntry): number {
  let characters = key.length + entry.model.length + entry.contentType.length;
  for (const [name, value] of entry.headers) characters += name.length + value.length;
  for (const tag of entry.tags ?? []) characters += tag.length;
  return ENTRY_OVERHEAD_BYTES + 2 * characters + heldBytes(entry);
}

class LocalStore implements MemoryStore {
  readonly name = 'local';
  readonly defaultTtlSeconds = 600;
  readonly #entries: BoundedMap<CacheEntry>;
  readonly #maxEntryBytes: number;
  #hits = 0;
  #misses = 0;
  #rejected = 0;
  #closed = false;

  constructor(options: MemoryStoreOptions) {
    const { maxBytes = 256 * 1024 * 1024, maxEntries, maxEntryBytes = 1024 * 1024 } = options;
    this.#maxEntryBytes = checkPositiveInteger('memoryStore', 'maxEntryBytes', maxEntryBytes);
    this.#entries = new BoundedMap(
      {
        maxBytes: checkPositiveInteger('memoryStore', 'maxBytes', maxBytes),
        maxEntries:
          maxEntries === undefined
            ? undefined
            : checkPositiveInteger('memoryStore', 'maxEntries', maxEntries),
      },
      options.clock ?? systemClock,
    );
  }

  peek(key: string): CacheEntry | undefined {
    return this.get(key);
  }

  get(key: string): CacheEntry | undefined {
    this.#assertOpen('get');
    const entry = this.#entries.get(key);
    if (entry === undefined) this.#misses += 1;
    else this.#hits += 1;
    return entry;
  }

  inspect(key: string): CacheEntry | undefined {
    return this.#entries.inspect(key);
  }

  set(key: string, entry: CacheEntry, { keepUntil = Infinity }: MemorySetOptions = {}): void {
    this.#assertOpen('set');
    if (usedBytes(entry) > this.#maxEntryBytes) {
      this.#entries.delete(key);
      this.#rejected += 1;
      return;
    }
    const compact = withoutUnusedBytes(entry);
    const deleteAt = Math.min(keepUntil, deleteAtOf(entry) ?? Infinity);
    const fits = this.#entries.set(key, compact, entrySizeBytes(key, compact), deleteAt);
    if (!fits) this.#rejected += 1;
  }

  delete(keys: readonly string[]): number {
    this.#assertOpen('delete');
    return keys.filter((key) => this.#entries.delete(key)).length;
  }

  clear(prefix: string): number {
    this.#assertOpen('clear');
    const isCleared = clearable(prefix);
    const keys = this.#entries.keys().map(({ key }) => key);
    return this.delete(keys.filter(isCleared));
  }

  empty(): void {
    this.#assertOpen('empty');
    this.#entries.clear();
  }

  ping(): void {
    this.#assertOpen('ping');
  }

  close(): void {
    this.#closed = true;
    this.#entries.clear();
  }

  statistics(): MemoryStoreStatistics {
    return {
      entries: this.#entries.size,
      bytes: this.#entries.bytes,
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#entries.evictions,
      expired: this.#entries.expired,
      rejected: this.#rejected,
    };
  }

  #assertOpen(operation: string): void {
    if (!this.#closed) return;
    throw new CacheError('CACHE_CLOSED', `local: ${operation} after close()`, {
      backend: this.name,
      operation,
    });
  }
}

function usedBytes({ body, events }: CacheEntry): number {
  return body.byteLength + (events?.byteLength ?? 0);
}

function heldBytes({ body, events }: CacheEntry): number {
  const alsoHeld = events === undefined || events.buffer === body.buffer ? 0 : events.buffer.byteLength;
  return body.buffer.byteLength + alsoHeld;
}

/** A body cut out of a larger read keeps all of that read alive; such a one is copied into memory of its own. */
function withoutUnusedBytes(entry: CacheEntry): CacheEntry {
  if (heldBytes(entry) - usedBytes(entry) <= MAX_UNUSED_BYTES) return entry;
  const body = copyOf(entry.body);
  return entry.events === undefined ? { ...entry, body } : { ...entry, body, events: copyOf(entry.events) };
}

function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.byteLength);
  bytes.copy(copy);
  return copy;
}
