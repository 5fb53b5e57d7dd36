import { CacheError } from '@cache/core';
import type { GuardedCluster } from './guarded-cluster.ts';
import type { GuardedRedis } from './guarded-redis.ts';

/** A client of ours with as many commands waiting is not enough; see docs/decisions/0010. */
const BUSY_COMMANDS = 64;

/** Beyond these one more would wait for longer than anybody does, and memory is finite. */
const MAX_PENDING_COMMANDS = 10_000;
const MAX_PENDING_BYTES = 64 * 1024 * 1024;

/** Up to `maxConnections` clients for the same Redis, the second opened when one is not enough, and so on. */
export class ClientPool<Client extends GuardedRedis | GuardedCluster> {
  readonly #open: () => Client;
  readonly #maxConnections: number;
  readonly #clients: Client[] = [];

  constructor(open: () => Client, maxConnections: number) {
    this.#open = open;
    this.#maxConnections = maxConnections;
  }

  get clients(): readonly Client[] {
    return this.#clients;
  }

  /**
   * The client with the least to do.
   * @throws CacheError `CACHE_BACKEND_UNAVAILABLE` if that is too much already.
   */
  next(): Client {
    const client = leastBusy(this.#clients) ?? this.#add();
    const { count, bytes } = client.pending;
    if (count >= MAX_PENDING_COMMANDS || bytes >= MAX_PENDING_BYTES) {
      throw new CacheError(
        'CACHE_BACKEND_UNAVAILABLE',
        `redis: ${count} commands (${bytes} bytes) wait for the server already`,
        {
          backend: 'redis',
        },
      );
    }
    // The new one carries commands when it stands: making a connection takes longer than waiting for this one.
    if (count >= BUSY_COMMANDS && this.#clients.length < this.#maxConnections && this.#allStand()) {
      this.#add().open();
    }
    return client;
  }

  #add(): Client {
    const client = this.#open();
    this.#clients.push(client);
    return client;
  }

  #allStand(): boolean {
    return this.#clients.every(({ status }) => status === 'ready');
  }
}

/** Of those that stand, if any does: on another one a command waits for a connection first. */
function leastBusy<Client extends GuardedRedis | GuardedCluster>(
  clients: readonly Client[],
): Client | undefined {
  let best: Client | undefined;
  for (const client of clients) {
    if (best === undefined || rank(client) < rank(best)) best = client;
  }
  return best;
}

function rank({ status, pending }: GuardedRedis | GuardedCluster): number {
  return status === 'ready' ? pending.count : pending.count + MAX_PENDING_COMMANDS;
}
