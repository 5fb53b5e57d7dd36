import { describe, expect, it } from '@jest/globals';
import { ask, cacheStatusOf, jsonOf } from './proxy-client.fixture.ts';
import { LANES, startProxy } from './proxy.fixture.ts';

/** Asks twice; how many provider calls that took in all. */
async function callsFor(
  fastLane: boolean,
  first: { body?: object; headers?: Record<string, string> },
  second = first,
): Promise<number> {
  await using proxy = await startProxy({ fastLane });
  for (const { body, headers } of [first, second]) expect((await ask(proxy, body, headers)).status).toBe(200);
  return proxy.provider.calls.length;
}

describe.each(LANES)('controls of a request, $lane', ({ fastLane }) => {
  it('no-cache asks the provider, and its answer replaces the old one', async () => {
    await using proxy = await startProxy({ fastLane });
    const old = await ask(proxy);
    const fresh = await ask(proxy, { cache: { 'no-cache': true } });
    const again = await ask(proxy);
    expect(cacheStatusOf(fresh)).toMatchObject({ fwd: 'request', stored: true });
    expect(fresh.text).not.toBe(old.text);
    expect(again.text).toBe(fresh.text);
    expect(proxy.provider.calls).toHaveLength(2);
  });

  it('no-cache is said as well by Cache-Control and by Pragma', async () => {
    expect(await callsFor(fastLane, {}, { headers: { 'cache-control': 'no-cache' } })).toBe(2);
    expect(await callsFor(fastLane, {}, { headers: { pragma: 'no-cache' } })).toBe(2);
    expect(
      await callsFor(fastLane, {}, { headers: { 'cache-control': 'max-age=60', pragma: 'no-cache' } }),
    ).toBe(1);
  });

  it('no-store reads and does not write', async () => {
    expect(await callsFor(fastLane, { body: { cache: { 'no-store': true } } }, {})).toBe(2);
    expect(await callsFor(fastLane, { headers: { 'cache-control': 'no-store' } }, {})).toBe(2);
    expect(await callsFor(fastLane, {}, { body: { cache: { 'no-store': true } } })).toBe(1);
  });

  it('ttl 0 stores nothing, a ttl of a request counts for its own entry', async () => {
    expect(await callsFor(fastLane, { body: { cache: { ttl: 0 } } }, {})).toBe(2);
    await using proxy = await startProxy({ fastLane });
    await ask(proxy, { cache: { ttl: 30 } });
    const { ttl } = cacheStatusOf(await ask(proxy));
    expect(ttl).toBeLessThanOrEqual(30);
    expect(ttl).toBeGreaterThan(25);
  });

  it('s-maxage and max-age bound the age of what is accepted', async () => {
    expect(await callsFor(fastLane, {}, { body: { cache: { 's-maxage': 0 } } })).toBe(2);
    expect(await callsFor(fastLane, {}, { body: { cache: { 's-maxage': 60 } } })).toBe(1);
    expect(await callsFor(fastLane, {}, { headers: { 'cache-control': 'max-age=0' } })).toBe(2);
    expect(await callsFor(fastLane, {}, { headers: { 'cache-control': 'max-age=60' } })).toBe(1);
  });

  it('the body says more than the header', async () => {
    const second = { body: { cache: { 'no-cache': false } }, headers: { 'cache-control': 'no-cache' } };
    expect(await callsFor(fastLane, {}, second)).toBe(1);
  });

  it('a namespace has answers of its own, and stands before the key', async () => {
    await using proxy = await startProxy({ fastLane, cacheParams: { namespace: 'configured' } });
    await ask(proxy);
    await ask(proxy, { cache: { namespace: 'mine' } });
    expect(proxy.provider.calls).toHaveLength(2);
    expect((await ask(proxy)).headers['x-litellm-cache-key']).toMatch(/^configured:[0-9a-f]{64}$/);
    expect((await ask(proxy, { cache: { namespace: 'mine' } })).headers['x-litellm-cache-key']).toMatch(
      /^mine:[0-9a-f]{64}$/,
    );
    expect(proxy.provider.calls).toHaveLength(2);
  });

  it('mode: default_off caches what says use-cache and nothing else', async () => {
    await using proxy = await startProxy({ fastLane, cacheParams: { mode: 'default_off' } });
    const plain = [await ask(proxy), await ask(proxy)];
    expect(plain.map(cacheStatusOf)).toEqual([{ fwd: 'bypass' }, { fwd: 'bypass' }]);
    const body = { cache: { 'use-cache': true } };
    expect(
      [await ask(proxy, body), await ask(proxy, body)].map((reply) => cacheStatusOf(reply)['hit']),
    ).toEqual([undefined, true]);
    expect(proxy.provider.calls).toHaveLength(3);
  });

  it('null and {} say nothing; the member never reaches the provider', async () => {
    await using proxy = await startProxy({ fastLane });
    for (const cache of [null, {}, { ttl: null }, { 'no-cache': true }]) await ask(proxy, { cache });
    await ask(proxy, { cache: { 'no-cache': true } });
    expect(proxy.provider.calls).toHaveLength(3);
    for (const { body } of proxy.provider.calls) expect(body).not.toHaveProperty('cache');
  });

  it.each([
    [{ 'no-cahce': true }, 'cache.no-cahce', 'no-cache'],
    [{ ttl: '60' }, 'cache.ttl', 'number of seconds'],
    [{ ttl: -1 }, 'cache.ttl', 'number of seconds'],
    [{ 's-maxage': null, 'no-store': 'yes' }, 'cache.no-store', 'true or false'],
    [{ namespace: 'a:b' }, 'cache.namespace', 'characters'],
    [true, 'cache', 'object'],
  ])(
    'a wrong control is refused by name, also where the answer is cached: %j',
    async (cache, param, hint) => {
      await using proxy = await startProxy({ fastLane });
      await ask(proxy);
      for (const reply of [await ask(proxy, { cache }), await ask(proxy, { cache })]) {
        expect(reply.status).toBe(400);
        expect(jsonOf(reply)).toEqual({
          error: {
            message: expect.stringContaining(hint),
            type: 'invalid_request_error',
            param,
            code: 'invalid_cache_control',
          },
        });
      }
      expect(proxy.provider.calls).toHaveLength(1);
    },
  );

  it('only-if-cached never calls the provider: 504 cache_miss without an entry', async () => {
    await using proxy = await startProxy({ fastLane });
    const headers = { 'cache-control': 'only-if-cached' };
    const miss = await ask(proxy, {}, headers);
    expect([miss.status, jsonOf(miss).error.code]).toEqual([504, 'cache_miss']);
    expect(proxy.provider.calls).toHaveLength(0);
    await ask(proxy);
    expect(cacheStatusOf(await ask(proxy, {}, headers))).toMatchObject({ hit: true });
    expect(cacheStatusOf(await ask(proxy, { stream: true }, headers))).toMatchObject({ hit: true });
    expect(proxy.provider.calls).toHaveLength(1);
  });

  it('a cache that is off passes everything through', async () => {
    await using proxy = await startProxy({ fastLane, litellmSettings: { cache: false } });
    const replies = [await ask(proxy), await ask(proxy), await ask(proxy, { stream: true })];
    expect(replies.map(cacheStatusOf)).toEqual(replies.map(() => ({ fwd: 'bypass' })));
    expect(proxy.provider.calls).toHaveLength(3);
  });

  it('a call type that is not listed is not cached', async () => {
    await using proxy = await startProxy({ fastLane, cacheParams: { supported_call_types: ['aembedding'] } });
    expect([await ask(proxy), await ask(proxy)].map(cacheStatusOf)).toEqual([
      { fwd: 'bypass' },
      { fwd: 'bypass' },
    ]);
  });
});
