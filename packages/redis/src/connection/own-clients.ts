import { CacheError } from '@cache/core';
import type { Cluster, Redis } from 'ioredis';
import type { Credentials } from '../iam/credentials.ts';
import { ClientPool } from './client-pool.ts';
import type { RedisConnection } from './connection.ts';
import type { GuardedCluster } from './guarded-cluster.ts';
import { GuardedRedis } from './guarded-redis.ts';

/** How long `close` waits for the sockets to be gone. */
const CLOSE_MILLISECONDS = 1_500;

/** What {@link OwnClients} is made of. */
export interface OwnClientsOptions {
  readonly mode: RedisConnection['mode'];
  readonly description: Readonly<Record<string, unknown>>;
  readonly maxConnections: number;
  readonly credentials: Credentials | undefined;
  /** Makes a client that carries commands. */
  readonly openClient: () => GuardedRedis | GuardedCluster;
  /** Makes a client that listens, for a Redis of which `nodes` are known. */
  readonly openSubscriber: (client: () => GuardedRedis | GuardedCluster) => GuardedRedis;
}

/** Clients made here, by what the settings say. */
export class OwnClients implements RedisConnection {
  readonly mode: RedisConnection['mode'];
  readonly description: Readonly<Record<string, unknown>>;
  readonly #options: OwnClientsOptions;
  readonly #pool: ClientPool<GuardedRedis | GuardedCluster>;
  readonly #subscribers = new Set<GuardedRedis>();
  #closing: Promise<void> | undefined;

  constructor(options: OwnClientsOptions) {
    this.#options = options;
    this.mode = options.mode;
    this.description = options.description;
    this.#pool = new ClientPool(options.openClient, options.maxConnections);
    options.credentials?.onRenewal((password) => {
      for (const client of [...this.#pool.clients, ...this.#subscribers]) client.authenticateAgain(password);
    });
  }

  commands(): Redis | Cluster {
    return this.#next();
  }

  async masters(): Promise<readonly Redis[]> {
    const client = this.#next();
    if (client instanceof GuardedRedis) return [client];
    await client.ready();
    return client.nodes('master');
  }

  subscriber(): Redis {
    this.#refuseIfClosed();
    for (const each of this.#subscribers) if (each.isDisconnected) this.#subscribers.delete(each);
    const subscriber = this.#options.openSubscriber(() => this.#next());
    this.#subscribers.add(subscriber);
    return subscriber;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #next(): GuardedRedis | GuardedCluster {
    this.#refuseIfClosed();
    return this.#pool.next();
  }

  #refuseIfClosed(): void {
    if (this.#closing !== undefined) throw closedError();
  }

  async #close(): Promise<void> {
    this.#options.credentials?.close();
    const clients = [...this.#pool.clients, ...this.#subscribers];
    const gone = clients.map(ended);
    for (const client of clients) client.shut(closedError());
    await Promise.all(gone);
  }
}

function closedError(): CacheError {
  return new CacheError('CACHE_CLOSED', 'redis: the connection is closed', { backend: 'redis' });
}

/** A client without a socket has nothing to end, and says nothing when it did. */
function ended(client: GuardedRedis | GuardedCluster): Promise<void> {
  const hasSocket = ['connecting', 'connect', 'ready'].includes(client.status);
  if (!hasSocket) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, CLOSE_MILLISECONDS);
    client.once('end', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
