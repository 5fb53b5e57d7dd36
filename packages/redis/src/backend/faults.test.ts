import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { OperationOptions } from '@cache/core';
import type { RedisService } from '@cache/services';
import { describeWith, redisProblem, startRedis } from '@cache/services';
import type { RedisBackend } from './options.ts';
import { redisBackend } from './redis-backend.ts';

jest.setTimeout(40_000);

const VALUE = Buffer.from('value');
const HOUR_MILLISECONDS = 3_600_000;

/** Everything that asks the server something. */
function operationsOf(
  backend: RedisBackend,
): Readonly<Record<string, (options?: OperationOptions) => Promise<unknown>>> {
  const { sharedState } = backend;
  const expiresAt = Date.now() + HOUR_MILLISECONDS;
  return {
    get: (options) => backend.get('a', options),
    getMany: (options) => backend.getMany(['a', 'b'], options),
    set: (options) => backend.set('a', VALUE, options),
    setMany: (options) => backend.setMany([{ key: 'a', bytes: VALUE }], options),
    delete: (options) => backend.delete(['a'], options),
    list: (options) => Array.fromAsync(backend.list('a', options)),
    clear: (options) => backend.clear('a', options),
    ping: (options) => backend.ping(options),
    describe: (options) => backend.describe(options),
    serverInfo: (options) => backend.serverInfo(options),
    increment: (options) => sharedState.increment([{ key: 'a', by: 1, expiresAt }], options),
    acquire: (options) => sharedState.acquire('a', expiresAt, options),
    release: (options) => sharedState.release('a', 'token', options),
    'state getMany': (options) => sharedState.getMany(['a'], options),
    'state setMany': (options) => sharedState.setMany([{ key: 'a', value: 'x' }], options),
    publish: (options) => sharedState.publish('message', options),
  };
}

async function resumesWithin(seconds: number, operation: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + seconds * 1_000;
  for (;;) {
    try {
      await operation();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(50);
    }
  }
}

describeWith(redisProblem(), 'one server', () => {
  let servers: RedisService[];
  let backends: RedisBackend[];

  beforeEach(() => {
    servers = [];
    backends = [];
  });
  afterEach(async () => {
    for (const backend of backends) await backend.close();
    for (const server of servers) await server.stop();
  });

  async function start(...serverArguments: string[]): Promise<RedisService> {
    const server = await startRedis({ arguments: serverArguments });
    servers.push(server);
    return server;
  }

  function open(server: RedisService, user: { username?: string; password?: string } = {}): RedisBackend {
    const backend = redisBackend({ mode: 'standalone', host: server.host, port: server.port, ...user });
    backends.push(backend);
    return backend;
  }

  it('that is frozen holds nobody longer than his signal, and is used again when it goes on', async () => {
    const server = await start();
    const backend = open(server);
    await backend.set('a', VALUE);
    server.freeze();
    for (const [name, run] of Object.entries(operationsOf(backend))) {
      const before = performance.now();
      await expect(run({ signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ code: 'CACHE_ABORTED' });
      expect([name, performance.now() - before < 500]).toEqual([name, true]);
    }
    server.thaw();
    await resumesWithin(5, async () => expect(await backend.get('b')).toBeUndefined());
  });

  it('that is frozen holds nobody for ever who has no signal', async () => {
    const server = await start();
    const backend = redisBackend({
      mode: 'standalone',
      host: server.host,
      port: server.port,
      socketTimeoutSeconds: 0.5,
    });
    backends.push(backend);
    await backend.set('a', VALUE);
    server.freeze();
    await expect(backend.get('a')).rejects.toMatchObject({ code: 'CACHE_BACKEND_TIMEOUT' });
    server.thaw();
    await resumesWithin(5, async () => expect(await backend.get('a')).toEqual(VALUE));
  });

  it('that is frozen does not keep the backend from being closed', async () => {
    const server = await start();
    const backend = open(server);
    await backend.set('a', VALUE);
    server.freeze();
    const waiting = backend.get('a');
    const before = performance.now();
    await Promise.all([expect(waiting).rejects.toMatchObject({ code: 'CACHE_CLOSED' }), backend.close()]);
    expect(performance.now() - before).toBeLessThan(3_000);
    server.thaw();
  });

  it('that is killed fails everything with CACHE_BACKEND_UNAVAILABLE, and is used again when it is back', async () => {
    const server = await start();
    const backend = open(server);
    await backend.set('a', VALUE);
    const underWay = Promise.allSettled(Array.from({ length: 100 }, () => backend.get('a')));
    await server.kill();
    for (const outcome of await underWay) {
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ code: 'CACHE_BACKEND_UNAVAILABLE' });
    }
    const failing = Object.entries(operationsOf(backend)).map(async ([name, run]) => {
      const error = await run().catch((reason: unknown) => reason);
      expect([name, error]).toEqual([name, expect.objectContaining({ code: 'CACHE_BACKEND_UNAVAILABLE' })]);
    });
    await Promise.all(failing);
    await server.restart();
    await resumesWithin(30, async () => expect(await backend.get('a')).toEqual(VALUE));
    for (const run of Object.values(operationsOf(backend))) await run();
  });

  it('that was not there at the beginning is used when it is', async () => {
    const server = await start();
    await server.kill();
    const backend = open(server);
    await expect(backend.get('a')).rejects.toMatchObject({ code: 'CACHE_BACKEND_UNAVAILABLE' });
    await server.restart();
    await resumesWithin(30, () => backend.set('a', VALUE));
  });

  it('that is full and evicts nothing refuses writes with CACHE_BACKEND_FULL, and answers reads', async () => {
    const server = await start('--maxmemory', '4mb', '--maxmemory-policy', 'noeviction');
    const backend = open(server);
    const heard: string[] = [];
    await backend.sharedState.subscribe(
      (message) => void heard.push(message),
      () => void heard.push('GAP'),
    );
    const { acquire, increment } = operationsOf(backend);
    await backend.sharedState.setMany([{ key: 'known', value: 'x' }]);
    await backend.set('a', VALUE);
    await server.cli('CONFIG', 'SET', 'maxmemory', '100kb');

    const full = { code: 'CACHE_BACKEND_FULL' };
    await expect(backend.set('b', VALUE)).rejects.toMatchObject({
      ...full,
      operation: 'set',
      backend: 'redis',
    });
    await expect(backend.setMany([{ key: 'b', bytes: VALUE }])).rejects.toMatchObject(full);
    await expect(increment?.()).rejects.toMatchObject(full);
    await expect(acquire?.()).rejects.toMatchObject(full);

    expect(await backend.get('a')).toEqual(VALUE);
    expect(await backend.getMany(['a', 'b'])).toEqual([VALUE, undefined]);
    expect(await Array.fromAsync(backend.list(''))).toEqual([{ key: 'a' }]);
    expect(await backend.sharedState.getMany(['known'])).toEqual(['x']);
    await backend.sharedState.publish('deleted');
    await resumesWithin(5, async () => expect(heard).toEqual(['deleted']));
    // The next echo has nothing to complain of.
    await sleep(2_500);
    expect(heard).toEqual(['deleted']);
    expect(await backend.delete(['a'])).toBe(1);
    expect(await backend.clear('')).toBe(0);

    await server.cli('CONFIG', 'SET', 'maxmemory', '4mb');
    await backend.set('b', VALUE);
  });

  it('that cannot save, or lacks replicas, or is one, refuses writes with CACHE_BACKEND_FULL', async () => {
    const server = await start();
    const backend = open(server);
    await backend.set('a', VALUE);
    await server.cli('CONFIG', 'SET', 'min-replicas-to-write', '1');
    await expect(backend.set('a', VALUE)).rejects.toMatchObject({ code: 'CACHE_BACKEND_FULL' });
    await server.cli('CONFIG', 'SET', 'min-replicas-to-write', '0');
    await server.cli('REPLICAOF', '127.0.0.1', '1');
    await expect(backend.set('a', VALUE)).rejects.toMatchObject({ code: 'CACHE_BACKEND_FULL' });
    expect(await backend.get('a')).toEqual(VALUE);
    await server.cli('REPLICAOF', 'NO', 'ONE');
    await backend.set('a', VALUE);
  });

  it('that refuses the password is said to, without a word of the password', async () => {
    const server = await start('--requirepass', 'the right one');
    const wrong = await open(server, { password: 'the-wrong-one' })
      .get('a')
      .catch((error: unknown) => error);
    expect(wrong).toMatchObject({ code: expect.stringMatching(/^CACHE_BACKEND_(FAILED|UNAVAILABLE)$/) });
    expect(String(wrong)).toContain('WRONGPASS');
    expect(inspect(wrong, { depth: 10, showHidden: true })).not.toContain('the-wrong-one');
    const none = await open(server)
      .get('a')
      .catch((error: unknown) => error);
    expect(none).toMatchObject({ code: 'CACHE_BACKEND_FAILED' });
    expect(String(none)).toMatch(
      /redis: get failed: the server refuses the user, its password or its rights: NOAUTH/,
    );
  });

  it('that refuses a command says so, and not what was to be stored', async () => {
    const server = await start();
    await server.cli('ACL', 'SETUSER', 'reader', 'on', '>pw', '~*', '+get');
    const backend = open(server, { username: 'reader', password: 'pw' });
    expect(await backend.get('a')).toBeUndefined();
    const error = await backend.set('a', Buffer.from('an answer')).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'CACHE_BACKEND_FAILED', operation: 'set', cause: expect.any(Error) });
    expect(String(error)).toMatch(/NOPERM/);
    const shown = inspect(error, { depth: 10, showHidden: true });
    expect(shown).not.toContain(inspect(Buffer.from('an answer')).slice(8, 30));
  });

  it('that lacks a command repeats what it was given, and nobody else does', async () => {
    const renamed = ['AUTH', 'HELLO', 'SET'].flatMap((command) => ['--rename-command', command, '']);
    const server = await start(...renamed);
    const auth = await open(server, { password: 'hush-hush' })
      .get('a')
      .catch((reason: unknown) => reason);
    const backend = open(server);
    const set = await backend.set('a', Buffer.from('an answer')).catch((reason: unknown) => reason);
    for (const error of [auth, set]) {
      expect(String(error)).toMatch(/unknown command '(auth|set)'/);
      expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/hush-hush|an answer/);
    }
  });

  it('whose key is something else says so with CACHE_BACKEND_FAILED', async () => {
    const server = await start();
    const backend = open(server);
    await server.cli('HSET', 'a', 'field', 'x');
    await expect(backend.get('a')).rejects.toMatchObject({
      code: 'CACHE_BACKEND_FAILED',
      message: expect.stringMatching(/^redis: get failed: WRONGTYPE/),
    });
    // What nobody can read is replaced all the same.
    await backend.set('a', VALUE);
    expect(await backend.get('a')).toEqual(VALUE);
  });
});
