import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { CacheError } from '@cache/core';
import { FakeClock } from '@cache/core/testing';
import type { RedisService } from '@cache/services';
import { describeWith, redisProblem, startRedis } from '@cache/services';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { aclCommand } from './acl.fixture.ts';
import type { RedisBackend } from './options.ts';
import { redisBackend } from './redis-backend.ts';

const VALUE = Buffer.from('value');

describeWith(redisProblem(), 'the Redis backend', () => {
  let server: RedisService;
  let backend: RedisBackend;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    await server.cli('FLUSHALL');
    backend = redisBackend({ mode: 'standalone', host: server.host, port: server.port, namespace: 'ns' });
  });
  afterEach(() => backend.close());

  it('gives answers a minute where nothing says otherwise, as LiteLLM does', async () => {
    expect(backend.defaultTtlSeconds).toBe(60);
    const place = { mode: 'standalone', host: server.host, port: server.port } as const;
    const patient = redisBackend({ ...place, defaultTtlSeconds: 3_600 });
    expect(patient.defaultTtlSeconds).toBe(3_600);
    await patient.close();
    for (const wrong of [0, -1, Number.NaN]) {
      expect(() => redisBackend({ ...place, defaultTtlSeconds: wrong })).toThrow(CacheError);
    }
  });

  it('writes what was given under the key as it is, for the time that is left', async () => {
    await backend.set('ns:key', VALUE, { deleteAt: Date.now() + 10_000 });
    expect(await server.cli('GET', 'ns:key')).toBe('value');
    const left = Number(await server.cli('PTTL', 'ns:key'));
    expect(left).toBeGreaterThan(8_000);
    expect(left).toBeLessThanOrEqual(10_000);
    await backend.set('ns:key', VALUE);
    expect(await server.cli('PTTL', 'ns:key')).toBe('-1');
  });

  it('counts the time that is left by its own clock, not by the server\u2019s', async () => {
    const clock = new FakeClock(Date.UTC(2001, 0, 1));
    const place = { mode: 'standalone', host: server.host, port: server.port } as const;
    const late = redisBackend({ ...place, clock });
    await late.set('a', VALUE, { deleteAt: clock.now() + 10_000.4 });
    expect(Number(await server.cli('PTTL', 'a'))).toBeGreaterThan(8_000);
    await late.set('a', VALUE, { deleteAt: clock.now() });
    expect(await late.get('a')).toBeUndefined();
    await late.sharedState.setMany([{ key: 'a', value: 'x', expiresAt: clock.now() + 10_000 }]);
    expect(Number(await server.cli('PTTL', '{llm-cache-state}:value:a'))).toBeGreaterThan(8_000);
    await late.close();
  });

  it('takes lifetimes Redis would not', async () => {
    for (const deleteAt of [Number.MAX_VALUE, Number.MAX_SAFE_INTEGER, Infinity]) {
      await backend.set('a', VALUE, { deleteAt });
      expect(await backend.get('a')).toEqual(VALUE);
    }
    await expect(backend.set('a', VALUE, { deleteAt: Number.NaN })).rejects.toMatchObject({
      code: 'CACHE_INVALID_OPTION',
    });
  });

  it('hands out bytes that keep no others in memory', async () => {
    await backend.setMany(Array.from({ length: 100 }, (_, index) => ({ key: `k${index}`, bytes: VALUE })));
    const values = await backend.getMany(Array.from({ length: 100 }, (_, index) => `k${index}`));
    for (const value of values) expect(value?.buffer.byteLength).toBe(VALUE.length);
  });

  it('neither lists nor clears what is not its own: shared state of any namespace, keys of other applications', async () => {
    const elsewhere = redisBackend({ mode: 'standalone', host: server.host, port: server.port });
    for (const { sharedState } of [backend, elsewhere]) {
      const expiresAt = Date.now() + 60_000;
      await sharedState.setMany([{ key: 'a', value: 'x' }]);
      await sharedState.increment([{ key: 'a', by: 1, expiresAt }]);
      await sharedState.acquire('a', expiresAt);
      await sharedState.publish('a');
    }
    const states = Number(await server.cli('DBSIZE'));
    expect(states).toBe(8);
    await backend.setMany(['ns:a', 'ns:b', 'ns2:a'].map((key) => ({ key, bytes: VALUE })));
    await server.cli('HSET', 'other:hash', 'field', 'x');
    expect((await Array.fromAsync(backend.list('ns:'))).map(({ key }) => key).sort()).toEqual([
      'ns:a',
      'ns:b',
    ]);
    expect(await backend.clear('ns:')).toBe(2);
    expect(Number(await server.cli('DBSIZE'))).toBe(states + 2);
    expect(await backend.clear('')).toBe(2);
    expect(Number(await server.cli('DBSIZE'))).toBe(states);
    await elsewhere.close();
  });

  it('leaves out of its lists keys that are no text, and clears them with the rest', async () => {
    const client = new Redis({ host: server.host, port: server.port });
    await client.set(Buffer.from([0x6e, 0x3a, 0xff, 0xfe]), 'x');
    await backend.set('n:\ufeffa', VALUE);
    expect(await Array.fromAsync(backend.list('n:'))).toEqual([{ key: 'n:\ufeffa' }]);
    expect(await backend.clear('n:')).toBe(2);
    client.disconnect();
  });

  it('finds by prefix exactly the keys that start with it, whatever characters they hold', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', '*', '?', '[', ']', '\\', '^', '-', '\u00e9', '\u{1F600}', '\n', '\0'),
      minLength: 1,
      maxLength: 5,
    });
    const keysAndPrefix = fc
      .uniqueArray(text, { minLength: 1, maxLength: 8 })
      .chain((keys) => fc.tuple(fc.constant(keys), fc.constantFrom(...keys), fc.integer({ min: 1, max: 5 })))
      .map(([keys, key, length]) => ({ keys, prefix: Array.from(key).slice(0, length).join('') }));
    await fc.assert(
      fc.asyncProperty(keysAndPrefix, async ({ keys, prefix }) => {
        await server.cli('FLUSHALL');
        await backend.setMany(keys.map((key) => ({ key, bytes: VALUE })));
        const expected = keys.filter((key) => key.startsWith(prefix)).sort();
        expect((await Array.fromAsync(backend.list(prefix))).map(({ key }) => key).sort()).toEqual(expected);
        expect(await backend.clear(prefix)).toBe(expected.length);
        expect(await backend.getMany(keys)).toEqual(
          keys.map((key) => (key.startsWith(prefix) ? undefined : VALUE)),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('says where it is, and what it talks to', async () => {
    expect(await backend.describe()).toMatchObject({
      mode: 'standalone',
      host: '127.0.0.1',
      port: server.port,
      db: 0,
      redis_version: server.version,
    });
    const { num_clients, clients, info } = await backend.serverInfo();
    expect(num_clients).toBe(clients.length);
    expect(num_clients).toBeGreaterThanOrEqual(1);
    expect(clients[0]).toMatchObject({
      id: expect.any(String),
      addr: expect.stringMatching(/^127\.0\.0\.1:/),
    });
    expect(info).toMatchObject({ redis_version: server.version, role: 'master' });
  });

  it('says what it may, to a user who may not ask for more', async () => {
    await server.cli(...aclCommand({ namespace: 'ns', password: 'pw' }));
    await server.cli('ACL', 'SETUSER', 'cache', '-info', '-client');
    const place = { mode: 'standalone', host: server.host, port: server.port } as const;
    const modest = redisBackend({ ...place, username: 'cache', password: 'pw' });
    expect(await modest.describe()).toEqual(
      expect.not.objectContaining({ redis_version: expect.anything() }),
    );
    expect(await modest.serverInfo()).toEqual({ num_clients: -1, clients: [], info: {} });
    await modest.close();
  });

  it('takes a client that is there and leaves it open, subscriptions of its own aside', async () => {
    const client = new Redis({ host: server.host, port: server.port });
    const borrowed = redisBackend({ client });
    await borrowed.set('a', VALUE);
    await borrowed.sharedState.subscribe(
      () => undefined,
      () => undefined,
    );
    await borrowed.close();
    expect(await client.get('a')).toBe('value');
    expect(await server.cli('CLIENT', 'LIST', 'TYPE', 'pubsub')).toBe('');
    client.disconnect();
  });
});
