import { beforeEach, expect, it } from '@jest/globals';
import { describeWith, redisProblem, startRedis, until } from '@cache/services';
import type { RedisService } from '@cache/services';
import { answersAgain, at, failureOf, holdToSilence, open, started } from './connection.fixture.ts';

const QUICK = { socketTimeoutSeconds: 0.6, connectTimeoutSeconds: 0.6, maxConnections: 1 } as const;

describeWith(redisProblem(), 'a Redis in trouble', () => {
  holdToSilence();
  let server: RedisService;
  beforeEach(async () => {
    server = await started(startRedis());
  });

  it('killed: what was under way fails at once and is not sent a second time', async () => {
    const connection = open(at(server));
    await connection.commands().ping();
    server.freeze();
    const underWay = Array.from({ length: 20 }, () => failureOf(() => connection.commands().incr('count')));
    const begin = performance.now();
    await server.kill();
    for (const failure of await Promise.all(underWay)) {
      expect(failure.code).toBe('CACHE_BACKEND_UNAVAILABLE');
    }
    expect(performance.now() - begin).toBeLessThan(2_000);
    await server.restart();
    await answersAgain(connection);
    expect(await connection.commands().get('count')).toBeNull();
  });

  it('frozen: commands fail after the socket’s time, and are answered soon after it goes on', async () => {
    const connection = open(at(server, QUICK));
    await connection.commands().ping();
    server.freeze();
    const failure = await failureOf(() => connection.commands().get('key'));
    expect(failure.code).toBe('CACHE_BACKEND_TIMEOUT');
    expect(failure.message).toContain('Socket timeout');
    expect(failure.milliseconds).toBeGreaterThan(500);
    expect(failure.milliseconds).toBeLessThan(2_500);
    // The kernel still takes connections; the server says nothing on them.
    expect((await failureOf(() => connection.commands().get('key'))).milliseconds).toBeLessThan(4_000);
    server.thaw();
    expect(await answersAgain(connection)).toBeLessThan(5_000);
  });

  it('frozen: what waits is bounded, and all of it ends', async () => {
    const connection = open(at(server, QUICK));
    await connection.commands().ping();
    server.freeze();
    const outcomes: Promise<{ message: string; code: string }>[] = [];
    for (let time = 0; time < 12_000; time += 1) {
      outcomes.push(failureOf(async () => connection.commands().get(`key ${time}`)));
    }
    const messages = (await Promise.all(outcomes)).map(({ message }) => message);
    const refused = messages.filter((message) => message.includes('wait for the server already'));
    expect(refused).toHaveLength(2_000);
    server.thaw();
    expect(await answersAgain(connection)).toBeLessThan(5_000);
  });

  it('frozen: large values are bounded by their bytes', async () => {
    const connection = open(at(server, QUICK));
    await connection.commands().ping();
    server.freeze();
    const value = Buffer.alloc(16 * 1024 * 1024);
    const outcomes = Array.from({ length: 6 }, () =>
      failureOf(async () => connection.commands().set('big', value)),
    );
    const refused = (await Promise.all(outcomes)).filter(({ message }) =>
      message.includes('wait for the server already'),
    );
    expect(refused).toHaveLength(2);
  });

  it('frozen: closing takes no longer than two seconds', async () => {
    const connection = open(at(server));
    await connection.commands().ping();
    server.freeze();
    const waiting = failureOf(() => connection.commands().get('key'));
    const begin = performance.now();
    await connection.close();
    expect(performance.now() - begin).toBeLessThan(2_000);
    expect((await waiting).code).toBe('CACHE_CLOSED');
  });

  it('away for long: nothing piles up, and it is found again within seconds', async () => {
    const connection = open(at(server, QUICK));
    await connection.commands().ping();
    await server.kill();
    const end = performance.now() + 3_000;
    let failures = 0;
    while (performance.now() < end) {
      await Promise.all(
        Array.from({ length: 50 }, () => failureOf(async () => connection.commands().get('key'))),
      );
      failures += 50;
    }
    expect(failures).toBeGreaterThan(50);
    await server.restart();
    expect(await answersAgain(connection)).toBeLessThan(5_000);
  });

  it('there only later: the first command waits or fails, a later one is answered', async () => {
    const { port } = server;
    await server.kill();
    const connection = open(at({ port }));
    await failureOf(() => connection.commands().get('key'));
    await server.restart();
    await until(async () => (await connection.commands().ping()) === 'PONG', { what: 'it is answered' });
  });
});
