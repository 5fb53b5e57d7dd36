import type { CacheBackend, Clock, OperationOptions } from '@cache/core';
import type { RedisSettings } from '@cache/core/redis-settings';
import type { Cluster, Redis } from 'ioredis';
import type { RedisServerInfo } from '../operations/server-info.ts';

/** What {@link redisBackend} takes besides where the Redis is. */
export interface RedisBackendExtras {
  /**
   * First part of the names of what several processes share on the server: counters, leases, the channels of the bus. Give the
   * cache's own, so that access rules for the namespace suffice. Default: none.
   */
  readonly namespace?: string;
  /** Seconds an answer lives for which nothing else gives a lifetime. Default 60, LiteLLM's. 0 is refused. */
  readonly defaultTtlSeconds?: number;
  /** Default: the machine's own clock. */
  readonly clock?: Clock;
}

/** A client that is there already. It stays open. */
export interface RedisClientSettings {
  readonly client: Redis | Cluster;
}

/** Options of {@link redisBackend}: where the Redis is, or a client for it. */
export type RedisBackendOptions = RedisBackendExtras & (RedisSettings | RedisClientSettings);

/** A {@link CacheBackend} with everything that is optional there, and a word about the server. */
export interface RedisBackend extends Required<CacheBackend> {
  /** What the servers say of themselves and of their clients. Rejects like `ping`. */
  serverInfo(options?: OperationOptions): Promise<RedisServerInfo>;
}
