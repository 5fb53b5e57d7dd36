import type { CacheError } from '@cache/core';
import type { EngineThread } from './engine-thread.ts';
import { failed, failedAs } from './engine-thread.ts';
import type { Change, Outcome, Step } from './protocol.ts';

interface Pending {
  readonly change: Change;
  readonly operation: string;
  readonly bytes: number;
  readonly resolve: (step: Step) => void;
  readonly reject: (error: CacheError) => void;
}

/** Changes that share a transaction at most. */
const BATCH_CHANGES = 64;

/**
 * Writes wait here, not in the thread: one batch is in its hands at a time, and all that came meanwhile makes the next one. So a hundred
 * small writes cost one transaction, a locked file costs one wait for all of them, and who gives up before its turn costs nothing.
 */
export class WriteQueue {
  readonly #thread: EngineThread;
  readonly #now: () => number;
  readonly #batchBytes: number;
  readonly #pending = new Set<Pending>();
  #running: Promise<void> | undefined;

  /** @param batchBytes values of one transaction together; a larger one is alone in its own. */
  constructor(thread: EngineThread, now: () => number, batchBytes: number) {
    this.#thread = thread;
    this.#now = now;
    this.#batchBytes = batchBytes;
  }

  /** Makes a change in its turn. Aborted while it waits, it is not made at all. */
  push(change: Change, operation: string, signal?: AbortSignal): Promise<Step> {
    return new Promise((resolve, reject) => {
      const forget = (): void => void this.#pending.delete(pending);
      const settle = (how: () => void): void => {
        signal?.removeEventListener('abort', forget);
        how();
      };
      const pending: Pending = {
        change,
        operation,
        bytes: bytesOf(change),
        resolve: (step) => settle(() => resolve(step)),
        reject: (error) => settle(() => reject(error)),
      };
      this.#pending.add(pending);
      signal?.addEventListener('abort', forget, { once: true });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    // What is pushed in the same turn of the event loop belongs together.
    await Promise.resolve();
    while (this.#pending.size > 0) await this.#write(this.#takeBatch());
    this.#running = undefined;
  }

  #takeBatch(): Pending[] {
    const batch: Pending[] = [];
    let bytes = 0;
    for (const pending of this.#pending) {
      const isFull = batch.length >= BATCH_CHANGES || bytes + pending.bytes > this.#batchBytes;
      if (isFull && batch.length > 0) break;
      batch.push(pending);
      bytes += pending.bytes;
      this.#pending.delete(pending);
    }
    return batch;
  }

  async #write(batch: readonly Pending[]): Promise<void> {
    const changes = batch.map(({ change }) => change);
    try {
      const asked = { changes, now: this.#now() };
      const outcomes = await this.#thread.ask('write', asked, 'write', changes.flatMap(buffersOf));
      batch.forEach((pending, index) => settle(pending, outcomes[index]));
    } catch (error) {
      for (const { operation, reject } of batch) reject(failedAs(error, operation));
    }
  }
}

function settle({ operation, resolve, reject }: Pending, outcome: Outcome | undefined): void {
  if (outcome === undefined) reject(failedAs(new Error('no answer to this change'), operation));
  else if ('failure' in outcome) reject(failed(outcome.failure, operation));
  else resolve(outcome.step);
}

function bytesOf(change: Change): number {
  return change.kind === 'set' ? change.items.reduce((sum, { bytes }) => sum + bytes.byteLength, 0) : 0;
}

/** The bytes of values are copies made for this, so they are handed over. */
function buffersOf(change: Change): ArrayBuffer[] {
  if (change.kind !== 'set') return [];
  return change.items.flatMap(({ bytes }) => (bytes.byteLength > 0 ? [bytes.buffer as ArrayBuffer] : []));
}
