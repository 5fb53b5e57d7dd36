import { beforeAll, describe, expect, it } from '@jest/globals';
import { CacheError } from '@cache/core';
import { describeWith, redisProblem, startRedis, until } from '@cache/services';
import type { RedisService } from '@cache/services';
import { Redis } from 'ioredis';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import {
  answersAgain,
  at,
  clientsOf,
  failureOf,
  holdToSilence,
  open,
  started,
} from './connection.fixture.ts';

describeWith(redisProblem(), 'a connection to one Redis', () => {
  holdToSilence();
  let server: RedisService;
  beforeAll(async () => {
    server = await started(startRedis());
  });

  it('does not connect before the first command, and needs no server to be made', async () => {
    const connection = open(at(server));
    expect(await clientsOf(server)).toBe(0);
    expect(await connection.commands().ping()).toBe('PONG');
    expect(await clientsOf(server)).toBe(1);
    expect(() => open(at({ port: 1 }))).not.toThrow();
  });

  it('describes itself without secrets', () => {
    const connection = open(at(server, { password: 'hush', username: 'who', database: 3 }));
    expect(connection.mode).toBe('standalone');
    expect(connection.description).toEqual({
      ...{ mode: 'standalone', host: '127.0.0.1', port: server.port, db: 3, tls: false },
    });
  });

  it('keeps to its database, and shows its name', async () => {
    const connection = open(at(server, { database: 3, clientName: 'proxy-1' }));
    await connection.commands().set('in', 'three');
    expect(await server.cli('-n', '3', 'GET', 'in')).toBe('three');
    expect(await connection.commands().client('GETNAME')).toBe('proxy-1');
  });

  it.each([
    ['does not have', { database: 99 }, /DB index is out of range.*db \(database\)/],
    [
      'refuses this user',
      { database: 1, username: 'no-select', password: 'p' },
      /'select' command.*db \(database\)/,
    ],
  ])('never takes another database for one the server %s', async (_, settings, why) => {
    await server.cli('ACL', 'SETUSER', 'no-select', 'on', '>p', '~*', '&*', '+@all', '-select');
    for (const protocol of [2, 3] as const) {
      const connection = open(at(server, { ...settings, protocol }));
      for (let time = 0; time < 3; time += 1) {
        const failure = await failureOf(() => connection.commands().set('elsewhere', 'v'));
        expect(failure).toMatchObject({
          code: 'CACHE_BACKEND_UNAVAILABLE',
          message: expect.stringMatching(why),
        });
      }
    }
    expect(await server.cli('EXISTS', 'elsewhere')).toBe('0');
  });

  it('its one master is itself', async () => {
    const [master, ...others] = await open(at(server)).masters();
    expect(await master?.ping()).toBe('PONG');
    expect(others).toEqual([]);
  });

  it('speaks protocol 2 as well as 3', async () => {
    for (const protocol of [2, 3] as const) {
      const connection = open(at(server, { protocol, clientName: `resp-${protocol}` }));
      await connection.commands().set('p', 'v');
      const line = (await server.cli('CLIENT', 'LIST'))
        .split('\n')
        .find((each) => each.includes(`resp-${protocol}`));
      expect(line).toContain(`resp=${protocol}`);
    }
  });

  it('a subscriber hears, on a connection of its own, and again after an outage', async () => {
    const own = await started(startRedis());
    const connection = open(at(own));
    const subscriber = connection.subscriber();
    const heard: string[] = [];
    subscriber.on('message', (_channel, message: string) => heard.push(message));
    await subscriber.subscribe('news');
    await connection.commands().publish('news', 'first');
    await until(() => heard.includes('first'), { what: 'the first message' });
    await own.kill();
    await own.restart();
    await until(
      async () => {
        await connection.commands().publish('news', 'second');
        return heard.includes('second');
      },
      { what: 'the second message' },
    );
    subscriber.disconnect();
    await until(async () => (await clientsOf(own)) === 1, { what: 'the subscriber is gone' });
  });

  it('nobody there: fails at once, with where and why', async () => {
    const connection = open(at({ port: 1 }));
    const failure = await failureOf(() => connection.commands().get('key'));
    expect(failure).toMatchObject({
      code: 'CACHE_BACKEND_UNAVAILABLE',
      message: 'redis: no connection to 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1',
    });
    expect(failure.milliseconds).toBeLessThan(1_000);
  });

  it.each([
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['memcached', 'ERROR\r\n'],
  ])('a server of %s is told as none of Redis, again and again', async (_, answer) => {
    const other = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('data', () => socket.end(answer));
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    try {
      const connection = open(at({ port }));
      for (let time = 0; time < 2; time += 1) {
        const { code, message } = await failureOf(() => connection.commands().get('key'));
        expect(code).toBe('CACHE_BACKEND_UNAVAILABLE');
        expect(message).toMatch(
          /: Unknown RESP type \d+ "[HE]" \(it does not speak Redis's protocol: [^()]*\)$/,
        );
      }
    } finally {
      other.close();
    }
  });

  it('pipelines fail command by command, with the same reason', async () => {
    const connection = open(at({ port: 1 }));
    const results = await connection.commands().pipeline().get('a').get('b').exec();
    expect(results).toHaveLength(2);
    for (const [error] of results ?? []) expect(CacheError.is(error, 'CACHE_BACKEND_UNAVAILABLE')).toBe(true);
  });

  describe('after close', () => {
    it('refuses, and the server sees nobody', async () => {
      const connection = open(at(server));
      await connection.commands().ping();
      connection.subscriber();
      await connection.close();
      await connection.close();
      expect(() => connection.commands()).toThrow(expect.objectContaining({ code: 'CACHE_CLOSED' }));
      expect(() => connection.subscriber()).toThrow(expect.objectContaining({ code: 'CACHE_CLOSED' }));
      await expect(connection.masters()).rejects.toMatchObject({ code: 'CACHE_CLOSED' });
      await until(async () => (await clientsOf(server)) === 0, { what: 'no client is left' });
    });

    it('what waited for a server that is away has ended', async () => {
      const own = await started(startRedis());
      const connection = open(at(own));
      await connection.commands().ping();
      await own.kill();
      await failureOf(() => connection.commands().get('one'));
      const waiting = failureOf(() => connection.commands().get('two'));
      await connection.close();
      expect(['CACHE_CLOSED', 'CACHE_BACKEND_UNAVAILABLE']).toContain((await waiting).code);
    });
  });

  describe('max_connections', () => {
    it('is a bound that is reached under load only', async () => {
      const connection = open(at(server, { maxConnections: 3 }));
      for (let time = 0; time < 20; time += 1) await connection.commands().get('key');
      expect(await clientsOf(server)).toBe(1);
      // Enough that each of three has too much to do, for long enough that all three come to stand.
      const end = performance.now() + 2_000;
      const worker = async (): Promise<void> => {
        while (performance.now() < end && (await clientsSeen()) < 3) {
          await Promise.all(Array.from({ length: 50 }, () => connection.commands().get('key')));
        }
      };
      let seen = 0;
      const clientsSeen = async (): Promise<number> => {
        const list = await connection.commands().client('LIST');
        seen = Math.max(seen, String(list).trim().split('\n').length);
        return seen;
      };
      await Promise.all(Array.from({ length: 8 }, worker));
      expect(seen).toBe(3);
      expect(await clientsOf(server)).toBe(3);
    });

    it('1 is one, whatever the load', async () => {
      const connection = open(at(server, { maxConnections: 1 }));
      await connection.commands().ping();
      await Promise.all(Array.from({ length: 2_000 }, () => connection.commands().get('key')));
      expect(await clientsOf(server)).toBe(1);
    });
  });

  describe('who may', () => {
    let guarded: RedisService;
    beforeAll(async () => {
      guarded = await started(startRedis({ arguments: ['--requirepass', 'p@ss/word:%'] }));
      await guarded.cli(
        'ACL',
        'SETUSER',
        'narrow',
        'on',
        '>own',
        '~ns:*',
        '&ns:*',
        '+@all',
        '-@admin',
        '-@dangerous',
      );
    });

    it('a password', async () => {
      const connection = open(at(guarded, { password: 'p@ss/word:%' }));
      expect(await connection.commands().set('ns:a', '1')).toBe('OK');
    });

    it('a user with few rights: neither INFO nor CLIENT are needed to connect', async () => {
      const connection = open(at(guarded, { username: 'narrow', password: 'own' }));
      expect(await connection.commands().set('ns:a', '1')).toBe('OK');
      await expect(connection.commands().set('other', '1')).rejects.toThrow('NOPERM');
      const subscriber = connection.subscriber();
      expect(await subscriber.subscribe('ns:news')).toBe(1);
    });

    it.each([
      ['none', {}, /NOAUTH/],
      ['a wrong password', { password: 'wrong-hush' }, /WRONGPASS/],
      ['an unknown user', { username: 'nobody', password: 'own' }, /WRONGPASS/],
    ])('not %s: the server’s own words, and no password in them', async (_name, credentials, words) => {
      const connection = open(at(guarded, credentials));
      const error = await connection
        .commands()
        .get('ns:a')
        .catch((reason: unknown) => reason);
      expect(String(error)).toMatch(words);
      expect(String(error)).not.toContain('hush');
    });
  });

  it('a socket of the file system', async () => {
    const own = await started(startRedis({ arguments: ['--unixsocket', 'redis.sock'] }));
    const socketPath = `${own.folder}/redis.sock`;
    const connection = open({ mode: 'standalone', socketPath, database: 2 });
    await connection.commands().set('by', 'socket');
    expect(await own.cli('-n', '2', 'GET', 'by')).toBe('socket');
    expect(connection.description).toEqual({ mode: 'standalone', unix_socket_path: socketPath, db: 2 });
    const away = open({ mode: 'standalone', socketPath: '/nowhere/redis.sock' });
    expect((await failureOf(() => away.commands().get('a'))).message).toContain(
      'no connection to /nowhere/redis.sock: connect ENOENT',
    );
  });

  it('a client that is there already is used, and stays open', async () => {
    const client = new Redis({ host: '127.0.0.1', port: server.port });
    const connection = open({ client });
    expect(connection.mode).toBe('standalone');
    expect(connection.commands()).toBe(client);
    expect(await connection.masters()).toEqual([client]);
    const subscriber = connection.subscriber();
    await subscriber.subscribe('news');
    await connection.close();
    expect(() => connection.commands()).toThrow(expect.objectContaining({ code: 'CACHE_CLOSED' }));
    expect(await client.ping()).toBe('PONG');
    await until(async () => (await clientsOf(server)) === 1, { what: 'the subscriber is gone' });
    client.disconnect();
  });

  describe('settings', () => {
    it.each([
      [{ mode: 'standalone' }, 'host (or socketPath) is missing'],
      [{ mode: 'standalone', host: 'h', socketPath: '/s' }, 'host and socketPath exclude each other'],
      [{ mode: 'single', host: 'h' }, 'mode: expected "standalone", "cluster" or "sentinel"'],
      [{ mode: 'standalone', host: 'h', prot: 1 }, 'prot is not known; did you mean port?'],
      [
        { mode: 'standalone', host: 'h', tls: { cafile: 'x' } },
        'tls.cafile is not known; did you mean caFile?',
      ],
      [{ mode: 'cluster', nodes: [] }, 'nodes: '],
      [{ mode: 'sentinel', sentinels: [{ host: 's', port: 0 }], serviceName: '' }, 'sentinels.0.port: '],
      [{ mode: 'standalone', host: 'h', maxConnections: 0 }, 'maxConnections: '],
      [{ client: {} }, 'client must be a Redis or Cluster of ioredis'],
      [{ client: {}, host: 'h' }, 'host must not stand beside client'],
      [undefined, 'the settings: '],
    ])('are checked: %j', (settings, problem) => {
      const opening = (): unknown => open(settings as never);
      expect(opening).toThrow(expect.objectContaining({ code: 'CACHE_INVALID_OPTION' }));
      expect(opening).toThrow(problem);
    });
  });

  it('answers again after an outage', async () => {
    const own = await started(startRedis());
    const connection = open(at(own));
    await answersAgain(connection);
    await own.kill();
    await failureOf(() => connection.commands().get('again'));
    await own.restart();
    expect(await answersAgain(connection)).toBeLessThan(5_000);
    expect(await connection.commands().get('again')).toBe('yes');
  });
});
