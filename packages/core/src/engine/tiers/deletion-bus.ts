import { randomUUID } from 'node:crypto';
import type { Clock } from '../../contract/clock.ts';
import { CacheError } from '../../contract/errors.ts';
import type { CacheObserver } from '../../contract/observer.ts';
import type { SharedState } from '../../contract/shared-state.ts';
import { notify, notifyFailure } from '../notify.ts';
import { readMessage, writeMessages, type Deletion } from './deletion-message.ts';

/** What tells the processes over one shared store of each other's deletions. */
export type InvalidationBus = Pick<SharedState, 'publish' | 'subscribe'>;

export interface DeletionBusOptions {
  readonly bus: InvalidationBus;
  /** Of the shared store, for events. */
  readonly backend: string;
  readonly clock: Clock;
  readonly observer: CacheObserver | undefined;
  /** Somebody else has removed this. */
  readonly onDeletion: (deletion: Deletion) => void;
  /** Somebody else may have removed anything. */
  readonly onGap: () => void;
}

/** As long as an operation of a store may take (`timeLimited`). */
const PUBLISH_MILLISECONDS = 500;

const FIRST_RETRY_MILLISECONDS = 250;
const LAST_RETRY_MILLISECONDS = 30_000;

/**
 * Deletions, told to the others and heard from them. A bus that cannot be reached keeps nobody from anything: subscribing
 * is tried again, later and later, and what cannot be published is a `backend_failure`.
 */
export class DeletionBus {
  readonly #options: DeletionBusOptions;
  /** Names this end, so that it knows its own messages. */
  readonly #id = randomUUID();
  #isDown = false;
  #isClosed = false;
  #cancelRetry: () => void = () => undefined;
  #unsubscribe: (() => Promise<void>) | undefined;

  constructor(options: DeletionBusOptions) {
    this.#options = options;
    void this.#subscribe(FIRST_RETRY_MILLISECONDS);
  }

  /** Tells the others, within a time limit. Never rejects. */
  async publish(deletion: Deletion): Promise<void> {
    const { backend, observer } = this.#options;
    try {
      for (const message of writeMessages(this.#id, deletion)) await this.#publish(message);
    } catch (error) {
      notifyFailure(observer, backend, 'publish', error);
    }
  }

  /** Nothing is heard from now on. Does not wait for the bus to know. */
  close(): void {
    this.#isClosed = true;
    this.#cancelRetry();
    this.#unsubscribe?.().catch(ignore);
  }

  async #subscribe(retryMilliseconds: number): Promise<void> {
    const { bus, clock, onGap } = this.#options;
    try {
      const unsubscribe = await bus.subscribe(
        (message) => this.#hear(message),
        () => this.#orNothing(onGap),
      );
      if (this.#isClosed) return void unsubscribe().catch(ignore);
      this.#unsubscribe = unsubscribe;
    } catch (error) {
      this.#changed('down', error);
      if (this.#isClosed || CacheError.is(error, 'CACHE_CLOSED')) return;
      const next = Math.min(retryMilliseconds * 2, LAST_RETRY_MILLISECONDS);
      this.#cancelRetry = clock.schedule(retryMilliseconds, () => void this.#subscribe(next));
      return;
    }
    this.#changed('up');
    // What was deleted before nobody here has heard of.
    this.#orNothing(onGap);
  }

  #hear(message: string): void {
    const { onDeletion, onGap } = this.#options;
    const heard = readMessage(message);
    if (heard === undefined) return;
    if (heard.type === 'unreadable') this.#orNothing(onGap);
    else if (heard.from !== this.#id) this.#orNothing(() => onDeletion(heard.deletion));
  }

  /** What is under way when the store is closed comes too late. */
  #orNothing(react: () => void): void {
    if (!this.#isClosed) react();
  }

  async #publish(message: string): Promise<void> {
    const { bus, clock, backend } = this.#options;
    const abort = new AbortController();
    const late = Promise.withResolvers<never>();
    const cancelTimer = clock.schedule(PUBLISH_MILLISECONDS, () => {
      const text = `${backend}: publish took longer than ${PUBLISH_MILLISECONDS} ms`;
      const error = new CacheError('CACHE_BACKEND_TIMEOUT', text, { backend, operation: 'publish' });
      late.reject(error);
      abort.abort(error);
    });
    try {
      await Promise.race([bus.publish(message, { signal: abort.signal }), late.promise]);
    } finally {
      cancelTimer();
    }
  }

  #changed(state: 'up' | 'down', error?: unknown): void {
    const isDown = state === 'down';
    if (this.#isClosed || this.#isDown === isDown) return;
    this.#isDown = isDown;
    const { backend, observer } = this.#options;
    notify(observer, { type: 'bus_state', backend, state, ...(isDown ? { error } : {}) });
  }
}

function ignore(): void {
  // A subscription that cannot be ended ends with its connection.
}
