import type { EngineThread } from './engine-thread.ts';
import { failedAs } from './engine-thread.ts';

interface Pending {
  readonly key: Uint8Array;
  readonly operation: string;
  readonly resolve: (value: Uint8Array | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** Keys that are read in one go. More would keep the first waiting for the last. */
const BATCH_KEYS = 16;

/** Reads that come while the thread is reading are sent together: a message costs several times what finding a value does. */
export class ReadQueue {
  readonly #thread: EngineThread;
  readonly #now: () => number;
  #pending: Pending[] = [];
  #running: Promise<void> | undefined;

  constructor(thread: EngineThread, now: () => number) {
    this.#thread = thread;
    this.#now = now;
  }

  get(key: Uint8Array, operation: string): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ key, operation, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    // What is asked in the same turn of the event loop belongs together.
    await Promise.resolve();
    while (this.#pending.length > 0) await this.#read(this.#pending.splice(0, BATCH_KEYS));
    this.#running = undefined;
  }

  async #read(batch: readonly Pending[]): Promise<void> {
    try {
      const asked = { keys: batch.map(({ key }) => key), now: this.#now() };
      const values = await this.#thread.ask('get', asked, 'get');
      batch.forEach(({ resolve }, index) => resolve(values[index]));
    } catch (error) {
      for (const { operation, reject } of batch) reject(failedAs(error, operation));
    }
  }
}
