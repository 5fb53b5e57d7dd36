import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { parseJsonBody, type Cache } from '@cache/core';
import { httpErrorOf, InvalidRequest, type ErrorBody } from '../errors/http-error.ts';
import { probe } from './probe.ts';

export interface CacheAdminOptions {
  /** Absent where caching is off. */
  readonly cache: Cache | undefined;
  /** `cache_params` as configured, secrets masked. */
  readonly settings: unknown;
}

const DELETE_BODY = z.strictObject({ keys: z.array(z.string().min(1)) });

const OFF = 'The cache is switched off: litellm_settings.cache is not true.';

/** LiteLLM's `/cache/*` endpoints. Who may use them is decided before they are reached. */
export function cacheAdminRoutes(app: FastifyInstance, { cache, settings }: CacheAdminOptions): void {
  app.get('/cache/ping', async (_request, reply) => {
    if (cache === undefined) return reply.code(503).send(unhealthy(OFF));
    try {
      return {
        status: 'healthy',
        cache_type: cache.store.name,
        ping_response: true,
        set_cache_response: await probe(cache),
        litellm_cache_params: settings,
      };
    } catch (error) {
      const { message } = httpErrorOf(error).body.error;
      return reply.code(503).send(unhealthy(`${cache.store.name}: ${message}`));
    }
  });

  app.post('/cache/delete', async ({ body }, reply) => {
    if (cache === undefined) return reply.code(503).send(unhealthy(OFF));
    await cache.delete(keysOf(body));
    return { status: 'success' };
  });

  app.post('/cache/flushall', async (_request, reply) => {
    if (cache === undefined) return reply.code(503).send(unhealthy(OFF));
    await cache.clear();
    return { status: 'success' };
  });
}

/** JSON whatever its content type says: LiteLLM's documented curl sends it as a form. */
function keysOf(body: unknown): string[] {
  const given = Buffer.isBuffer(body) && body.length > 0 ? parseJsonBody(body) : {};
  const { data, error } = DELETE_BODY.safeParse(given);
  if (data !== undefined) return data.keys;
  const problems = error.issues
    .map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`)
    .join('; ');
  throw new InvalidRequest(`/cache/delete takes {"keys": ["<cache key>", ...]}; ${problems}`, 'keys');
}

function unhealthy(message: string): ErrorBody {
  return { error: { message, type: 'cache_ping_error', param: 'cache_ping', code: '503' } };
}
