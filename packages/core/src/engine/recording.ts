import { CacheError } from '../contract/errors.ts';

/** How far the fastest reader of an answer too long to keep may fall behind before the provider is made to wait. */
const HIGH_WATER_BYTES = 64 * 1024;

/** One reader's place. `left` by its own will; `cutOff` because it fell too far behind. */
interface Cursor {
  /** Index of the next item, counted from the first item ever appended. */
  next: number;
  /** Bytes of all items before `next`. */
  bytes: number;
  state: 'reading' | 'left' | 'cutOff';
}

/**
 * An append-only log of what a provider sends, read by any number of readers, each at its own pace. Nobody waits for the
 * slowest: up to `maxBytes` everything is kept, so a late reader begins at the beginning. A longer answer is no longer
 * kept: new readers are refused, what all have read is dropped, the provider waits for the fastest reader, and a reader
 * more than `maxBytes` behind it is cut off. Memory is bounded by `maxBytes` and the high-water mark either way.
 */
export class Recording<Item> {
  readonly #maxBytes: number;
  readonly #sizeOf: (item: Item) => number;
  readonly #cursors = new Set<Cursor>();
  #items: Item[] = [];
  #dropped = 0;
  #bytes = 0;
  #ended = false;
  #error: unknown;
  #readersWait = Promise.withResolvers<void>();
  #providerWaits = Promise.withResolvers<void>();

  constructor(maxBytes: number, sizeOf: (item: Item) => number) {
    this.#maxBytes = maxBytes;
    this.#sizeOf = sizeOf;
  }

  /** Whether the answer has grown past what is kept. */
  get overflowed(): boolean {
    return this.#bytes > this.#maxBytes;
  }

  /** Everything appended so far, unless {@link overflowed}. */
  get items(): readonly Item[] {
    return this.#items;
  }

  append(item: Item): void {
    this.#items.push(item);
    this.#bytes += this.#sizeOf(item);
    if (this.overflowed) this.#dropWhatAllHaveRead();
    this.#wakeReaders();
  }

  /** No more items will come. */
  end(): void {
    this.#ended = true;
    this.#wakeReaders();
  }

  /** No more items will come, and readers learn why. */
  fail(error: unknown): void {
    this.#error = error;
    this.end();
  }

  /** Resolves when the provider may go on sending: at once, unless the answer is too long to keep and nobody keeps up. */
  async drained(): Promise<void> {
    while (this.overflowed && this.#cursors.size > 0 && this.#lagOfFastest() > HIGH_WATER_BYTES) {
      await this.#providerWaits.promise;
    }
  }

  /**
   * Takes a place at the beginning, at once, and reads from there in batches of whatever has arrived. A reader that is
   * not read to its end must be given up with `return()`, as leaving a `for await` loop does.
   * The reader throws CacheError `CACHE_READER_TOO_SLOW`, or the error given to {@link fail}.
   */
  read(): AsyncIterableIterator<readonly Item[]> {
    const cursor: Cursor = { next: 0, bytes: 0, state: this.#dropped > 0 ? 'cutOff' : 'reading' };
    if (cursor.state === 'reading') this.#cursors.add(cursor);
    const iterator: AsyncIterableIterator<readonly Item[]> = {
      next: () => this.#next(cursor),
      return: () => {
        this.#leave(cursor);
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  async #next(cursor: Cursor): Promise<IteratorResult<readonly Item[]>> {
    for (;;) {
      if (cursor.state === 'left') return { done: true, value: undefined };
      if (cursor.state === 'cutOff') {
        this.#leave(cursor);
        throw new CacheError('CACHE_READER_TOO_SLOW', 'the reader fell too far behind a long answer');
      }
      const batch = this.#items.slice(cursor.next - this.#dropped);
      if (batch.length > 0) {
        cursor.next += batch.length;
        cursor.bytes = this.#bytes;
        this.#wakeProvider();
        return { done: false, value: batch };
      }
      if (this.#ended) {
        this.#leave(cursor);
        if (this.#error !== undefined) throw this.#error as Error;
        continue;
      }
      await this.#readersWait.promise;
    }
  }

  #leave(cursor: Cursor): void {
    cursor.state = 'left';
    this.#cursors.delete(cursor);
    this.#wakeReaders();
    this.#wakeProvider();
  }

  #lagOfFastest(): number {
    let fastest = 0;
    for (const cursor of this.#cursors) fastest = Math.max(fastest, cursor.bytes);
    return this.#bytes - fastest;
  }

  #dropWhatAllHaveRead(): void {
    const lagAllowed = this.#lagOfFastest() + this.#maxBytes;
    let next = this.#dropped + this.#items.length;
    for (const cursor of this.#cursors) {
      if (this.#bytes - cursor.bytes > lagAllowed) {
        cursor.state = 'cutOff';
        this.#cursors.delete(cursor);
      } else {
        next = Math.min(next, cursor.next);
      }
    }
    if (next > this.#dropped) {
      this.#items = this.#items.slice(next - this.#dropped);
      this.#dropped = next;
    }
  }

  #wakeReaders(): void {
    this.#readersWait.resolve();
    this.#readersWait = Promise.withResolvers();
  }

  #wakeProvider(): void {
    this.#providerWaits.resolve();
    this.#providerWaits = Promise.withResolvers();
  }
}
