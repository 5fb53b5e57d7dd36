import type { CacheConfig } from './types.ts';

/** How long an answer lives whose request does not say, and what says so. */
export interface Lifetime {
  /** Absent: until the backend's bounds drive it out. */
  readonly seconds?: number;
  /** `ttl`, the member of `cache_params`, or the default of the type. */
  readonly source: 'default_in_memory_ttl' | 'default_in_redis_ttl' | 'ttl' | 'default';
}

type LifetimeSettings = Pick<
  CacheConfig,
  'type' | 'cacheTtlSeconds' | 'defaultInMemoryTtlSeconds' | 'defaultInRedisTtlSeconds'
>;

/** LiteLLM's own defaults; other types keep what they have room for. */
const LOCAL_DEFAULT_SECONDS = 600;
const REDIS_DEFAULT_SECONDS = 60;
const MEMORY_COPY_DEFAULT_SECONDS = 60;
const REDIS_TYPES: ReadonlySet<string> = new Set(['redis', 'redis-semantic', 'valkey-semantic']);

/** The tier's own default, else `ttl`, else the type's (DESIGN section 4, Lifetime). */
export function lifetimeInForce(cache: LifetimeSettings): Lifetime {
  const isRedis = REDIS_TYPES.has(cache.type);
  if (cache.type === 'local' && cache.defaultInMemoryTtlSeconds !== undefined) {
    return { seconds: cache.defaultInMemoryTtlSeconds, source: 'default_in_memory_ttl' };
  }
  if (isRedis && cache.defaultInRedisTtlSeconds !== undefined) {
    return { seconds: cache.defaultInRedisTtlSeconds, source: 'default_in_redis_ttl' };
  }
  if (cache.cacheTtlSeconds !== undefined) return { seconds: cache.cacheTtlSeconds, source: 'ttl' };
  if (cache.type === 'local') return { seconds: LOCAL_DEFAULT_SECONDS, source: 'default' };
  return isRedis ? { seconds: REDIS_DEFAULT_SECONDS, source: 'default' } : { source: 'default' };
}

/** How long a copy in memory of what a shared backend holds may live, at most: the others must not be outlived for long. */
export function memoryCopySeconds(cache: Pick<CacheConfig, 'defaultInMemoryTtlSeconds'>): number {
  return cache.defaultInMemoryTtlSeconds ?? MEMORY_COPY_DEFAULT_SECONDS;
}
