import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { afterEach, expect, jest, test } from '@jest/globals';
import { describeWith } from '../describe-with.ts';
import { redisProblem, startRedis, type RedisOptions, type RedisService } from './redis.ts';

// A busy machine may take its time; every wait inside is bounded and says what it waited for.
jest.setTimeout(30_000);

const started: RedisService[] = [];

async function start(options?: RedisOptions): Promise<RedisService> {
  const redis = await startRedis(options);
  started.push(redis);
  return redis;
}

/** The answer to PING on a connection of its own; undefined when none comes in time. */
function ping(port: number, milliseconds: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const timer = setTimeout(() => {
      socket.destroy();
      resolve(undefined);
    }, milliseconds);
    socket.once('error', reject);
    socket.once('data', (answer) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer.toString());
    });
    socket.write('PING\r\n');
  });
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((redis) => redis.stop()));
});

describeWith(redisProblem(), 'startRedis', () => {
  test('starts a server that answers, on a port of its own, and says which version it is', async () => {
    const [one, other] = await Promise.all([start(), start()]);
    expect(one.port).not.toBe(other.port);
    expect(one.url).toBe(`redis://127.0.0.1:${one.port}`);
    expect(await one.cli('INFO', 'server')).toContain(`redis_version:${one.version}`);
    expect(await one.cli('SET', 'colour', 'blue')).toBe('OK');
    expect(await one.cli('GET', 'colour')).toBe('blue');
    expect(await other.cli('EXISTS', 'colour')).toBe('0');
  });

  test('listens on 127.0.0.1 only', async () => {
    const redis = await start();
    expect(await redis.cli('CONFIG', 'GET', 'bind')).toBe('bind\n127.0.0.1');
  });

  test('refuses connections after kill, and has its data again after restart on the same port', async () => {
    const redis = await start({ arguments: ['--maxmemory', '50mb'] });
    const { pid, port } = redis;
    await redis.cli('SET', 'colour', 'blue');
    await redis.kill();
    await expect(ping(port, 1000)).rejects.toThrow('ECONNREFUSED');
    expect(() => redis.pid).toThrow('not running');
    await redis.restart();
    expect(redis.port).toBe(port);
    expect(redis.pid).not.toBe(pid);
    expect(await redis.cli('GET', 'colour')).toBe('blue');
    expect(await redis.cli('CONFIG', 'GET', 'maxmemory')).toBe('maxmemory\n52428800');
  });

  test('accepts connections but answers nothing while frozen', async () => {
    const redis = await start();
    redis.freeze();
    expect(await ping(redis.port, 200)).toBeUndefined();
    redis.thaw();
    expect(await ping(redis.port, 5000)).toBe('+PONG\r\n');
  });

  test('ends for good by stop, also when frozen or killed, and takes its folder along', async () => {
    const [frozen, killed] = await Promise.all([start(), start()]);
    frozen.freeze();
    await killed.kill();
    await Promise.all([frozen.stop(), killed.stop()]);
    for (const { port, folder } of [frozen, killed]) {
      await expect(ping(port, 1000)).rejects.toThrow('ECONNREFUSED');
      expect(existsSync(folder)).toBe(false);
    }
    await frozen.stop();
  });

  test('knows the password it was started with', async () => {
    const redis = await start({ arguments: ['--requirepass', 'a:b@c'] });
    expect(redis.url).toBe(`redis://:a%3Ab%40c@127.0.0.1:${redis.port}`);
    expect(await ping(redis.port, 1000)).toContain('NOAUTH');
    expect(await redis.cli('PING')).toBe('PONG');
  });

  test('rejects with the words of the server when it answers with an error', async () => {
    const redis = await start();
    await redis.cli('SET', 'text', 'blue');
    await expect(redis.cli('INCR', 'text')).rejects.toThrow('not an integer');
  });

  test('takes the port it is given, and says so when that is taken', async () => {
    const first = await start();
    await expect(start({ port: first.port })).rejects.toThrow(`port ${first.port} on 127.0.0.1 is taken`);
    await first.kill();
    await expect(start({ port: first.port })).rejects.toThrow('is taken');
    await first.stop();
    expect((await start({ port: first.port })).port).toBe(first.port);
  });

  test('says what the server said when it does not start', async () => {
    await expect(start({ arguments: ['--no-such-option', '1'] })).rejects.toThrow('no-such-option');
  });
});
