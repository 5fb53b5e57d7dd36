import { LRUCache } from 'lru-cache';
import type { Clock } from '../contract/clock.ts';
import { ExpiryQueue } from './expiry-queue.ts';

/** Bounds of a {@link BoundedMap}. */
export interface Bounds {
  readonly maxBytes: number;
  /** Absent: only `maxBytes` bounds it. */
  readonly maxEntries?: number | undefined;
}

interface Slot<Value> {
  readonly key: string;
  /** Undefined once gone: the expiry queue may hold the slot for a while, but never the value. */
  value: Value | undefined;
  /** Infinity: never. */
  readonly deleteAt: number;
  gone: boolean;
}

/**
 * How many expired values one write removes beyond those whose room it needs. More than one, so that they are gone
 * before long; few, so that no write pauses the process after a thousand values expired together.
 */
const PURGE_PER_WRITE = 16;

/**
 * Values under string keys, bounded in bytes and number. Expired values make room first, then the least recently used.
 *
 * Expiry is kept beside lru-cache rather than by it: its own leaves expired values in place until they are asked for
 * (or needs a timer for each), so live ones would be evicted before them. Its `max` is not used either: it would
 * allocate for that many entries up front (36 bytes each) whatever is stored.
 */
export class BoundedMap<Value> {
  readonly #lru: LRUCache<string, Slot<Value>>;
  readonly #queue = new ExpiryQueue<Slot<Value>>();
  readonly #clock: Clock;
  readonly #maxBytes: number;
  readonly #maxEntries: number;
  #evictions = 0;
  #expired = 0;

  constructor(bounds: Bounds, clock: Clock) {
    this.#clock = clock;
    this.#maxBytes = bounds.maxBytes;
    this.#maxEntries = bounds.maxEntries ?? Infinity;
    this.#lru = new LRUCache({
      maxSize: bounds.maxBytes,
      dispose: (slot, _key, reason) => {
        if (reason === 'evict') this.#evictions += 1;
        this.#forget(slot);
      },
    });
  }

  /** Expired values nobody has asked for since are included. */
  get size(): number {
    return this.#lru.size;
  }

  get bytes(): number {
    return this.#lru.calculatedSize;
  }

  /** Values removed before their time, for room. */
  get evictions(): number {
    return this.#evictions;
  }

  /** Values removed because their time was over. */
  get expired(): number {
    return this.#expired;
  }

  get(key: string): Value | undefined {
    const slot = this.#lru.get(key);
    if (slot === undefined) return undefined;
    if (slot.deleteAt > this.#clock.now()) return slot.value;
    this.#expire(slot);
    return undefined;
  }

  /** What {@link get} would find; the value is used no more recently for it. */
  inspect(key: string): Value | undefined {
    const slot = this.#lru.peek(key);
    return slot !== undefined && slot.deleteAt > this.#clock.now() ? slot.value : undefined;
  }

  /**
   * Replaces value, size and expiry of `key`.
   * @returns false if the value is larger than the whole map; `key` is then empty.
   */
  set(key: string, value: Value, sizeBytes: number, deleteAt: number = Infinity): boolean {
    const now = this.#clock.now();
    // NaN as well: it would stand at the head of the expiry queue for ever.
    const isOver = !(deleteAt > now);
    if (sizeBytes > this.#maxBytes || isOver) {
      this.#lru.delete(key);
      return isOver;
    }
    this.#purge(now, sizeBytes);
    const slot: Slot<Value> = { key, value, deleteAt, gone: false };
    this.#lru.set(key, slot, { size: sizeBytes });
    if (deleteAt !== Infinity) this.#queue.push(slot);
    if (this.#lru.size > this.#maxEntries) this.#lru.pop();
    return true;
  }

  /** @returns whether there was a value that had not expired. */
  delete(key: string): boolean {
    return this.get(key) !== undefined && this.#lru.delete(key);
  }

  /** The keys of all values not expired now. */
  keys(): { readonly key: string; readonly deleteAt: number }[] {
    const now = this.#clock.now();
    return [...this.#lru.values()].filter(({ deleteAt }) => deleteAt > now);
  }

  clear(): void {
    this.#lru.clear();
    this.#queue.clear();
  }

  #purge(now: number, sizeBytes: number): void {
    for (let removed = 0; removed < PURGE_PER_WRITE || !this.#hasRoom(sizeBytes); removed += 1) {
      const slot = this.#queue.takeExpired(now);
      if (slot === undefined) return;
      this.#expire(slot);
    }
  }

  #hasRoom(sizeBytes: number): boolean {
    return this.bytes + sizeBytes <= this.#maxBytes && this.size < this.#maxEntries;
  }

  #expire(slot: Slot<Value>): void {
    this.#expired += 1;
    this.#lru.delete(slot.key);
  }

  #forget(slot: Slot<Value>): void {
    slot.value = undefined;
    if (!slot.gone && slot.deleteAt !== Infinity) this.#queue.discard(slot);
  }
}
