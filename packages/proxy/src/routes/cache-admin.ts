import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { parseJsonBody, type Cache } from '@cache/core';
import { InvalidRequest, type ErrorBody } from '../errors/http-error.ts';
import type { OpenedStore } from '../store/opened-store.ts';
import { cachePing } from './cache-ping.ts';
import { troubleOf } from './trouble.ts';

export interface CacheAdminOptions {
  /** Absent where caching is off. */
  readonly cache: Cache | undefined;
  readonly opened: OpenedStore;
  /** `cache_params` as configured, secrets masked. */
  readonly settings: unknown;
}

const DELETE_BODY = z.strictObject({ keys: z.array(z.string().min(1)) });

const OFF = 'The cache is switched off: litellm_settings.cache is not true.';

/** LiteLLM's `/cache/*` endpoints. Who may use them is decided before they are reached. */
export function cacheAdminRoutes(app: FastifyInstance, { cache, opened, settings }: CacheAdminOptions): void {
  app.get('/cache/ping', async (_request, reply) => {
    if (cache === undefined) return reply.code(503).send(unhealthy(OFF));
    const answer = await cachePing({ cache, opened, settings });
    return typeof answer === 'string' ? reply.code(503).send(unhealthy(answer)) : answer;
  });

  app.get('/cache/redis/info', async (_request, reply) => {
    if (cache === undefined) return reply.code(503).send(unhealthy(OFF));
    if (opened.serverInfo === undefined) return reply.code(503).send(unhealthy(noRedis(cache)));
    try {
      return await opened.serverInfo();
    } catch (error) {
      return reply.code(503).send(unhealthy(`${cache.store.name}: ${troubleOf(error)}`));
    }
  });

  app.post('/cache/delete', async ({ body }, reply) => {
    if (cache === undefined) return reply.code(503).send(unhealthy(OFF));
    const keys = keysOf(body).filter(isKeyOfAnEntry);
    if (keys.length > 0) await cache.delete(keys);
    return { status: 'success' };
  });

  app.post('/cache/flushall', async (_request, reply) => {
    if (cache === undefined) return reply.code(503).send(unhealthy(OFF));
    await cache.clear();
    return { status: 'success' };
  });
}

/** A server may be shared: what is no key of an entry is somebody else's, and nothing of the cache is there to delete. */
function isKeyOfAnEntry(key: string): boolean {
  return /(?:^|:)[0-9a-f]{64}$/.test(key);
}

function noRedis({ store }: Cache): string {
  return `The cache is ${store.name}: there is no Redis to ask.`;
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
