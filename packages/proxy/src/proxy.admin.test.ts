import { describe, expect, it } from '@jest/globals';
import { CacheError, memoryStore } from '@cache/core';
import { chatCompletionBody, fail, faultyStore } from '@cache/core/testing';
import { ask, begin, cacheStatusOf, jsonOf, replyOf, send } from './proxy-client.fixture.ts';
import { LANES, MASTER_KEY, MODEL, startProxy, type TestProxy } from './proxy.fixture.ts';

const DOWN = new CacheError('CACHE_BACKEND_UNAVAILABLE', 'ECONNREFUSED 10.0.0.7');
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const WITH_KEY = { generalSettings: { master_key: MASTER_KEY } };
const RIGHT = { authorization: `Bearer ${MASTER_KEY}` };

async function keyOf(proxy: TestProxy, overrides: object = {}): Promise<string> {
  await ask(proxy, overrides);
  return String((await ask(proxy, overrides)).headers['x-litellm-cache-key']);
}

describe('admin routes and the web pages an operator visits', () => {
  const flush = async (proxy: TestProxy, origin: string, headers = {}): Promise<number> =>
    (await send(proxy, { method: 'POST', path: '/cache/flushall', headers: { ...FORM, ...headers, origin } }))
      .status;

  it.each(['https://pages.example', 'http://127.0.0.1.pages.example:4000', 'null', ''])(
    'without a master key, a page of %j is refused',
    async (origin) => {
      await using proxy = await startProxy({ fastLane: true });
      const key = await keyOf(proxy);
      expect(await flush(proxy, origin)).toBe(403);
      expect((await ask(proxy)).headers['x-litellm-cache-key']).toBe(key);
    },
  );

  it.each(['http://localhost:3000', 'http://127.0.0.1:4000', 'http://[::1]:4000'])(
    'a page of this machine (%s) is not',
    async (origin) => {
      await using proxy = await startProxy({ fastLane: true });
      expect(await flush(proxy, origin)).toBe(200);
    },
  );

  it('nor is one that brings the master key', async () => {
    await using proxy = await startProxy({ fastLane: true, ...WITH_KEY });
    expect(await flush(proxy, 'https://pages.example', RIGHT)).toBe(200);
  });
});

describe.each(LANES)('/cache/delete, $lane', ({ fastLane }) => {
  it('deletes by the key of the header, with the body that curl calls a form', async () => {
    await using proxy = await startProxy({ fastLane, cacheParams: { namespace: 'ns' } });
    const [key, other] = [await keyOf(proxy), await keyOf(proxy, { seed: 1 })];
    const reply = await send(proxy, {
      path: '/cache/delete',
      headers: FORM,
      body: { keys: [key, 'absent'] },
    });
    expect([reply.status, jsonOf(reply)]).toEqual([200, { status: 'success' }]);
    expect(cacheStatusOf(await ask(proxy))).toMatchObject({ fwd: 'uri-miss' });
    expect((await ask(proxy, { seed: 1 })).headers['x-litellm-cache-key']).toBe(other);
  });

  it.each([
    ['whole', {}],
    ['streamed', { stream: true }],
  ])('keeps a %s answer that is on its way from being stored, and delivers it', async (_, overrides) => {
    await using proxy = await startProxy({ fastLane });
    const key = await keyOf(proxy);
    const gate = proxy.provider.hold();
    const waiting = begin(proxy, { body: chatCompletionBody({ ...overrides, cache: { 'no-cache': true } }) });
    await proxy.provider.waitForCalls(2);
    await send(proxy, { path: '/cache/delete', body: { keys: [key] } });
    gate.release();
    expect((await replyOf(await waiting.response)).text).toContain('hello');
    expect(cacheStatusOf(await ask(proxy))).toMatchObject({ fwd: 'uri-miss' });
    expect(proxy.provider.calls).toHaveLength(3);
  });

  it('is not joined by requests that come after it', async () => {
    await using proxy = await startProxy({ fastLane });
    const key = await keyOf(proxy, { seed: 7 });
    await send(proxy, { path: '/cache/delete', body: { keys: [key] } });
    const gate = proxy.provider.hold();
    const before = begin(proxy, { body: chatCompletionBody({ seed: 7 }) });
    await proxy.provider.waitForCalls(2);
    await send(proxy, { path: '/cache/delete', body: { keys: [key] } });
    const after = await ask(proxy, { seed: 7 });
    gate.release();
    expect(cacheStatusOf(after)).toEqual({ fwd: 'uri-miss', stored: true });
    await replyOf(await before.response);
    expect((await ask(proxy, { seed: 7 })).text).toBe(after.text);
  });

  it.each(['nonsense', 'text/html', 'multipart/form-data'])(
    'does not mind a content type of %s',
    async (contentType) => {
      await using proxy = await startProxy({ fastLane });
      const headers = { 'content-type': contentType };
      expect((await send(proxy, { path: '/cache/delete', headers, body: { keys: ['a'] } })).status).toBe(200);
    },
  );

  it.each([
    ['nothing', '', 'keys'],
    ['no JSON', 'keys=a', null],
    ['no list', { keys: 'a' }, 'keys'],
    ['no keys', { keys: [1] }, 'keys'],
    ['an empty key', { keys: [''] }, 'keys'],
    ['another member', { keys: ['a'], all: true }, 'keys'],
    ['a list', [], null],
  ])('%s is refused', async (_, body, param) => {
    await using proxy = await startProxy({ fastLane });
    const reply = await send(proxy, { method: 'POST', path: '/cache/delete', body });
    expect([reply.status, jsonOf(reply).error]).toEqual([
      400,
      expect.objectContaining({ type: 'invalid_request_error', param }),
    ]);
  });
});

describe.each(LANES)('/cache/flushall, $lane', ({ fastLane }) => {
  it('removes what the configured namespace holds and nothing else', async () => {
    const store = memoryStore();
    const options = { fastLane, createStore: () => store };
    await using mine = await startProxy({ ...options, cacheParams: { namespace: 'mine' } });
    await using other = await startProxy({ ...options, cacheParams: { namespace: 'other' } });
    await using longer = await startProxy({ ...options, cacheParams: { namespace: 'mine2' } });
    for (const proxy of [mine, other, longer]) await ask(proxy);
    const reply = await send(mine, { method: 'POST', path: '/cache/flushall' });
    expect([reply.status, jsonOf(reply)]).toEqual([200, { status: 'success' }]);
    expect(
      [await ask(mine), await ask(other), await ask(longer)].map((each) => cacheStatusOf(each)['hit']),
    ).toEqual([undefined, true, true]);
  });
});

describe.each(LANES)('/cache/ping, $lane', ({ fastLane }) => {
  it('writes, reads back and deletes an entry of its own', async () => {
    const store = memoryStore();
    await using proxy = await startProxy({ fastLane, createStore: () => store, cacheParams: { ttl: 60 } });
    const reply = await send(proxy, { path: '/cache/ping' });
    expect([reply.status, jsonOf(reply)]).toEqual([
      200,
      {
        status: 'healthy',
        cache_type: 'local',
        ping_response: true,
        set_cache_response: 'success',
        litellm_cache_params: { type: 'local', ttl: 60 },
        tiers: [{ name: 'local', status: 'healthy' }],
      },
    ]);
    expect(store.statistics().entries).toBe(0);
  });

  it.each([
    ['the cache is off', { litellmSettings: { cache: false } }],
    ['the backend does not answer', { createStore: () => faultyStore(memoryStore(), { ping: fail(DOWN) }) }],
  ])('is 503 in the shape of LiteLLM where %s', async (_, options) => {
    await using proxy = await startProxy({ fastLane, ...options });
    const reply = await send(proxy, { path: '/cache/ping' });
    expect([reply.status, jsonOf(reply)]).toEqual([
      503,
      { error: { message: expect.any(String), type: 'cache_ping_error', param: 'cache_ping', code: '503' } },
    ]);
    expect(reply.text).not.toContain('10.0.0.7');
  });

  it('where the cache is off, deleting and flushing are 503 as well', async () => {
    await using proxy = await startProxy({ fastLane, litellmSettings: { cache: false } });
    const replies = [
      await send(proxy, { path: '/cache/delete', body: { keys: ['a'] } }),
      await send(proxy, { method: 'POST', path: '/cache/flushall' }),
    ];
    expect(replies.map(({ status }) => status)).toEqual([503, 503]);
  });
});

describe.each(LANES)('who may do what, $lane', ({ fastLane }) => {
  const ADMIN = [
    { method: 'GET', path: '/cache/ping' },
    { method: 'POST', path: '/cache/delete', body: { keys: ['a'] } },
    { method: 'POST', path: '/cache/flushall' },
  ];

  it('without a master key this machine may administer', async () => {
    await using proxy = await startProxy({ fastLane });
    for (const sent of ADMIN) expect((await send(proxy, sent)).status).toBe(200);
  });

  it('with a master key nobody else may, wherever they are', async () => {
    await using proxy = await startProxy({ fastLane, ...WITH_KEY });
    for (const sent of [...ADMIN, { path: '/v1/models' }]) {
      for (const headers of [{}, { authorization: 'Bearer sk-wrong' }]) {
        const reply = await send(proxy, { ...sent, headers });
        expect([reply.status, jsonOf(reply).error.code]).toEqual([401, 'invalid_api_key']);
      }
      expect((await send(proxy, { ...sent, headers: RIGHT })).status).toBe(200);
    }
  });

  it('health and metrics are open: who watches has no key', async () => {
    await using proxy = await startProxy({ fastLane, ...WITH_KEY });
    for (const path of ['/health/liveliness', '/health/liveness', '/health/readiness', '/metrics']) {
      expect((await send(proxy, { path })).status).toBe(200);
    }
  });
});

describe.each(LANES)('what the proxy says of itself, $lane', ({ fastLane }) => {
  it('is alive, and ready with its version and cache', async () => {
    await using proxy = await startProxy({ fastLane });
    expect((await send(proxy, { path: '/health/liveliness' })).text).toBe('"I\'m alive!"');
    const { text } = await send(proxy, { path: '/health/readiness' });
    expect(JSON.parse(text)).toEqual({ status: 'healthy', cache: 'local', version: '1.2.3' });
  });

  it('lists its models, wildcards left out', async () => {
    const models = ['b', 'a*', MODEL].map((name) => ({
      model_name: name,
      litellm_params: { model: `openai/${name}`, api_key: 'k' },
    }));
    await using proxy = await startProxy({ fastLane, models });
    for (const path of ['/models', '/v1/models']) {
      const list = jsonOf(await send(proxy, { path }));
      expect([list.object, list.data.map(({ id }: { id: string }) => id)]).toEqual(['list', [MODEL, 'b']]);
    }
  });

  it('does not know a route: 404 in the shape of OpenAI, without its query', async () => {
    await using proxy = await startProxy({ fastLane });
    const reply = await send(proxy, { path: '/v1/nothing?api_key=sk-secret' });
    expect([reply.status, jsonOf(reply)]).toEqual([
      404,
      {
        error: {
          message: 'Unknown request: GET /v1/nothing',
          type: 'invalid_request_error',
          param: null,
          code: 'unknown_url',
        },
      },
    ]);
  });
});
