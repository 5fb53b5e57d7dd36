import { CacheError } from '../contract/errors.ts';

/** Bounds of {@link OperationSlots}. */
export interface OperationBounds {
  /** For messages. */
  readonly backend: string;
  readonly maxConcurrent: number;
  readonly maxWaiting: number;
}

/** Lets an operation that waits for a slot begin. */
type Begin = () => void;

/**
 * Bounds how many operations a backend has in hand; the others wait their turn in order. Nobody waits for what cannot
 * come: a waiting operation leaves when its signal is aborted, and one that would wait behind too many is refused at once.
 *
 * An operation whose signal is aborted gives its slot up there and then, whether or not the backend heeds the signal:
 * otherwise a few lost connections would close the backend for good.
 */
export class OperationSlots {
  readonly #bounds: OperationBounds;
  /** A set, so that the one that leaves out of turn is not searched for. */
  readonly #waiting = new Set<Begin>();
  #running = 0;

  constructor(bounds: OperationBounds) {
    this.#bounds = bounds;
  }

  /**
   * Runs `operation` when there is a slot.
   * @throws CacheError `CACHE_ABORTED` if the signal is aborted first, `CACHE_BACKEND_TIMEOUT` if too many wait already;
   * else whatever `operation` throws.
   */
  async run<T>(name: string, signal: AbortSignal | undefined, operation: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#bounds.maxConcurrent) await this.#turn(name, signal);
    else this.#running += 1;
    const release = this.#releaseOnce();
    signal?.addEventListener('abort', release, { once: true });
    try {
      if (signal?.aborted) throw this.#aborted(name, signal);
      return await operation();
    } finally {
      signal?.removeEventListener('abort', release);
      release();
    }
  }

  #turn(name: string, signal: AbortSignal | undefined): Promise<void> {
    const { backend, maxWaiting } = this.#bounds;
    if (this.#waiting.size >= maxWaiting) {
      const message = `${backend}: ${name} would wait behind ${maxWaiting} other operations`;
      throw new CacheError('CACHE_BACKEND_TIMEOUT', message, { backend, operation: name });
    }
    return new Promise<void>((resolve, reject) => {
      const begin: Begin = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.delete(begin);
        reject(this.#aborted(name, signal));
      };
      this.#waiting.add(begin);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  /** The slot passes straight to who has waited longest, so that no newcomer slips in between. */
  #releaseOnce(): () => void {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const [next] = this.#waiting;
      if (next === undefined) {
        this.#running -= 1;
        return;
      }
      this.#waiting.delete(next);
      next();
    };
  }

  #aborted(operation: string, signal: AbortSignal | undefined): CacheError {
    const { backend } = this.#bounds;
    const message = `${backend}: ${operation} was given up while it waited for others`;
    return new CacheError('CACHE_ABORTED', message, { backend, operation, cause: signal?.reason });
  }
}
