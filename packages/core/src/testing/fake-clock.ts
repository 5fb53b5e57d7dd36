import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../contract/clock.ts';

interface Timer {
  readonly dueAt: number;
  readonly callback: () => void;
}

/**
 * A clock that moves only when told to, so that a test of an hour takes no time.
 *
 * @example
 * const clock = new FakeClock();
 * const store = memoryStore({ clock });
 * await clock.advance(3_600_000);
 */
export class FakeClock implements Clock {
  #now: number;
  readonly #timers = new Set<Timer>();

  /** @param startMilliseconds What `now()` says at first. Default: 2026-01-01T00:00:00Z. */
  constructor(startMilliseconds: number = Date.UTC(2026, 0, 1)) {
    this.#now = startMilliseconds;
  }

  now(): number {
    return this.#now;
  }

  /** How many timers are waiting. */
  get pending(): number {
    return this.#timers.size;
  }

  schedule(delayMilliseconds: number, callback: () => void): () => void {
    const timer: Timer = { dueAt: this.#now + Math.max(0, delayMilliseconds), callback };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /**
   * Moves on by `milliseconds`, firing what falls due on the way, in order of time and then of scheduling, each at its
   * own moment. Timers set on the way fire too if they fall due. Before the first, between any two and after the last,
   * promise chains run until they wait for something else: another timer, a socket, a thread.
   *
   * @throws RangeError for a negative or non-finite number; whatever a callback throws.
   */
  async advance(milliseconds: number): Promise<void> {
    if (!Number.isFinite(milliseconds) || milliseconds < 0) {
      throw new RangeError(`FakeClock.advance: milliseconds must be a number from 0, got ${milliseconds}`);
    }
    const until = this.#now + milliseconds;
    await nextTurn();
    for (let timer = this.#firstDue(until); timer !== undefined; timer = this.#firstDue(until)) {
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.dueAt);
      timer.callback();
      await nextTurn();
    }
    // Two calls of `advance` may overlap: time never goes back.
    this.#now = Math.max(this.#now, until);
    await nextTurn();
  }

  #firstDue(until: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAt <= until && (first === undefined || timer.dueAt < first.dueAt)) first = timer;
    }
    return first;
  }
}
