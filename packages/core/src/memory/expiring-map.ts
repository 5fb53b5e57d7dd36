import type { Clock } from '../contract/clock.ts';
import { ExpiryQueue } from './expiry-queue.ts';

interface Slot<Value> {
  readonly key: string;
  value: Value;
  readonly bytes: number;
  /** Infinity: never. */
  readonly deleteAt: number;
  gone: boolean;
}

/** How many expired values one write removes beyond those whose room it needs, as in `BoundedMap`. */
const PURGE_PER_WRITE = 16;

/** What a value costs beside its text: its objects, its place in the map and in the queue. */
const SLOT_BYTES = 256;

/**
 * Small values under string keys, each gone at its time and none before: what decides about limits and leases must not be
 * evicted. Bounded in bytes all the same: `hasRoom` says when no more fit.
 */
export class ExpiringMap<Value extends string | number> {
  readonly #slots = new Map<string, Slot<Value>>();
  readonly #queue = new ExpiryQueue<Slot<Value>>();
  readonly #clock: Clock;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number, clock: Clock) {
    this.#maxBytes = maxBytes;
    this.#clock = clock;
  }

  /** Expired values that no write has removed yet are included. */
  get size(): number {
    return this.#slots.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): Value | undefined {
    return this.#live(key)?.value;
  }

  /** Epoch milliseconds at which what is under `key` ends; undefined if nothing is. */
  deleteAtOf(key: string): number | undefined {
    return this.#live(key)?.deleteAt;
  }

  /** Whether `values` may be set together, after as much as needed of what has expired is removed. */
  hasRoom(values: ReadonlyMap<string, Value>): boolean {
    let needed = 0;
    for (const [key, value] of values) needed += sizeOf(key, value) - (this.#live(key)?.bytes ?? 0);
    this.#purge(needed);
    return needed <= 0 || this.#bytes + needed <= this.#maxBytes;
  }

  /** Ask {@link hasRoom} before. A value whose time is over takes away what was there. */
  set(key: string, value: Value, deleteAt: number = Infinity): void {
    this.delete(key);
    if (deleteAt <= this.#clock.now()) return;
    const slot: Slot<Value> = { key, value, bytes: sizeOf(key, value), deleteAt, gone: false };
    this.#slots.set(key, slot);
    this.#bytes += slot.bytes;
    if (deleteAt !== Infinity) this.#queue.push(slot);
  }

  delete(key: string): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    this.#remove(slot);
    if (slot.deleteAt !== Infinity) this.#queue.discard(slot);
  }

  #live(key: string): Slot<Value> | undefined {
    const slot = this.#slots.get(key);
    return slot !== undefined && slot.deleteAt > this.#clock.now() ? slot : undefined;
  }

  #purge(neededBytes: number): void {
    const now = this.#clock.now();
    for (
      let removed = 0;
      removed < PURGE_PER_WRITE || this.#bytes + neededBytes > this.#maxBytes;
      removed += 1
    ) {
      const slot = this.#queue.takeExpired(now);
      if (slot === undefined) return;
      this.#remove(slot);
    }
  }

  #remove(slot: Slot<Value>): void {
    this.#slots.delete(slot.key);
    this.#bytes -= slot.bytes;
  }
}

function sizeOf(key: string, value: string | number): number {
  return SLOT_BYTES + 2 * (key.length + (typeof value === 'string' ? value.length : 0));
}
