import type { Clock } from '@cache/core';
import type { WriteQueue } from './write-queue.ts';

const INTERVAL_MILLISECONDS = 60_000;

/**
 * Once a minute: expired values are removed, room beyond the bound and free room is given back, and what was written is
 * brought to the disk for good. In bounded steps that take their turn among the writes. A failure is nobody's: whoever
 * writes next meets it as well.
 */
export class Housekeeping {
  readonly #writes: WriteQueue;
  readonly #clock: Clock;
  #cancel: (() => void) | undefined;
  #isStopped = false;

  constructor(writes: WriteQueue, clock: Clock) {
    this.#writes = writes;
    this.#clock = clock;
  }

  /** Begins with the first operation. */
  start(): void {
    if (this.#isStopped) return;
    this.#cancel ??= this.#clock.schedule(INTERVAL_MILLISECONDS, () => void this.#tidy());
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  async #tidy(): Promise<void> {
    try {
      let hasMore = true;
      while (hasMore && !this.#isStopped) {
        hasMore = (await this.#writes.push({ kind: 'tidy' }, 'tidy')).next !== undefined;
      }
    } catch {
      // See above.
    }
    this.#cancel = undefined;
    this.start();
  }
}
