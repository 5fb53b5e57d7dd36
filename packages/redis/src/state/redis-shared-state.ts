import { randomUUID } from 'node:crypto';
import type { Clock, Increment, IncrementResult, OperationOptions, SharedState } from '@cache/core';
import type { RedisConnection } from '../connection/connection.ts';
import { batches } from '../operations/batches.ts';
import { ownError } from '../operations/coded-error.ts';
import { lifetimeMilliseconds } from '../operations/lifetime.ts';
import type { Operations } from '../operations/operations.ts';
import { Bus } from './bus.ts';
import type { StateNames } from './names.ts';
import { runScript } from './run-script.ts';
import { acquireScript, getManyScript, incrementScript, releaseScript, setManyScript } from './scripts.ts';
import type { Script } from './scripts.ts';

/** How many values one script sets or gets: Redis does nothing else meanwhile. */
const VALUES_PER_SCRIPT = 500;

/** What {@link RedisSharedState} works with. */
export interface RedisSharedStateOptions {
  readonly connection: RedisConnection;
  readonly operations: Operations;
  readonly clock: Clock;
  readonly names: StateNames;
}

/**
 * {@link SharedState} in Redis. Every operation is one script, which the server runs as a whole; lifetimes are spans counted by
 * the server from when it has the command. Counters, leases and values of one name are three things.
 */
export class RedisSharedState implements SharedState {
  readonly #options: RedisSharedStateOptions;
  readonly #bus: Bus;

  constructor(options: RedisSharedStateOptions) {
    this.#options = options;
    this.#bus = new Bus(options);
  }

  async increment(increments: readonly Increment[], options?: OperationOptions): Promise<IncrementResult> {
    for (const { by, limit = 0, expiresAt } of increments) checkFinite('increment', by, limit, expiresAt);
    const { names, operations, clock } = this.#options;
    if (increments.length === 0)
      return operations.run('increment', options, async () => ({ allowed: true, values: [] }));
    const reply = await this.#run(
      'increment',
      options,
      incrementScript,
      increments.map(({ key }) => names.counter(key)),
      increments.flatMap(({ by, limit = '', expiresAt }) => [by, limit, this.#lifetime(expiresAt)]),
    );
    const [isAllowed, second, left] = reply as [1, string[]] | [0, number, number];
    if (isAllowed === 1) return { allowed: true, values: second.map(Number) };
    const exceeded = increments[second - 1];
    // Below zero: the counter does not exist yet, and would begin with what was asked.
    const expiresAt = left !== undefined && left >= 0 ? clock.now() + left : exceeded?.expiresAt;
    return { allowed: false, exceeded: exceeded?.key ?? '', expiresAt: expiresAt ?? 0 };
  }

  async acquire(name: string, expiresAt: number, options?: OperationOptions): Promise<string | undefined> {
    checkFinite('acquire', expiresAt);
    const { names, operations } = this.#options;
    const lifetime = this.#lifetime(expiresAt);
    const token = randomUUID();
    // Over before it begins: Redis takes no such lifetime, and nobody is kept from it.
    if (lifetime <= 0) return operations.run('acquire', options, async () => token);
    const reply = await this.#run('acquire', options, acquireScript, [names.lease(name)], [token, lifetime]);
    return reply === 1 ? token : undefined;
  }

  async release(name: string, token: string, options?: OperationOptions): Promise<void> {
    await this.#run('release', options, releaseScript, [this.#options.names.lease(name)], [token]);
  }

  async getMany(keys: readonly string[], options?: OperationOptions): Promise<(string | undefined)[]> {
    const { names, operations } = this.#options;
    if (keys.length === 0) return operations.run('getMany', options, async () => []);
    const values: (string | undefined)[] = [];
    for (const batch of batches(keys, VALUES_PER_SCRIPT)) {
      const reply = await this.#run('getMany', options, getManyScript, batch.map(names.value), []);
      values.push(...(reply as (string | null)[]).map((value) => value ?? undefined));
    }
    return values;
  }

  async setMany(
    items: readonly { readonly key: string; readonly value: string; readonly expiresAt?: number }[],
    options?: OperationOptions,
  ): Promise<void> {
    const { names, operations } = this.#options;
    for (const { expiresAt = 0 } of items) checkFinite('setMany', expiresAt);
    if (items.length === 0) return operations.run('setMany', options, async () => undefined);
    for (const batch of batches(items, VALUES_PER_SCRIPT)) {
      await this.#run(
        'setMany',
        options,
        setManyScript,
        batch.map(({ key }) => names.value(key)),
        batch.flatMap(({ value, expiresAt }) => [
          value,
          expiresAt === undefined ? '' : this.#lifetime(expiresAt),
        ]),
      );
    }
  }

  async publish(message: string, options?: OperationOptions): Promise<void> {
    await this.#bus.publish(message, options);
  }

  async subscribe(onMessage: (message: string) => void, onGap: () => void): Promise<() => Promise<void>> {
    return this.#bus.subscribe({ onMessage, onGap });
  }

  /** Ends all subscriptions. */
  close(): void {
    this.#bus.close();
  }

  #run(
    operation: string,
    options: OperationOptions | undefined,
    script: Script,
    keys: readonly string[],
    values: readonly (string | number)[],
  ): Promise<unknown> {
    const { connection, operations } = this.#options;
    return operations.run(operation, options, () => runScript(connection.commands(), script, keys, values));
  }

  #lifetime(expiresAt: number): number {
    return lifetimeMilliseconds(expiresAt, this.#options.clock.now());
  }
}

function checkFinite(operation: string, ...numbers: readonly number[]): void {
  if (numbers.every(Number.isFinite)) return;
  throw ownError('CACHE_INVALID_OPTION', operation, `takes finite numbers, got ${numbers.join(', ')}`);
}
