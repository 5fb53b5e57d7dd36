/** Something that ends at a known time. Once `gone`, nobody asks for it any more. */
export interface Expiring {
  /** Epoch milliseconds. */
  readonly deleteAt: number;
  gone: boolean;
}

/** Below this many, items that are gone are not worth a rebuild. */
const REBUILD_FROM = 1024;

/**
 * Says which item ends first: a binary heap. Items removed for another reason stay in it, marked, until their turn or
 * until they are the greater half, so that every operation is O(log n) on average and no list is searched.
 */
export class ExpiryQueue<Item extends Expiring> {
  #heap: Item[] = [];
  #gone = 0;

  /** How many items are held, those that are gone included. */
  get length(): number {
    return this.#heap.length;
  }

  push(item: Item): void {
    const heap = this.#heap;
    let index = heap.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#endAt(parent) <= item.deleteAt) break;
      heap[index] = heap[parent] as Item;
      index = parent;
    }
    heap[index] = item;
  }

  /** Takes out the item that ended first, if one has ended by `now`. */
  takeExpired(now: number): Item | undefined {
    for (let first = this.#heap[0]; first !== undefined && first.deleteAt <= now; first = this.#heap[0]) {
      this.#removeFirst();
      if (!first.gone) {
        first.gone = true;
        return first;
      }
      this.#gone -= 1;
    }
    return undefined;
  }

  /** Says that an item still in the queue has been removed elsewhere. */
  discard(item: Item): void {
    item.gone = true;
    this.#gone += 1;
    if (this.#gone < REBUILD_FROM || this.#gone * 2 < this.#heap.length) return;
    // A sorted array is a heap.
    this.#heap = this.#heap.filter(({ gone }) => !gone).sort((one, other) => one.deleteAt - other.deleteAt);
    this.#gone = 0;
  }

  clear(): void {
    this.#heap = [];
    this.#gone = 0;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop() as Item;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (this.#endAt(child + 1) < this.#endAt(child)) child += 1;
      if (this.#endAt(child) >= last.deleteAt) break;
      heap[index] = heap[child] as Item;
      index = child;
    }
    heap[index] = last;
  }

  #endAt(index: number): number {
    return this.#heap[index]?.deleteAt ?? Infinity;
  }
}
