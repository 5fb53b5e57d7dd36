import type { Clock } from '@cache/core';
import type { Cluster, Redis } from 'ioredis';

/** What of a Redis is open, whatever its shape. Nothing connects before the first command. */
export interface RedisConnection {
  readonly mode: 'standalone' | 'cluster' | 'sentinel';
  /**
   * The client to send the next command with: of several connections the one with the least to do.
   * @throws CacheError `CACHE_CLOSED` after `close`; `CACHE_BACKEND_UNAVAILABLE` while too much waits for the server already.
   */
  commands(): Redis | Cluster;
  /**
   * One client per master, for SCAN, INFO, CLIENT LIST. Rejects with `CACHE_BACKEND_UNAVAILABLE` or `CACHE_BACKEND_TIMEOUT` if
   * the nodes of a Cluster cannot be learned.
   */
  masters(): Promise<readonly Redis[]>;
  /**
   * A connection of its own for SUBSCRIBE; whoever asked for it ends it with `disconnect()`. It reconnects for ever and
   * subscribes again by itself: between its events `close` and `ready` messages may have been missed.
   */
  subscriber(): Redis;
  /** Where it is, for `/cache/ping`: mode, host, port, db, tls, each a plain value. No secrets. */
  readonly description: Readonly<Record<string, unknown>>;
  /** Closes what was opened here, within two seconds whatever the server does. Idempotent. */
  close(): Promise<void>;
}

/** What a connection needs from around it. */
export interface ConnectionContext {
  readonly clock: Clock;
}
