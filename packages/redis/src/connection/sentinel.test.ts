import { beforeAll, expect, it } from '@jest/globals';
import type { RedisSentinelSettings } from '@cache/core/redis-settings';
import { describeWith, redisProblem, startRedis, startRedisSentinel, until } from '@cache/services';
import type { RedisSentinelService } from '@cache/services';
import { answersAgain, failureOf, holdToSilence, open, started } from './connection.fixture.ts';

const QUICK = { socketTimeoutSeconds: 1, connectTimeoutSeconds: 1 } as const;

describeWith(redisProblem(), 'a connection by Redis Sentinel', () => {
  holdToSilence();
  let service: RedisSentinelService;
  beforeAll(async () => {
    service = await started(
      startRedisSentinel({
        arguments: ['--requirepass', 'secret'],
        sentinelArguments: ['--requirepass', 'secret'],
      }),
    );
  });

  function settings(more: Partial<RedisSentinelSettings> = {}): RedisSentinelSettings {
    const sentinels = service.sentinels.map(({ host, port }) => ({ host, port }));
    return { mode: 'sentinel', sentinels, serviceName: 'mymaster', sentinelPassword: 'secret', ...more };
  }

  it('asks the sentinels for the master, whose password is theirs unless it has its own', async () => {
    for (const more of [{}, { password: 'secret' }]) {
      const connection = open(settings(more));
      await connection.commands().set('key', 'value');
      expect(await (await service.master()).cli('GET', 'key')).toBe('value');
      expect(await connection.masters()).toHaveLength(1);
    }
    await expect(
      open(settings({ password: 'other' }))
        .commands()
        .get('key'),
    ).rejects.toThrow('WRONGPASS');
  });

  it('describes itself without secrets', () => {
    const { description } = open(settings({ database: 1 }));
    expect(description).toMatchObject({ mode: 'sentinel', service_name: 'mymaster', db: 1, tls: false });
    expect(JSON.stringify(description)).not.toContain('secret');
  });

  it('some of the sentinels may be away', async () => {
    const [first, ...others] = settings().sentinels;
    const connection = open(
      settings({
        sentinels: [{ host: '127.0.0.1', port: 1 }, ...(first === undefined ? [] : [first])],
        ...QUICK,
      }),
    );
    expect(await connection.commands().set('key', 'value')).toBe('OK');
    expect(others).toHaveLength(2);
  });

  it('none of them there, or none that knows the name: fails with the reason, again and again', async () => {
    const away = open(settings({ sentinels: [{ host: '127.0.0.1', port: 1 }] }));
    for (let time = 0; time < 3; time += 1) {
      const failure = await failureOf(() => away.commands().get('key'));
      expect(failure.message).toMatch(
        /no connection to mymaster by the sentinels 127\.0\.0\.1:1: .*ECONNREFUSED/,
      );
      expect(failure.milliseconds).toBeLessThan(3_000);
    }
    const unknown = open(settings({ serviceName: 'nobody' }));
    expect((await failureOf(() => unknown.commands().get('key'))).message).toContain(
      'no sentinel knows a master called nobody',
    );
  });

  it('a Redis in the place of the sentinels is told as such', async () => {
    const { host, port } = await started(startRedis());
    const failure = await failureOf(() =>
      open({ mode: 'sentinel', sentinels: [{ host, port }], serviceName: 'mymaster' })
        .commands()
        .get('key'),
    );
    expect(failure.code).toBe('CACHE_BACKEND_UNAVAILABLE');
    expect(failure.message).toContain(
      '(it is a Redis, not a Sentinel: sentinel_nodes (sentinels) names Sentinels, usually on port 26379)',
    );
  });

  it('follows a failover, writes and subscriber', async () => {
    const connection = open(settings(QUICK));
    await answersAgain(connection);
    const subscriber = connection.subscriber();
    const heard: string[] = [];
    subscriber.on('message', (_channel, message: string) => heard.push(message));
    await subscriber.subscribe('news');
    const old = await service.master();
    await old.kill();
    expect(await answersAgain(connection, 25)).toBeLessThan(20_000);
    expect((await service.master()).port).not.toBe(old.port);
    await until(
      async () => {
        await connection.commands().publish('news', 'anew');
        return heard.includes('anew');
      },
      { what: 'the subscriber hears the new master' },
    );
    await old.restart();
    await answersAgain(connection);
  });

  it('a frozen master is left for the new one, and not returned to when it goes on', async () => {
    const connection = open(settings(QUICK));
    await answersAgain(connection);
    const old = await service.master();
    old.freeze();
    expect(await answersAgain(connection, 25)).toBeLessThan(20_000);
    old.thaw();
    await until(async () => (await old.cli('ROLE')).startsWith('slave'), {
      what: 'the old master is a replica',
      timeoutSeconds: 25,
    });
    await connection.commands().set('after', 'thaw');
    expect(await (await service.master()).cli('GET', 'after')).toBe('thaw');
  });
});
