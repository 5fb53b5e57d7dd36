import { randomUUID } from 'node:crypto';
import { systemClock } from '../contract/clock.ts';
import type { Clock } from '../contract/clock.ts';
import { CacheError } from '../contract/errors.ts';
import type { Increment, IncrementResult, SharedState } from '../contract/shared-state.ts';
import type { OperationOptions } from '../contract/store.ts';
import { checkOptionNames, checkPositiveInteger, wrongOption } from '../engine/check-option.ts';
import { ExpiringMap } from './expiring-map.ts';
import { LocalBus } from './local-bus.ts';

/** Options of {@link memorySharedState}. */
export interface MemorySharedStateOptions {
  /**
   * Bytes all counters, leases and values together may take: two per character of key and value, and 256 for each. Default
   * 16,777,216 (16 MiB); 0 is refused. Beyond it, what is not there yet is refused with `CACHE_BACKEND_FULL`: dropping a
   * counter would lift a limit.
   */
  readonly maxBytes?: number;
  /** Default: the machine's own clock. */
  readonly clock?: Clock;
}

const KNOWN_OPTIONS: readonly (keyof MemorySharedStateOptions)[] = ['maxBytes', 'clock'];

const NAME = 'memory';

/**
 * A {@link SharedState} within one process. What has expired is removed as others are written. Subscribers hear a message
 * before `publish` resolves, and never of a gap: nothing can be missed.
 *
 * @throws CacheError `CACHE_INVALID_OPTION` for a wrong or unknown option. Operations reject with that code for a number
 * that is not finite, with `CACHE_ABORTED` for an aborted signal, with `CACHE_BACKEND_FULL` where there is no room.
 */
export function memorySharedState(options: MemorySharedStateOptions = {}): SharedState {
  checkOptionNames('memorySharedState', options, KNOWN_OPTIONS);
  return new MemorySharedState(options);
}

class MemorySharedState implements SharedState {
  readonly #records: ExpiringMap<string | number>;
  readonly #bus = new LocalBus();

  constructor({ maxBytes = 16 * 1024 * 1024, clock = systemClock }: MemorySharedStateOptions) {
    this.#records = new ExpiringMap(checkPositiveInteger('memorySharedState', 'maxBytes', maxBytes), clock);
  }

  async increment(increments: readonly Increment[], options?: OperationOptions): Promise<IncrementResult> {
    begin('increment', options);
    for (const { by, limit = 0, expiresAt } of increments) {
      checkFinite('by', by);
      checkFinite('limit', limit);
      checkFinite('expiresAt', expiresAt);
    }
    const raised = new Map<string, number>();
    const ends = new Map<string, number>();
    const values: number[] = [];
    for (const { key, by, limit, expiresAt } of increments) {
      const record = counter(key);
      const value = (raised.get(record) ?? this.#count(record)) + by;
      const endsAt = this.#records.deleteAtOf(record) ?? ends.get(record) ?? expiresAt;
      if (limit !== undefined && value > limit) return { allowed: false, exceeded: key, expiresAt: endsAt };
      values.push(value);
      // By 0 is a look at it: the first that changes it says when it ends.
      if (by === 0) continue;
      raised.set(record, value);
      ends.set(record, endsAt);
    }
    this.#makeRoom('increment', raised);
    for (const [record, value] of raised) this.#records.set(record, value, ends.get(record));
    return { allowed: true, values };
  }

  async acquire(name: string, expiresAt: number, options?: OperationOptions): Promise<string | undefined> {
    begin('acquire', options);
    checkFinite('expiresAt', expiresAt);
    const record = lease(name);
    if (this.#records.get(record) !== undefined) return undefined;
    const token = randomUUID();
    this.#makeRoom('acquire', new Map([[record, token]]));
    this.#records.set(record, token, expiresAt);
    return token;
  }

  async release(name: string, token: string, options?: OperationOptions): Promise<void> {
    begin('release', options);
    const record = lease(name);
    if (this.#records.get(record) === token) this.#records.delete(record);
  }

  async getMany(keys: readonly string[], options?: OperationOptions): Promise<(string | undefined)[]> {
    begin('getMany', options);
    return keys.map((key) => {
      const found = this.#records.get(value(key));
      return typeof found === 'string' ? found : undefined;
    });
  }

  async setMany(
    items: readonly { readonly key: string; readonly value: string; readonly expiresAt?: number }[],
    options?: OperationOptions,
  ): Promise<void> {
    begin('setMany', options);
    for (const { expiresAt = 0 } of items) checkFinite('expiresAt', expiresAt);
    this.#makeRoom('setMany', new Map(items.map((item) => [value(item.key), item.value])));
    for (const item of items) this.#records.set(value(item.key), item.value, item.expiresAt);
  }

  async publish(message: string, options?: OperationOptions): Promise<void> {
    begin('publish', options);
    this.#bus.publish(message);
  }

  async subscribe(onMessage: (message: string) => void): Promise<() => Promise<void>> {
    const end = this.#bus.subscribe(onMessage);
    return async () => end();
  }

  #count(record: string): number {
    const found = this.#records.get(record);
    return typeof found === 'number' ? found : 0;
  }

  #makeRoom(operation: string, records: ReadonlyMap<string, string | number>): void {
    if (this.#records.hasRoom(records)) return;
    throw new CacheError('CACHE_BACKEND_FULL', `${NAME}: ${operation}: no room for more shared state`, {
      backend: NAME,
      operation,
    });
  }
}

/** Counters, leases and values of one name are three things. */
const counter = (key: string): string => `c${key}`;
const lease = (name: string): string => `l${name}`;
const value = (key: string): string => `v${key}`;

function begin(operation: string, { signal }: OperationOptions = {}): void {
  if (signal?.aborted !== true) return;
  throw new CacheError('CACHE_ABORTED', `${NAME}: ${operation} was told to stop`, {
    backend: NAME,
    operation,
    cause: signal.reason,
  });
}

function checkFinite(member: string, given: number): void {
  if (!Number.isFinite(given)) throw wrongOption('memorySharedState', member, 'a finite number', given);
}
