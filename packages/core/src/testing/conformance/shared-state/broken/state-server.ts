import { CacheError } from '../../../../contract/errors.ts';
import type { Increment, IncrementResult, SharedState } from '../../../../contract/shared-state.ts';
import type { OperationOptions } from '../../../../contract/store.ts';
import { FakeClock } from '../../../fake-clock.ts';

interface Timed<Value> {
  value: Value;
  readonly expiresAt: number;
}

interface Subscriber {
  readonly onMessage: (message: string) => void;
  readonly onGap: () => void;
}

/** Something that can expire, by name. */
export class TimedMap<Value> {
  readonly #clock: FakeClock;
  readonly #entries = new Map<string, Timed<Value>>();

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  get(name: string): Timed<Value> | undefined {
    const entry = this.#entries.get(name);
    return entry !== undefined && entry.expiresAt > this.#clock.now() ? entry : undefined;
  }

  set(name: string, value: Value, expiresAt: number = Infinity): void {
    this.#entries.set(name, { value, expiresAt });
  }

  delete(name: string): void {
    this.#entries.delete(name);
  }
}

/** What the clients of one shared state have in common: correct, simple, and open for the broken ones. */
export class StateServer {
  readonly clock: FakeClock = new FakeClock();
  readonly counters: TimedMap<number> = new TimedMap(this.clock);
  readonly leases: TimedMap<string> = new TimedMap(this.clock);
  readonly values: TimedMap<string> = new TimedMap(this.clock);
  readonly clients: Set<Client> = new Set();
  tokens = 0;

  connect(): Client {
    const client = new Client(this);
    this.clients.add(client);
    return client;
  }
}

/** A correct client of {@link StateServer}. */
export class Client implements SharedState {
  readonly #server: StateServer;
  readonly #subscribers = new Set<Subscriber>();
  #isConnected = true;
  #isClosed = false;

  constructor(server: StateServer) {
    this.#server = server;
  }

  async increment(increments: readonly Increment[], options?: OperationOptions): Promise<IncrementResult> {
    this.#begin(options);
    for (const { by, limit = 0, expiresAt } of increments) checkFinite(by, limit, expiresAt);
    const { counters } = this.#server;
    const raised = new Map<string, number>();
    const values: number[] = [];
    for (const { key, by, limit = Infinity, expiresAt } of increments) {
      const counter = counters.get(key);
      const value = (raised.get(key) ?? counter?.value ?? 0) + by;
      if (value > limit) return { allowed: false, exceeded: key, expiresAt: counter?.expiresAt ?? expiresAt };
      raised.set(key, value);
      values.push(value);
    }
    for (const { key, by, expiresAt } of increments) {
      const counter = counters.get(key);
      if (counter !== undefined) counter.value += by;
      else if (by !== 0) counters.set(key, by, expiresAt);
    }
    return { allowed: true, values };
  }

  async acquire(name: string, expiresAt: number, options?: OperationOptions): Promise<string | undefined> {
    this.#begin(options);
    checkFinite(expiresAt);
    if (this.#server.leases.get(name) !== undefined) return undefined;
    const token = `token ${(this.#server.tokens += 1)}`;
    this.#server.leases.set(name, token, expiresAt);
    return token;
  }

  async release(name: string, token: string, options?: OperationOptions): Promise<void> {
    this.#begin(options);
    if (this.#server.leases.get(name)?.value === token) this.#server.leases.delete(name);
  }

  async getMany(keys: readonly string[], options?: OperationOptions): Promise<(string | undefined)[]> {
    this.#begin(options);
    return keys.map((key) => this.#server.values.get(key)?.value);
  }

  async setMany(
    items: readonly { readonly key: string; readonly value: string; readonly expiresAt?: number }[],
    options?: OperationOptions,
  ): Promise<void> {
    this.#begin(options);
    for (const { expiresAt = 0 } of items) checkFinite(expiresAt);
    for (const { key, value, expiresAt } of items) this.#server.values.set(key, value, expiresAt);
  }

  async publish(message: string, options?: OperationOptions): Promise<void> {
    this.#begin(options);
    for (const client of this.#server.clients) client.#hear(message);
  }

  async subscribe(onMessage: (message: string) => void, onGap: () => void): Promise<() => Promise<void>> {
    this.#begin();
    const subscriber = { onMessage, onGap };
    this.#subscribers.add(subscriber);
    return async () => void this.#subscribers.delete(subscriber);
  }

  /** Loses the connection of the subscriptions. */
  disconnect(): void {
    this.#isConnected = false;
    for (const { onGap } of this.#subscribers) onGap();
  }

  /** Has it again. */
  reconnect(): void {
    this.#isConnected = true;
    for (const { onGap } of this.#subscribers) onGap();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#subscribers.clear();
  }

  #hear(message: string): void {
    if (!this.#isConnected) return;
    for (const { onMessage } of [...this.#subscribers]) {
      try {
        onMessage(message);
      } catch {
        // Its own affair.
      }
    }
  }

  #begin({ signal }: OperationOptions = {}): void {
    if (this.#isClosed) throw new CacheError('CACHE_CLOSED', 'is closed');
    if (signal?.aborted) throw new CacheError('CACHE_ABORTED', 'was told to stop');
  }
}

function checkFinite(...numbers: readonly number[]): void {
  if (!numbers.every(Number.isFinite)) throw new CacheError('CACHE_INVALID_OPTION', 'takes finite numbers');
}
