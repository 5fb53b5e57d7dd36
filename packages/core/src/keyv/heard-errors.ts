import { AsyncLocalStorage } from 'node:async_hooks';

/** What became of an operation, and the first error that was emitted on its way. */
export interface Heard<T> {
  readonly value: T;
  readonly error: Error | undefined;
}

interface Operation {
  error: Error | undefined;
  isOver: boolean;
}

type Listener = (error: unknown) => void;

interface Emitter {
  on(event: 'error', listener: Listener): unknown;
  off?(event: 'error', listener: Listener): unknown;
}

/**
 * Which operation an `error` event belongs to. Keyv and its adapters answer a failed read like a missing key, a failed write
 * like a good one, and emit the error. The event comes out of the operation that failed, which its asynchronous context
 * tells, however many are under way.
 */
export class HeardErrors {
  readonly #operations = new AsyncLocalStorage<Operation>();
  readonly #emitters: readonly Emitter[];
  readonly #listener: Listener = (error) => {
    const operation = this.#operations.getStore();
    // A connection keeps the context of whoever opened it, and its errors come long after.
    if (operation === undefined || operation.isOver) return;
    // Keyv emits bare texts too.
    operation.error ??= error instanceof Error ? error : new Error(String(error));
  };

  /** Listens to those of `candidates` that emit anything. */
  constructor(candidates: readonly unknown[]) {
    this.#emitters = candidates.filter(isEmitter);
    for (const emitter of this.#emitters) emitter.on('error', this.#listener);
  }

  /** Rejects with the emitted error rather than with what `run` rejects with: that one is nearer to the cause. */
  async during<T>(run: () => Promise<T>): Promise<Heard<T>> {
    const operation: Operation = { error: undefined, isOver: false };
    try {
      const value = await this.#operations.run(operation, run);
      return { value, error: operation.error };
    } catch (error) {
      throw operation.error ?? error;
    } finally {
      operation.isOver = true;
    }
  }

  stop(): void {
    for (const emitter of this.#emitters) emitter.off?.('error', this.#listener);
  }
}

function isEmitter(candidate: unknown): candidate is Emitter {
  return typeof (candidate as Partial<Emitter> | undefined)?.on === 'function';
}
