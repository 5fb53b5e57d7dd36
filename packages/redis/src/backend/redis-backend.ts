import { CacheError, systemClock } from '@cache/core';
import { openRedis } from '../connection/open-redis.ts';
import { NAME } from '../operations/coded-error.ts';
import type { RedisBackend, RedisBackendOptions } from './options.ts';
import { ConnectedRedis } from './over-connection.ts';

/** LiteLLM's `default_redis_ttl`. */
const DEFAULT_TTL_SECONDS = 60;

/**
 * A cache backend over Redis: one server, a Cluster, or a master watched by Sentinels. Nothing is connected before the first
 * operation.
 *
 * @example
 * const cache = new Cache({ store: redisBackend({ mode: 'standalone', host: 'localhost' }) });
 * @throws CacheError `CACHE_INVALID_OPTION` for a wrong option.
 */
export function redisBackend(options: RedisBackendOptions): RedisBackend {
  const { namespace = '', defaultTtlSeconds = DEFAULT_TTL_SECONDS, clock = systemClock, ...where } = options;
  if (!(defaultTtlSeconds > 0)) {
    const message = `redisBackend: defaultTtlSeconds must be a number above 0, got ${String(defaultTtlSeconds)}`;
    throw new CacheError('CACHE_INVALID_OPTION', message, { backend: NAME, param: 'defaultTtlSeconds' });
  }
  return new ConnectedRedis(openRedis(where, { clock }), { namespace, defaultTtlSeconds, clock });
}
