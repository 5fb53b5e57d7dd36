import type { MaybePromise } from '../../contract/store.ts';
import { isPending } from '../store-wrappers/wrapper.ts';

interface Removal {
  readonly matches: (key: string) => boolean;
  readonly over: Promise<void>;
}

/**
 * Lets what changes one key reach the shared tier in the order it was asked for, although a store may finish operations in
 * any order: a write waits for earlier writes and removals of its key, a removal for earlier writes of its keys.
 */
export class WriteOrder {
  /** The last write of each key. */
  readonly #writes = new Map<string, Promise<void>>();
  readonly #removals = new Set<Removal>();

  /** Whether what the shared tier has under `key` is being written or removed. */
  isChanging(key: string): boolean {
    if (this.#writes.has(key)) return true;
    for (const { matches } of this.#removals) if (matches(key)) return true;
    return false;
  }

  write(key: string, run: () => MaybePromise<void>): MaybePromise<void> {
    const before = [...this.#removals].filter(({ matches }) => matches(key)).map(({ over }) => over);
    const earlier = this.#writes.get(key);
    if (earlier !== undefined) before.push(earlier);
    const writing = after(before, run);
    if (!isPending(writing)) return;
    const over = settled(writing, () => {
      if (this.#writes.get(key) === over) this.#writes.delete(key);
    });
    this.#writes.set(key, over);
    return writing;
  }

  async remove<T>(matches: (key: string) => boolean, run: () => MaybePromise<T>): Promise<T> {
    const before: Promise<void>[] = [];
    for (const [key, over] of this.#writes) if (matches(key)) before.push(over);
    // From an async function, so that what `run` throws at once is a rejection too.
    const removing = (async () => after(before, run))();
    const over = settled(removing, () => this.#removals.delete(removal));
    const removal: Removal = { matches, over };
    this.#removals.add(removal);
    return removing;
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    while (this.#writes.size + this.#removals.size > 0) {
      await Promise.all([...this.#writes.values(), ...[...this.#removals].map(({ over }) => over)]);
    }
  }
}

/** Runs at once where there is nothing to wait for. */
function after<T>(before: readonly Promise<void>[], run: () => MaybePromise<T>): MaybePromise<T> {
  return before.length === 0 ? run() : Promise.all(before).then(run);
}

/** Never rejects: what went wrong is for whoever asked, not for whoever comes next. `then` runs before either knows. */
function settled(pending: Promise<unknown>, then: () => void): Promise<void> {
  return pending.then(then, then);
}
