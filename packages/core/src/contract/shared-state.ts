import type { OperationOptions } from './store.ts';

/** One counter to raise. All increments of one call happen, or none. */
export interface Increment {
  readonly key: string;
  readonly by: number;
  /** The whole call is refused if this counter would exceed the limit. */
  readonly limit?: number;
  /** Epoch milliseconds at which the counter starts again from 0. Fixed when the counter is created. */
  readonly expiresAt: number;
}

/** What {@link SharedState.increment} resolves to. */
export type IncrementResult =
  | { readonly allowed: true; readonly values: readonly number[] }
  | { readonly allowed: false; readonly exceeded: string; readonly expiresAt: number };

/**
 * What several proxies agree on: counters, cooldowns, leases, and a bus that tells the others what was deleted.
 * In memory for one process, in Redis for several.
 */
export interface SharedState {
  increment(increments: readonly Increment[], options?: OperationOptions): Promise<IncrementResult>;
  /** Takes the lease `name` until `expiresAt`, if nobody holds it. @returns a token to release it with. */
  acquire(name: string, expiresAt: number, options?: OperationOptions): Promise<string | undefined>;
  /** Gives the lease back. Does nothing if the token is no longer the holder's. */
  release(name: string, token: string, options?: OperationOptions): Promise<void>;
  getMany(keys: readonly string[], options?: OperationOptions): Promise<(string | undefined)[]>;
  setMany(
    items: readonly { readonly key: string; readonly value: string; readonly expiresAt?: number }[],
    options?: OperationOptions,
  ): Promise<void>;
  /** Tells every subscriber, this process included. At most once: a subscriber that was away learns of a gap instead. */
  publish(message: string, options?: OperationOptions): Promise<void>;
  /**
   * Resolves when every message from now on is heard; rejects where that cannot be had now.
   *
   * @param onMessage called for each message, in order.
   * @param onGap called when messages may have been missed; the subscriber must then distrust what it holds. Where a
   * subscription is lost: when it stands anew, not at the loss.
   * @returns a function that ends the subscription.
   */
  subscribe(onMessage: (message: string) => void, onGap: () => void): Promise<() => Promise<void>>;
}
