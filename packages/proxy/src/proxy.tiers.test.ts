import { describe, expect, it } from '@jest/globals';
import {
  CacheError,
  framed,
  memoryBackend,
  memorySharedState,
  systemClock,
  type CacheBackend,
  type CacheEntry,
} from '@cache/core';
import { fail, faultyBackend } from '@cache/core/testing';
import { ask, cacheStatusOf, jsonOf, send } from './proxy-client.fixture.ts';
import { LANES, startProxy, type TestProxy } from './proxy.fixture.ts';

/** A server as several proxies reach it: each closes what is its own, and the server stays. */
function sharedServer(): { reached: (surroundings?: Partial<CacheBackend>) => CacheBackend } {
  const server = memoryBackend();
  const sharedState = memorySharedState({ clock: systemClock });
  return {
    reached: (surroundings = {}) => ({
      contract: server.contract,
      name: 'shared',
      capabilities: { ...server.capabilities, shared: true },
      get: server.get.bind(server),
      set: server.set.bind(server),
      delete: server.delete.bind(server),
      list: (prefix, options) => server.list!(prefix, options),
      clear: (prefix, options) => server.clear!(prefix, options),
      ping: server.ping.bind(server),
      close: async () => undefined,
      sharedState,
      ...surroundings,
    }),
  };
}

const isHit = async (proxy: TestProxy): Promise<boolean> => cacheStatusOf(await ask(proxy))['hit'] === true;

describe('two proxies over one backend', () => {
  const cacheParams = { type: 'shared', namespace: 'ns' };

  it('answer each other, and from memory once they have', async () => {
    const server = sharedServer();
    let reads = 0;
    const counting = server.reached();
    const backend = { ...counting, get: (key: string) => ((reads += 1), counting.get(key)) };
    await using one = await startProxy({ fastLane: true, cacheParams, backend: server.reached() });
    await using other = await startProxy({ fastLane: true, cacheParams, backend });
    const first = await ask(one);
    const second = await ask(other);
    expect([second.text, cacheStatusOf(second)['hit']]).toEqual([first.text, true]);
    expect([await isHit(other), reads]).toEqual([true, 1]);
  });

  it('forget what either deletes or flushes, at once', async () => {
    const server = sharedServer();
    await using one = await startProxy({ fastLane: true, cacheParams, backend: server.reached() });
    await using other = await startProxy({ fastLane: true, cacheParams, backend: server.reached() });
    await ask(one);
    expect([await isHit(one), await isHit(other), await isHit(other)]).toEqual([true, true, true]);
    const key = String((await ask(other)).headers['x-litellm-cache-key']);
    await send(one, { path: '/cache/delete', body: { keys: [key] } });
    expect(cacheStatusOf(await ask(other))).toMatchObject({ fwd: 'uri-miss' });
    expect(await isHit(one)).toBe(true);
    await send(other, { method: 'POST', path: '/cache/flushall' });
    expect(cacheStatusOf(await ask(one))).toMatchObject({ fwd: 'uri-miss' });
  });

  it('read nothing of each other where they encrypt with different keys', async () => {
    const server = sharedServer();
    const withKey = (letter: string): object => ({ ...cacheParams, encryption_key: letter.repeat(64) });
    const start = (letter: string, more: object = {}): Promise<TestProxy> =>
      startProxy({
        fastLane: true,
        cacheParams: { ...withKey(letter), ...more },
        backend: server.reached(),
      });
    await using one = await start('a');
    await using other = await start('b');
    await using rotated = await start('b', { previous_encryption_keys: ['a'.repeat(64)] });
    await ask(one);
    expect([await isHit(rotated), await isHit(other)]).toEqual([true, false]);
  });
});

describe.each(LANES)('a stored answer that cannot be sent, $lane', ({ fastLane }) => {
  it.each([
    ['a line end in a header', { headers: [['x-request-id', 'a\r\nset-cookie: b']] }],
    ['a header that is none', { headers: [['no name', 'a']] }],
    ['a length of its own', { headers: [['content-length', '1']] }],
    ['a type that is none', { contentType: 'text/plain\r\nx: y' }],
  ] as [string, Partial<CacheEntry>][])('is a miss, and replaced: %s', async (_, wrong) => {
    const server = sharedServer();
    await using one = await startProxy({
      fastLane,
      cacheParams: { type: 'shared' },
      backend: server.reached(),
    });
    await ask(one);
    const key = String((await ask(one)).headers['x-litellm-cache-key']);
    const store = framed(server.reached());
    await store.set(key, { ...((await store.get(key)) as CacheEntry), ...wrong });
    await using other = await startProxy({
      fastLane,
      cacheParams: { type: 'shared' },
      backend: server.reached(),
    });
    expect(cacheStatusOf(await ask(other))).toMatchObject({ fwd: 'uri-miss' });
    expect([await isHit(other), await isHit(other)]).toEqual([true, true]);
  });
});

describe('/cache/ping over a backend', () => {
  it('says of each tier how it is, and what the server says of itself, secrets masked', async () => {
    const describe = async (): Promise<object> => ({
      host: 'h',
      port: 1,
      password: 'hush',
      redis_version: '7',
    });
    const serverInfo = async (): Promise<object> => ({});
    const backend = sharedServer().reached({ describe, serverInfo } as Partial<CacheBackend>);
    await using proxy = await startProxy({ fastLane: true, cacheParams: { type: 'shared' }, backend });
    const reply = await send(proxy, { path: '/cache/ping' });
    const server = { host: 'h', port: 1, password: '*****', redis_version: '7' };
    expect([reply.status, jsonOf(reply)]).toEqual([
      200,
      {
        status: 'healthy',
        cache_type: 'shared',
        ping_response: true,
        set_cache_response: 'success',
        litellm_cache_params: { type: 'shared' },
        redis_cache_params: server,
        health_check_cache_params: server,
        tiers: [
          { name: 'local', status: 'healthy' },
          { name: 'shared', status: 'healthy' },
        ],
      },
    ]);
  });

  it.each([
    [
      'does not answer',
      { ping: fail(new CacheError('CACHE_BACKEND_UNAVAILABLE', 'ECONNREFUSED 10.0.0.7')) },
      'shared: does not answer (CACHE_BACKEND_UNAVAILABLE)',
    ],
    [
      'refuses the password',
      { ping: fail(new CacheError('CACHE_BACKEND_FAILED', 'WRONGPASS of 10.0.0.7')) },
      'shared: answers with an error (CACHE_BACKEND_FAILED)',
    ],
    ['takes no writes', { set: fail(new Error('OOM')) }, 'shared: answers, but an entry'],
  ])('is 503 with the tier that is ill where the backend %s', async (_, faults, message) => {
    const backend = faultyBackend(sharedServer().reached(), faults);
    await using proxy = await startProxy({ fastLane: true, cacheParams: { type: 'shared' }, backend });
    const reply = await send(proxy, { path: '/cache/ping' });
    expect([reply.status, jsonOf(reply).error]).toEqual([
      503,
      {
        message: expect.stringContaining(message),
        type: 'cache_ping_error',
        param: 'cache_ping',
        code: '503',
      },
    ]);
    expect(reply.text).not.toContain('10.0.0.7');
  });
});

describe('/cache/redis/info', () => {
  it('is what the server says', async () => {
    const info = { num_clients: 1, clients: [], info: { redis_version: '7' } };
    const backend = { ...sharedServer().reached(), serverInfo: async () => info };
    await using proxy = await startProxy({ fastLane: true, cacheParams: { type: 'shared' }, backend });
    const reply = await send(proxy, { path: '/cache/redis/info' });
    expect([reply.status, jsonOf(reply)]).toEqual([200, info]);
  });

  it('is 503 where there is no Redis, or none that answers', async () => {
    await using local = await startProxy({ fastLane: true });
    const backend = {
      ...sharedServer().reached(),
      serverInfo: () => Promise.reject(new Error('ECONNREFUSED')),
    };
    await using broken = await startProxy({ fastLane: true, cacheParams: { type: 'shared' }, backend });
    const replies = [
      await send(local, { path: '/cache/redis/info' }),
      await send(broken, { path: '/cache/redis/info' }),
    ];
    expect(replies.map(({ status }) => status)).toEqual([503, 503]);
    expect(replies.map((reply) => jsonOf(reply).error.message)).toEqual([
      'The cache is local: there is no Redis to ask.',
      'shared: does not answer',
    ]);
  });

  it('is 503, and /cache/ping says nothing of the server, where it never ends', async () => {
    const never = (): Promise<never> => new Promise(() => undefined);
    const backend = { ...sharedServer().reached(), serverInfo: never, describe: never };
    const cacheParams = { type: 'shared', operation_timeout_seconds: 0.05 };
    await using proxy = await startProxy({ fastLane: true, cacheParams, backend });
    const reply = await send(proxy, { path: '/cache/redis/info' });
    expect([reply.status, jsonOf(reply).error.message]).toEqual([
      503,
      'shared: does not answer (CACHE_BACKEND_TIMEOUT)',
    ]);
    const ping = await send(proxy, { path: '/cache/ping' });
    expect([ping.status, jsonOf(ping).health_check_cache_params]).toEqual([200, {}]);
  });
});
