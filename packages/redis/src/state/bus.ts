import type { OperationOptions } from '@cache/core';
import type { Cluster, Redis } from 'ioredis';
import type { RedisSharedStateOptions } from './redis-shared-state.ts';
import { PUBLISH_LUA } from './scripts.ts';
import { Subscription } from './subscription.ts';

/** Who hears the bus. */
export interface Subscriber {
  readonly onMessage: (message: string) => void;
  readonly onGap: () => void;
}

/**
 * Messages to all processes of one namespace. However many subscribe here, there is one connection that listens, from the first
 * subscriber to the last.
 */
export class Bus {
  readonly #options: RedisSharedStateOptions;
  readonly #subscribers = new Set<Subscriber>();
  #subscription: Subscription | undefined;
  #publisher: Redis | Cluster | undefined;

  constructor(options: RedisSharedStateOptions) {
    this.#options = options;
  }

  async publish(message: string, options?: OperationOptions): Promise<void> {
    const { operations, names } = this.#options;
    await operations.run('publish', options, async () => {
      await this.#publishingClient().eval(PUBLISH_LUA, 1, names.messageNumber, names.bus, message);
    });
  }

  /** See {@link SharedState.subscribe}, and the README of this package about gaps. */
  async subscribe({ onMessage, onGap }: Subscriber): Promise<() => Promise<void>> {
    const { operations } = this.#options;
    // One of its own: the same two functions may be given twice.
    const subscriber = { onMessage, onGap };
    return operations.run('subscribe', undefined, async () => {
      this.#subscribers.add(subscriber);
      this.#subscription ??= new Subscription(this.#options, {
        onMessage: (message) => this.#tell((each) => each.onMessage(message)),
        onGap: () => this.#tell((each) => each.onGap()),
      });
      try {
        await this.#subscription.standing();
      } catch (error) {
        this.#leave(subscriber);
        throw error;
      }
      return async () => this.#leave(subscriber);
    });
  }

  close(): void {
    this.#subscribers.clear();
    this.#end();
  }

  #leave(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
    if (this.#subscribers.size === 0) this.#end();
  }

  #end(): void {
    this.#subscription?.end();
    this.#subscription = undefined;
  }

  #tell(say: (subscriber: Subscriber) => unknown): void {
    for (const subscriber of [...this.#subscribers]) {
      // One may have ended another's subscription just now.
      if (this.#subscribers.has(subscriber)) tell(subscriber, say);
    }
  }

  /** Always the same while it lasts: on two connections the second message may arrive first. */
  #publishingClient(): Redis | Cluster {
    const client = this.#options.connection.commands();
    if (this.#publisher === undefined || this.#publisher.status === 'end') this.#publisher = client;
    return this.#publisher;
  }
}

/** What one subscriber throws is none of the others' business. */
function tell(subscriber: Subscriber, say: (subscriber: Subscriber) => unknown): void {
  try {
    const returned = say(subscriber);
    // An async function fits the type too; its rejection would end the process.
    if (returned instanceof Promise) returned.catch(() => undefined);
  } catch {
    // See above.
  }
}
