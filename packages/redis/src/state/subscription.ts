import { codedError } from '../operations/coded-error.ts';
import type { Subscriber } from './bus.ts';
import { Listener } from './listener.ts';
import type { RedisSharedStateOptions } from './redis-shared-state.ts';

const FIRST_RETRY_MILLISECONDS = 50;
const LAST_RETRY_MILLISECONDS = 2_000;

/**
 * Listens to the bus for ever, over one {@link Listener} after the other.
 *
 * `onGap` is called when one stands again after another was lost, and whenever messages are found missing. Not at the loss:
 * what a subscriber holds is worth most while the server is away, and who cannot reach it deletes nothing either.
 */
export class Subscription {
  readonly #options: RedisSharedStateOptions;
  readonly #subscriber: Subscriber;
  readonly #waiting: PromiseWithResolvers<void>[] = [];
  #listener: Listener | undefined;
  #stands = false;
  #wasInterrupted = false;
  #retryMilliseconds = FIRST_RETRY_MILLISECONDS;
  #cancelRetry: () => void = () => undefined;

  constructor(options: RedisSharedStateOptions, subscriber: Subscriber) {
    this.#options = options;
    this.#subscriber = subscriber;
    this.#open();
  }

  /** Resolves when the subscription stands. @throws CacheError if the attempt under way fails; others follow. */
  async standing(): Promise<void> {
    if (this.#stands) return;
    const outcome = Promise.withResolvers<void>();
    this.#waiting.push(outcome);
    await outcome.promise;
  }

  end(): void {
    this.#cancelRetry();
    this.#listener?.end();
  }

  #open(): void {
    try {
      this.#listener = new Listener(this.#options, {
        onStanding: () => this.#stand(),
        onMessage: (message) => this.#hear(message),
        onMissing: this.#subscriber.onGap,
        onLost: (error) => this.#lose(error),
      });
    } catch (error) {
      this.#lose(error);
    }
  }

  /** What comes before it is known that everything comes may have missing ones before it. */
  #hear(message: string): void {
    if (this.#wasInterrupted) this.#subscriber.onGap();
    this.#subscriber.onMessage(message);
  }

  #stand(): void {
    this.#stands = true;
    this.#retryMilliseconds = FIRST_RETRY_MILLISECONDS;
    if (this.#wasInterrupted) this.#subscriber.onGap();
    this.#wasInterrupted = false;
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  #lose(reason: unknown): void {
    this.#stands = false;
    this.#wasInterrupted = true;
    this.#cancelRetry = this.#options.clock.schedule(this.#retryMilliseconds, () => this.#open());
    this.#retryMilliseconds = Math.min(2 * this.#retryMilliseconds, LAST_RETRY_MILLISECONDS);
    const error = codedError('subscribe', reason);
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
