import { defineBackend } from '@cache/core';
import type { BackendDefinition } from '@cache/core';
import { readRedisSettings } from '@cache/core/redis-settings';
import { z } from 'zod';
import { redisBackend } from './backend/redis-backend.ts';

/** `cache_params` as they stand: what they mean depends on the environment too, so they are read when the backend is made. */
const anyMembers = z.record(z.string(), z.unknown(), 'expected an object with the address of a Redis');

/**
 * `type: redis`. Takes LiteLLM's and redis-py's names, and the variables `REDIS_*` of the context's environment.
 *
 * `create` throws CacheError `CACHE_INVALID_OPTION` that tells every wrong, unknown or missing member at once; what has no
 * effect is warned of.
 */
export const definition: BackendDefinition<Record<string, unknown>> = defineBackend({
  type: 'redis',
  options: anyMembers,
  create: (params, { clock, environment = {}, namespace, warn }) => {
    const { settings, warnings } = readRedisSettings(params, environment);
    for (const warning of warnings) warn(`redis: ${warning}`);
    return redisBackend({ ...settings, clock, ...(namespace === undefined ? {} : { namespace }) });
  },
});
