import { BACKEND_CONTRACT } from '@cache/core';
import type {
  BackendCapabilities,
  BackendItem,
  BackendKey,
  BackendSetOptions,
  Clock,
  OperationOptions,
} from '@cache/core';
import type { RedisConnection } from '../connection/connection.ts';
import { batches } from '../operations/batches.ts';
import { checkItems, checkKeys, MAX_STRING_BYTES } from '../operations/checks.ts';
import { NAME } from '../operations/coded-error.ts';
import { everyKey } from '../operations/every-key.ts';
import { lifetimeMilliseconds } from '../operations/lifetime.ts';
import { Operations } from '../operations/operations.ts';
import { ownBytes } from '../operations/own-bytes.ts';
import { keyText } from '../operations/scan.ts';
import { askServers, versionOf } from '../operations/server-info.ts';
import type { RedisServerInfo } from '../operations/server-info.ts';
import { isStateKey, stateNames } from '../state/names.ts';
import { RedisSharedState } from '../state/redis-shared-state.ts';
import type { RedisBackend } from './options.ts';

/** How many keys one command names, and how many commands are sent before their answers are awaited. */
const BATCH = 500;

/** How many values are sent before their answers are awaited; the client holds all of them meanwhile. */
const VALUE_BATCH = 64;

/** How often a clear of a Cluster looks again: a slot that moves meanwhile may take keys to where it has been already. */
const CLUSTER_CLEARS = 3;

const CAPABILITIES: BackendCapabilities = Object.freeze({
  expiry: 'native',
  expiryResolutionMilliseconds: 1,
  maxValueBytes: MAX_STRING_BYTES,
  maxKeyBytes: MAX_STRING_BYTES,
  shared: true,
});

/** What {@link ConnectedRedis} needs besides its connection. */
export interface ConnectedRedisOptions {
  readonly clock: Clock;
  readonly namespace: string;
  readonly defaultTtlSeconds: number;
}

/** A {@link RedisBackend} over a connection, which ends with it. */
export class ConnectedRedis implements RedisBackend {
  readonly contract: typeof BACKEND_CONTRACT = BACKEND_CONTRACT;
  readonly name: string = NAME;
  readonly capabilities: BackendCapabilities = CAPABILITIES;
  readonly defaultTtlSeconds: number;
  readonly sharedState: RedisSharedState;
  readonly #connection: RedisConnection;
  readonly #operations = new Operations();
  readonly #clock: Clock;

  constructor(connection: RedisConnection, { clock, namespace, defaultTtlSeconds }: ConnectedRedisOptions) {
    this.#connection = connection;
    this.#clock = clock;
    this.defaultTtlSeconds = defaultTtlSeconds;
    const operations = this.#operations;
    this.sharedState = new RedisSharedState({ connection, operations, clock, names: stateNames(namespace) });
  }

  async get(key: string, options?: OperationOptions): Promise<Uint8Array | undefined> {
    return this.#operations.run('get', options, async () => {
      checkKeys('get', [key]);
      return bytesOf(await this.#connection.commands().getBuffer(key));
    });
  }

  async getMany(keys: readonly string[], options?: OperationOptions): Promise<(Uint8Array | undefined)[]> {
    return this.#operations.run('getMany', options, async () => {
      checkKeys('getMany', keys);
      const values: (Uint8Array | undefined)[] = [];
      for (const batch of batches(keys, BATCH)) {
        options?.signal?.throwIfAborted();
        values.push(...(await this.#getBatch(batch)).map(bytesOf));
      }
      return values;
    });
  }

  async set(key: string, bytes: Uint8Array, options: BackendSetOptions = {}): Promise<void> {
    const { deleteAt } = options;
    const item = { key, bytes, ...(deleteAt === undefined ? {} : { deleteAt }) };
    await this.#operations.run('set', options, async () => {
      checkKeys('set', [key]);
      checkItems('set', [item]);
      await this.#setOne(item);
    });
  }

  async setMany(items: readonly BackendItem[], options?: OperationOptions): Promise<void> {
    await this.#operations.run('setMany', options, async () => {
      checkKeys(
        'setMany',
        items.map(({ key }) => key),
      );
      checkItems('setMany', items);
      for (const batch of batches(items, VALUE_BATCH)) {
        options?.signal?.throwIfAborted();
        await Promise.all(batch.map((item) => this.#setOne(item)));
      }
    });
  }

  async delete(keys: readonly string[], options?: OperationOptions): Promise<number> {
    return this.#operations.run('delete', options, async () => {
      checkKeys('delete', keys);
      let deleted = 0;
      for (const batch of batches(keys, BATCH)) {
        options?.signal?.throwIfAborted();
        deleted += await this.#unlink(batch);
      }
      return deleted;
    });
  }

  /** Without `deleteAt`: it would cost a command for each key. */
  async *list(prefix: string, options?: OperationOptions): AsyncGenerator<BackendKey, void, undefined> {
    const pages = everyKey(this.#connection, prefix);
    const seen = new Set<string>();
    for (;;) {
      const page = await this.#operations.run('list', options, () => pages.next());
      if (page.done) return;
      for (const name of page.value) {
        const key = keyText(name);
        if (key === undefined || isStateKey(key) || seen.has(key)) continue;
        seen.add(key);
        yield { key };
      }
    }
  }

  async clear(prefix: string, options?: OperationOptions): Promise<number> {
    let cleared = 0;
    const clears = this.#connection.mode === 'cluster' ? CLUSTER_CLEARS : 1;
    for (let time = 0; time < clears; time += 1) {
      const removed = await this.#clearOnce(prefix, options);
      if (removed === 0) break;
      cleared += removed;
    }
    return cleared;
  }

  async ping(options?: OperationOptions): Promise<void> {
    await this.#operations.run('ping', options, async () => {
      const masters = await this.#connection.masters();
      await Promise.all(masters.map((master) => master.ping()));
    });
  }

  async describe(options?: OperationOptions): Promise<Readonly<Record<string, unknown>>> {
    return this.#operations.run('describe', options, async () => {
      const masters = await this.#connection.masters();
      await Promise.all(masters.map((master) => master.ping()));
      const version = await versionOf(masters);
      return {
        ...this.#connection.description,
        ...(version === undefined ? {} : { redis_version: version }),
      };
    });
  }

  async serverInfo(options?: OperationOptions): Promise<RedisServerInfo> {
    return this.#operations.run('serverInfo', options, async () => {
      const isCluster = this.#connection.mode === 'cluster';
      return askServers(await this.#connection.masters(), isCluster);
    });
  }

  async close(): Promise<void> {
    this.#operations.close();
    this.sharedState.close();
    await this.#connection.close();
  }

  /** Key by key in a Cluster: MGET of several keys fails while their slot moves (TRYAGAIN), GET is redirected. */
  async #getBatch(keys: readonly string[]): Promise<(Buffer | null)[]> {
    const client = this.#connection.commands();
    if (!client.isCluster) return client.mgetBuffer(...keys);
    return Promise.all(keys.map((key) => client.getBuffer(key)));
  }

  async #setOne({ key, bytes, deleteAt = Infinity }: BackendItem): Promise<void> {
    const client = this.#connection.commands();
    // The client sends the bytes later than it returns, and the caller may change his meanwhile.
    const value = Buffer.from(bytes);
    if (deleteAt === Infinity) await client.set(key, value);
    else {
      const lifetime = lifetimeMilliseconds(deleteAt, this.#clock.now());
      if (lifetime > 0) await client.set(key, value, 'PX', lifetime);
      else await client.unlink(key);
    }
  }

  /** Key by key in a Cluster, for the same reason as {@link ConnectedRedis.#getBatch}. */
  async #unlink(keys: readonly (string | Buffer)[]): Promise<number> {
    const client = this.#connection.commands();
    if (!client.isCluster) return client.unlink(...keys);
    const counts = await Promise.all(keys.map((key) => client.unlink(key)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async #clearOnce(prefix: string, options: OperationOptions | undefined): Promise<number> {
    const pages = everyKey(this.#connection, prefix);
    let removed = 0;
    for (;;) {
      const page = await this.#operations.run('clear', options, () => pages.next());
      if (page.done) return removed;
      const names = page.value.filter((name) => !isStateKey(name.toString()));
      if (names.length > 0)
        removed += await this.#operations.run('clear', options, () => this.#unlink(names));
    }
  }
}

function bytesOf(reply: Buffer | null): Uint8Array | undefined {
  return reply === null ? undefined : ownBytes(reply);
}
