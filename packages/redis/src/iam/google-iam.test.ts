import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { RedisSettings } from '@cache/core/redis-settings';
import { FakeClock } from '@cache/core/testing';
import { describeWith, redisProblem, startRedis, startRedisCluster, until } from '@cache/services';
import type { RedisService } from '@cache/services';
import type { RedisConnection } from '../connection/connection.ts';
import { at, failureOf, holdToSilence, open, started } from '../connection/connection.fixture.ts';
import { startGoogle, type FakeGoogle } from './google.fixture.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const SERVICE_ACCOUNT = 'projects/-/serviceAccounts/cache@project.iam.gserviceaccount.com';

describeWith(redisProblem(), 'a Redis behind Google’s IAM', () => {
  holdToSilence();
  let google: FakeGoogle;
  let clock: FakeClock;
  beforeEach(async () => {
    clock = new FakeClock();
    google = await startGoogle();
  });
  afterEach(() => google.stop());

  /** Google gives this token from now on, for an hour. */
  function give(token: string): void {
    google.answerWith({ token, expiresAt: clock.now() + HOUR });
  }

  /** A Redis whose user `proxy` has the password `token`, and a connection to it. */
  async function setUp(token: string): Promise<{ server: RedisService; connection: RedisConnection }> {
    const server = await started(startRedis());
    await allow(server, token);
    give(token);
    return { server, connection: open(settings(at(server)), clock) };
  }

  function settings(shape: RedisSettings): RedisSettings {
    return {
      ...shape,
      username: 'proxy',
      googleIam: { serviceAccount: SERVICE_ACCOUNT, endpoint: google.endpoint },
    };
  }

  async function allow(server: RedisService, token: string): Promise<void> {
    await server.cli('ACL', 'SETUSER', 'proxy', 'on', 'resetpass', `>${token}`, '~*', '&*', '+@all');
  }

  async function authenticationsOf(server: RedisService): Promise<{ again: number; failed: number }> {
    const statistics = await server.cli('INFO', 'commandstats');
    const [, again, failed] = /cmdstat_auth:calls=(\d+).*failed_calls=(\d+)/.exec(statistics) ?? [];
    return { again: Number(again ?? 0), failed: Number(failed ?? 0) };
  }

  it('the token of the account is the password, asked for when the first command needs it', async () => {
    const { connection } = await setUp('token-1');
    expect(google.asked).toEqual([]);
    const answers = await Promise.all([1, 2, 3].map((value) => connection.commands().set('key', value)));
    expect(answers).toEqual(['OK', 'OK', 'OK']);
    expect(google.asked).toEqual([
      {
        path: '/v1/projects/-/serviceAccounts/cache@project.iam.gserviceaccount.com:generateAccessToken',
        authorization: 'Bearer source-token',
        body: { scope: ['https://www.googleapis.com/auth/cloud-platform'] },
      },
    ]);
  });

  it('pipelines wait for it as well', async () => {
    const { connection } = await setUp('token-1');
    expect(await connection.commands().pipeline().set('a', '1').get('a').exec()).toEqual([
      [null, 'OK'],
      [null, '1'],
    ]);
  });

  it('is renewed five minutes before it runs out, on the connections that live: subscriber too', async () => {
    const { server, connection } = await setUp('token-1');
    const id = await connection.commands().client('ID');
    const subscriber = connection.subscriber();
    await subscriber.subscribe('news');
    await allow(server, 'token-2');
    give('token-2');
    await clock.advance(54 * MINUTE);
    expect(google.asked).toHaveLength(1);
    await clock.advance(MINUTE);
    await until(async () => (await authenticationsOf(server)).again === 2, {
      what: 'both connections tell it',
    });
    expect(await authenticationsOf(server)).toEqual({ again: 2, failed: 0 });
    expect(google.asked).toHaveLength(2);
    expect(await connection.commands().client('ID')).toBe(id);
  });

  it('is what a lost connection comes back with', async () => {
    const { server, connection } = await setUp('token-1');
    await connection.commands().ping();
    await allow(server, 'token-2');
    give('token-2');
    await clock.advance(56 * MINUTE);
    await until(() => google.asked.length === 2, { what: 'the renewal' });
    await server.cli('CLIENT', 'KILL', 'USER', 'proxy');
    await until(async () => (await connection.commands().ping()) === 'PONG', { what: 'it is back' });
    expect(google.asked).toHaveLength(2);
  });

  it('ran out while nobody could renew it: the next connection asks for another', async () => {
    const { server, connection } = await setUp('token-1');
    await connection.commands().ping();
    google.answerWith({ status: 503, reason: 'down for maintenance' });
    await clock.advance(2 * HOUR);
    // A connection that stands is the server's to end.
    expect(await connection.commands().ping()).toBe('PONG');
    await allow(server, 'token-2');
    await server.cli('CLIENT', 'KILL', 'USER', 'proxy');
    await until(
      async () =>
        (await failureOf(() => connection.commands().ping())).message.includes('down for maintenance'),
      { what: 'the reason' },
    );
    give('token-2');
    await until(async () => (await connection.commands().ping()) === 'PONG', { what: 'it is back' });
  });

  it('a renewal that fails is tried again, and disturbs nobody', async () => {
    const { server, connection } = await setUp('token-1');
    await connection.commands().ping();
    google.answerWith({ status: 500, reason: 'hiccup' });
    await clock.advance(55 * MINUTE);
    await until(() => google.asked.length === 2, { what: 'the failed renewal' });
    expect(await connection.commands().ping()).toBe('PONG');
    await allow(server, 'token-2');
    give('token-2');
    await until(
      async () => {
        await clock.advance(10_000);
        return (await authenticationsOf(server)).again === 1;
      },
      { what: 'the next renewal' },
    );
  });

  it('none to be had: commands fail with Google’s reason, and are answered as soon as there is one', async () => {
    const { connection } = await setUp('token-1');
    google.answerWith({ status: 403, reason: 'Permission iam.serviceAccounts.getAccessToken denied' });
    const failure = await failureOf(() => connection.commands().get('key'));
    expect(failure).toMatchObject({
      code: 'CACHE_BACKEND_UNAVAILABLE',
      message: expect.stringMatching(
        /^redis: no token of Google for cache@project\.iam\.gserviceaccount\.com: .*getAccessToken denied/,
      ),
    });
    give('token-1');
    expect(await connection.commands().set('key', 'value')).toBe('OK');
  });

  it('an answer without a token, or nobody who answers, is a reason too; no token is ever told', async () => {
    const { server, connection } = await setUp('hush-token');
    google.answerWith({ token: '', expiresAt: clock.now() + HOUR });
    expect((await failureOf(() => connection.commands().get('key'))).message).toContain('holds no token');
    give('hush-wrong-token');
    const error = await connection
      .commands()
      .get('key')
      .catch((reason: unknown) => reason);
    expect(String(error)).toContain('WRONGPASS');
    expect(JSON.stringify(error) + String(error)).not.toContain('hush');
    const away = open(
      { ...at(server), googleIam: { serviceAccount: 'a@p', endpoint: 'http://127.0.0.1:1' } },
      clock,
    );
    expect((await failureOf(() => away.commands().get('key'))).message).toContain('ECONNREFUSED');
  });

  it('a Cluster: all its nodes, renewed on each', async () => {
    const cluster = await started(startRedisCluster());
    const all = (token: string): Promise<unknown> =>
      Promise.all(cluster.nodes.map((node) => allow(node, token)));
    await all('token-1');
    // Nobody gets in without one.
    await Promise.all(
      cluster.nodes.map((node) =>
        node.cli('ACL', 'SETUSER', 'default', '-@all', '+info', '+acl', '+client', '+ping'),
      ),
    );
    give('token-1');
    const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }));
    const connection = open(settings({ mode: 'cluster', nodes }), clock);
    const writeAll = (): Promise<unknown> =>
      Promise.all(Array.from({ length: 30 }, (_, key) => connection.commands().set(`key ${key}`, 'value')));
    await writeAll();
    expect(google.asked).toHaveLength(1);
    expect(await connection.subscriber().subscribe('news')).toBe(1);
    await all('token-2');
    give('token-2');
    const countsOf = (): Promise<{ again: number; failed: number }[]> =>
      Promise.all(cluster.nodes.map(authenticationsOf));
    const before = await countsOf();
    await clock.advance(55 * MINUTE);
    // Sooner than the client asks one of them for the map again, which authenticates too.
    await until(
      async () => (await countsOf()).every(({ again }, node) => again > (before[node]?.again ?? 0)),
      { what: 'all nodes hear the new token', timeoutSeconds: 4 },
    );
    expect((await countsOf()).map(({ failed }) => failed)).toEqual([0, 0, 0]);
    await Promise.all(cluster.nodes.map((node) => node.cli('CLIENT', 'KILL', 'USER', 'proxy')));
    await until(async () => writeAll().then(() => true), { what: 'all nodes are back' });
  });
});
