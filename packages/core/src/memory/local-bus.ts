/** Hears what is published. */
type Listener = (message: string) => void;

interface Subscription {
  readonly onMessage: Listener;
  ended: boolean;
}

/**
 * Tells every subscriber every message, in one order for all: one published by a subscriber while it hears another is
 * told when all have heard that other one.
 */
export class LocalBus {
  readonly #subscriptions = new Set<Subscription>();
  readonly #pending: (() => void)[] = [];
  #isDelivering = false;

  publish(message: string): void {
    // Whoever subscribes from here on has not missed it: it was sent before.
    const subscriptions = [...this.#subscriptions];
    this.#pending.push(() => deliver(message, subscriptions));
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) next();
    this.#isDelivering = false;
  }

  /** @returns a function that ends the subscription; calling it again does nothing. */
  subscribe(onMessage: Listener): () => void {
    const subscription: Subscription = { onMessage, ended: false };
    this.#subscriptions.add(subscription);
    return () => {
      subscription.ended = true;
      this.#subscriptions.delete(subscription);
    };
  }
}

function deliver(message: string, subscriptions: readonly Subscription[]): void {
  for (const { onMessage, ended } of subscriptions) {
    if (ended) continue;
    try {
      const returned: unknown = onMessage(message);
      // An async function fits the type too; its rejection would end the process.
      if (returned instanceof Promise) returned.catch(() => undefined);
    } catch {
      // What one subscriber throws is none of the others' business, nor of the sender's.
    }
  }
}
