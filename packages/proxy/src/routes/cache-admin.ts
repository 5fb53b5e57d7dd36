import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { parseJsonBody, type Cache } from '@cache/core';
import { InvalidRequest, httpErrorOf } from '../errors/http-error.ts';

export interface CacheAdminOptions {
  readonly cache: Cache | undefined;
  /** The configured `cache_params`, secrets masked. */
  readonly settings: Readonly<Record<string, unknown>>;
}

const DELETE_BODY = z.strictObject({ keys: z.array(z.string().min(1)) });

/** LiteLLM's `/cache/*` endpoints. Who may use them is decided before they are reached. */
export function cacheAdminRoutes(app: FastifyInstance, { cache, settings }: CacheAdminOptions): void {
  app.get('/cache/ping', async (_request, reply) => {
    if (cache === undefined) return reply.code(503).send(unhealthy('the cache is switched off (litellm_settings.cache)'));
    const { name } = cache.store;
    try {
      await cache.store.ping();
      return await reply.send({
        status: 'healthy',
        cache_type: name,
        ping_response: true,
        set_cache_response: 'success',
        litellm_cache_params: settings,
      });
    } catch (error) {
      return reply.code(503).send(unhealthy(`${name} does not answer: ${httpErrorOf(error).body.error.message}`));
    }
  });

  app.post('/cache/delete', async (request, reply) => {
    if (cache === undefined) return reply.code(503).send(unhealthy('the cache is switched off (litellm_settings.cache)'));
    await cache.delete(keysOf(request.body));
    return { status: 'success' };
  });

  app.post('/cache/flushall', async (_request, reply) => {
    if (cache === undefined) return reply.code(503).send(unhealthy('the cache is switched off (litellm_settings.cache)'));
    await cache.clear();
    return { status: 'success' };
  });
}

/** The body is JSON whatever its content type says: LiteLLM's documented curl sends it as a form. */
function keysOf(body: unknown): string[] {
  const parsed = DELETE_BODY.safeParse(Buffer.isBuffer(body) && body.length > 0 ? parseJsonBody(body) : {});
  if (parsed.success) return parsed.data.keys;
  throw new InvalidRequest(`/cache/delete expects {"keys": ["<cache key>", ...]}: ${z.prettifyError(parsed.error)}`, 'keys');
}

function unhealthy(message: string): { error: { message: string; type: string; param: string; code: string } } {
  return { error: { message, type: 'cache_ping_error', param: 'cache_ping', code: '503' } };
}
