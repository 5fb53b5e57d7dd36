import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { FakeClock } from '@cache/core/testing';
import type { RedisService } from '@cache/services';
import { describeWith, redisProblem, startRedis } from '@cache/services';
import type { RedisBackend, RedisBackendExtras } from '../backend/options.ts';
import { redisBackend } from '../backend/redis-backend.ts';

jest.setTimeout(40_000);

/** Moves the clock in small steps, with time for the sockets between them. */
async function advance(clock: FakeClock, milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 50) {
    await clock.advance(50);
    await sleep(5);
  }
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within 15 s`);
    await sleep(10);
  }
}

describeWith(redisProblem(), 'a subscription', () => {
  let server: RedisService;
  let backends: RedisBackend[];
  let heard: string[];

  beforeEach(async () => {
    server = await startRedis();
    backends = [];
    heard = [];
  });
  afterEach(async () => {
    for (const backend of backends) await backend.close();
    await server.stop();
  });

  function open(extras: RedisBackendExtras & { username?: string; password?: string } = {}): RedisBackend {
    const backend = redisBackend({ mode: 'standalone', host: server.host, port: server.port, ...extras });
    backends.push(backend);
    return backend;
  }

  function subscribe({ sharedState }: RedisBackend): Promise<() => Promise<void>> {
    return sharedState.subscribe(
      (message) => void heard.push(message),
      () => void heard.push('GAP'),
    );
  }

  it('whose server is silent for 5 seconds is given up, and tells of a gap when the next one stands', async () => {
    const clock = new FakeClock();
    const backend = open({ clock });
    await subscribe(backend);
    server.freeze();
    await advance(clock, 15_000);
    expect(heard).toEqual([]);
    server.thaw();
    await until('a gap', async () => {
      await advance(clock, 50);
      return heard.length > 0;
    });
    await open().sharedState.publish('back');
    await until('a message', () => heard.includes('back'));
    expect(heard).toEqual(['GAP', 'back']);
  });

  it('of a quiet bus is left alone', async () => {
    const clock = new FakeClock();
    await subscribe(open({ clock }));
    await advance(clock, 20_000);
    expect(heard).toEqual([]);
    const listening = await server.cli('CLIENT', 'LIST', 'TYPE', 'pubsub');
    expect(listening.split('\n')).toHaveLength(1);
    // 7 s of the server's time at the most, as the clock went faster than it: it is the same connection still.
    expect(await server.cli('INFO', 'stats')).toContain('total_error_replies:0');
  });

  it('tells of a message that was lost on the way, when the next one comes', async () => {
    const backend = open();
    await subscribe(backend);
    await backend.sharedState.publish('1');
    await server.cli('INCR', '{llm-cache-state}:bus');
    await backend.sharedState.publish('3');
    await until('a message', () => heard.includes('3'));
    expect(heard).toEqual(['1', 'GAP', '3']);
  });

  it('tells of it within 2 seconds where none comes', async () => {
    const clock = new FakeClock();
    await subscribe(open({ clock }));
    await server.cli('INCR', '{llm-cache-state}:bus');
    await advance(clock, 2_100);
    expect(heard).toEqual(['GAP']);
    await advance(clock, 10_000);
    expect(heard).toEqual(['GAP']);
  });

  it('tells of numbers that begin anew: who lost them may have lost messages', async () => {
    const clock = new FakeClock();
    const backend = open({ clock });
    await subscribe(backend);
    await backend.sharedState.publish('1');
    await server.cli('DEL', '{llm-cache-state}:bus');
    await advance(clock, 2_100);
    expect(heard).toEqual(['1', 'GAP']);
  });

  it.each(['', 'word', 'NaN x', '-1', '1.5 x'])('takes what it cannot read (%j) for a gap', async (text) => {
    await subscribe(open());
    await server.cli('PUBLISH', 'llm-cache-bus', text);
    await until('a gap', () => heard.length > 0);
    expect(heard).toEqual(['GAP']);
  });

  it('hears nothing of another namespace', async () => {
    const [one, other] = [open({ namespace: 'one' }), open({ namespace: 'other' })];
    await subscribe(one);
    await other.sharedState.publish('for others');
    await one.sharedState.publish('for us');
    await until('a message', () => heard.length > 0);
    expect(heard).toEqual(['for us']);
  });

  it('hears messages in their order, however many connections the sender has', async () => {
    const backend = open();
    await subscribe(backend);
    const load = (count: number) => Array.from({ length: count }, (_, index) => backend.get(`k${index}`));
    await until('several connections', async () => {
      await Promise.all(load(200));
      return (await server.cli('CLIENT', 'LIST', 'TYPE', 'normal')).split('\n').length >= 3;
    });
    const messages = Array.from({ length: 300 }, (_, index) => `${index}`);
    const sent = messages.flatMap((message) => [
      backend.sharedState.publish(message),
      ...load(Number(message) % 5),
    ]);
    await Promise.all(sent);
    await until('the last message', () => heard.includes('299'));
    expect(heard).toEqual(messages);
  });

  it('shares one connection with the others, and ends it with the last', async () => {
    const backend = open();
    const ends = [await subscribe(backend), await subscribe(backend)];
    const listening = async () =>
      (await server.cli('CLIENT', 'LIST', 'TYPE', 'pubsub')).split('\n').filter(Boolean).length;
    expect(await listening()).toBe(1);
    await ends[0]?.();
    expect(await listening()).toBe(1);
    await ends[1]?.();
    await until('nobody listens', async () => (await listening()) === 0);
    await subscribe(backend);
    expect(await listening()).toBe(1);
  });

  it('that cannot be had is refused, with the reason', async () => {
    await server.cli('ACL', 'SETUSER', 'quiet', 'on', '>pw', '~*', 'resetchannels', '+@all');
    const backend = open({ username: 'quiet', password: 'pw' });
    const refused = subscribe(backend);
    await expect(refused).rejects.toMatchObject({ code: 'CACHE_BACKEND_FAILED', operation: 'subscribe' });
    await expect(refused).rejects.toThrow(/refuses the user, its password or its rights: NOPERM/);
    await server.cli('ACL', 'SETUSER', 'quiet', 'allchannels');
    await subscribe(backend);
    await backend.sharedState.publish('now');
    await until('a message', () => heard.includes('now'));
  });

  it('is refused while there is no server, and had when there is one again', async () => {
    const backend = open();
    await server.kill();
    await expect(subscribe(backend)).rejects.toMatchObject({ code: 'CACHE_BACKEND_UNAVAILABLE' });
    await server.restart();
    await until('a subscription', () =>
      subscribe(backend).then(
        () => true,
        () => false,
      ),
    );
    await backend.sharedState.publish('now');
    await until('a message', () => heard.includes('now'));
    expect(heard).toEqual(['now']);
  });
});
