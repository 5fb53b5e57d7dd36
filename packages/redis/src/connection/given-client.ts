import { CacheError } from '@cache/core';
import { Redis } from 'ioredis';
import type { Cluster } from 'ioredis';
import { anyNodeConnector } from './noting-connectors.ts';
import type { RedisConnection } from './connection.ts';

/** A client somebody else made, configured and closes. Its queues and retries are as they were set. */
export class GivenClient implements RedisConnection {
  readonly mode: RedisConnection['mode'];
  readonly description: Readonly<Record<string, unknown>>;
  readonly #client: Redis | Cluster;
  readonly #subscribers = new Set<Redis>();
  #isClosed = false;

  constructor(client: Redis | Cluster) {
    this.#client = client;
    this.mode = modeOf(client);
    this.description = { mode: this.mode, ...placeOf(client) };
  }

  commands(): Redis | Cluster {
    if (this.#isClosed)
      throw new CacheError('CACHE_CLOSED', 'redis: the connection is closed', { backend: 'redis' });
    return this.#client;
  }

  async masters(): Promise<readonly Redis[]> {
    const client = this.commands();
    if (!isCluster(client)) return [client];
    // The nodes are known when the first command was answered.
    if (client.nodes('master').length === 0) await client.ping();
    return client.nodes('master');
  }

  subscriber(): Redis {
    const client = this.commands();
    const subscriber = isCluster(client)
      ? clusterSubscriber(client)
      : client.duplicate({ lazyConnect: true });
    // Without a listener ioredis writes to the console; whoever subscribes learns of it by `close`.
    subscriber.on('error', () => undefined);
    this.#subscribers.add(subscriber);
    subscriber.once('end', () => this.#subscribers.delete(subscriber));
    return subscriber;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const subscriber of this.#subscribers) subscriber.disconnect();
  }
}

function clusterSubscriber(client: Cluster): Redis {
  const { redisOptions = {} } = client.options;
  const nodesOf = () =>
    client.nodes('all').map(({ options: { host = 'localhost', port = 6379 } }) => ({ host, port }));
  return new Redis({
    ...redisOptions,
    Connector: anyNodeConnector(nodesOf, redisOptions.tls),
    lazyConnect: true,
    replyMapping: 'legacy',
  });
}

function modeOf(client: Redis | Cluster): RedisConnection['mode'] {
  if (isCluster(client)) return 'cluster';
  return client.options.sentinels ? 'sentinel' : 'standalone';
}

function placeOf(client: Redis | Cluster): Record<string, unknown> {
  if (isCluster(client)) return {};
  const { path, sentinels, name, host, port, db, tls } = client.options;
  if (path) return { unix_socket_path: path, db };
  if (sentinels) return { service_name: name, db };
  return { host, port, db, tls: tls !== undefined };
}

function isCluster(client: Redis | Cluster): client is Cluster {
  return client.isCluster;
}
