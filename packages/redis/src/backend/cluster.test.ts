import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { CacheError } from '@cache/core';
import type { RedisClusterService } from '@cache/services';
import { describeWith, redisProblem, startRedisCluster } from '@cache/services';
import type { RedisBackend } from './options.ts';
import { redisBackend } from './redis-backend.ts';

jest.setTimeout(120_000);

const HOUR_MILLISECONDS = 3_600_000;

/** Keys over all slots. */
const KEYS = Array.from({ length: 300 }, (_, index) => `load:${index}`);

interface Load {
  /** Failures since the last look, by code. Fails if one has none. */
  readonly failures: () => Readonly<Record<string, number>>;
  readonly stop: () => Promise<void>;
}

/** Reads and writes all the time, each within half a second; what was read must be what was written. */
function startLoad(backend: RedisBackend): Load {
  let isOver = false;
  let failures: Record<string, number> = {};
  const wrong: unknown[] = [];
  const note = (error: unknown): void => {
    if (!CacheError.is(error)) wrong.push(error);
    else failures[error.code] = (failures[error.code] ?? 0) + 1;
  };
  const work = async (start: number): Promise<void> => {
    for (let index = start; !isOver; index += 7) {
      const key = KEYS[index % KEYS.length] ?? '';
      const signal = AbortSignal.timeout(500);
      try {
        await backend.set(key, Buffer.from(key), { signal });
        const value = await backend.get(key, { signal });
        if (value !== undefined && Buffer.from(value).toString() !== key) wrong.push([key, value]);
        await backend.sharedState.increment([{ key, by: 1, expiresAt: Date.now() + HOUR_MILLISECONDS }], {
          signal,
        });
      } catch (error) {
        note(error);
      }
      await sleep(2);
    }
  };
  const workers = [0, 1, 2, 3].map(work);
  return {
    failures: () => {
      expect(wrong).toEqual([]);
      const seen = failures;
      failures = {};
      return seen;
    },
    stop: async () => {
      isOver = true;
      await Promise.all(workers);
    },
  };
}

/** Resolves when nothing of the load has failed for a second. */
async function healthyWithin(seconds: number, load: Load): Promise<void> {
  const deadline = performance.now() + seconds * 1_000;
  load.failures();
  for (;;) {
    await sleep(1_000);
    const failures = load.failures();
    if (Object.keys(failures).length === 0) return;
    expect([performance.now() < deadline, failures]).toEqual([true, failures]);
  }
}

describeWith(redisProblem(), 'a Cluster', () => {
  let cluster: RedisClusterService;
  let backend: RedisBackend;
  beforeAll(async () => {
    cluster = await startRedisCluster({ replicas: 1 });
    const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }));
    backend = redisBackend({ mode: 'cluster', nodes: nodes.slice(0, 1), namespace: 'ns' });
  });
  afterAll(async () => {
    await backend.close();
    await cluster.stop();
  });

  async function keyCount(): Promise<number> {
    const counts = (await cluster.masters()).map(async (node) => Number(await node.cli('DBSIZE')));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  it('clears five thousand keys and leaves all others, shared state too', async () => {
    const items = (prefix: string, count: number) =>
      Array.from({ length: count }, (_, index) => ({ key: `${prefix}${index}`, bytes: Buffer.from('x') }));
    await backend.setMany([...items('ns:', 5_000), ...items('ns2:', 100), ...items('other', 100)]);
    const expiresAt = Date.now() + HOUR_MILLISECONDS;
    await backend.sharedState.increment([
      { key: 'one', by: 1, expiresAt },
      { key: 'two', by: 2, expiresAt },
    ]);
    await backend.sharedState.setMany([{ key: 'value', value: 'x' }]);
    expect(await backend.clear('ns:')).toBe(5_000);
    expect(await keyCount()).toBe(203);
    expect(await Array.fromAsync(backend.list('ns:'))).toEqual([]);
    expect(await Array.fromAsync(backend.list('ns2:'))).toHaveLength(100);
    expect(await backend.clear('')).toBe(200);
    expect(await backend.sharedState.getMany(['value'])).toEqual(['x']);
    await cluster.masters().then((masters) => Promise.all(masters.map((node) => node.cli('FLUSHALL'))));
  });

  it('deletes across slots, and counts', async () => {
    const keys = Array.from({ length: 1_200 }, (_, index) => `ns:${index}`);
    await backend.setMany(keys.slice(0, 1_000).map((key) => ({ key, bytes: Buffer.from(key) })));
    expect(await backend.delete(keys)).toBe(1_000);
    expect(await keyCount()).toBe(0);
  });

  it('says what each master says', async () => {
    const { num_clients, info } = await backend.serverInfo();
    expect(num_clients).toBeGreaterThanOrEqual(3);
    const masters = (await cluster.masters()).map(({ host, port }) => `${host}:${port}`);
    expect(Object.keys(info).sort()).toEqual(masters.sort());
    expect(await backend.describe()).toMatchObject({
      mode: 'cluster',
      redis_version: cluster.nodes[0]?.version,
    });
  });

  it('whose slots move fails nothing without a code, loses nothing, and clears what moves', async () => {
    const items = Array.from({ length: 2_000 }, (_, index) => ({
      key: `ns:${index}`,
      bytes: Buffer.from(`value ${index}`),
    }));
    await backend.setMany(items);
    const [first, second] = await cluster.masters();
    if (first === undefined || second === undefined) throw new Error('no masters');
    const load = startLoad(backend);
    const moving = cluster.moveSlots(5_500, 6_500, first);
    let isMoved = false;
    void moving.finally(() => (isMoved = true));
    do {
      const values = await backend.getMany(items.map(({ key }) => key));
      expect(values.filter((value) => value === undefined)).toEqual([]);
    } while (!isMoved);
    await moving;
    await healthyWithin(30, load);
    const movingBack = cluster.moveSlots(5_500, 6_500, second);
    let cleared = 0;
    while (cleared < items.length) cleared += await backend.clear('ns:');
    expect(cleared).toBe(items.length);
    await movingBack;
    expect(await Array.fromAsync(backend.list('ns:'))).toEqual([]);
    await healthyWithin(30, load);
    await load.stop();
  });

  it('that loses a master fails with codes only, and is whole again within 30 seconds; the bus tells', async () => {
    const heard: string[] = [];
    await backend.sharedState.subscribe(
      (message) => void heard.push(message),
      () => void heard.push('GAP'),
    );
    const load = startLoad(backend);
    await healthyWithin(10, load);
    const [lost] = await cluster.masters();
    await lost?.kill();
    await sleep(500);
    await healthyWithin(30, load);
    await load.stop();
    await cluster.settled();
    await backend.sharedState.publish('after');
    const deadline = performance.now() + 15_000;
    while (heard.at(-1) !== 'after' && performance.now() < deadline) {
      await sleep(200);
      await backend.sharedState.publish('after').catch(() => undefined);
    }
    expect(heard.at(-1)).toBe('after');
    await lost?.restart();
    await cluster.settled();
  });
});
