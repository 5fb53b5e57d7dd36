import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWith } from '../describe-with.ts';
import { until } from '../process/until.ts';
import { makeTlsFiles, tlsProblem } from '../tls-files.ts';
import { startRedisCluster, type RedisClusterService } from './redis-cluster.ts';
import { redisProblem } from './redis.ts';

/** In slots 866 and 5061, both the first master's in the beginning. */
const moving = '{hello} \n"wörld\\"';
const staying = '{bar}';

describeWith(redisProblem(), 'startRedisCluster', () => {
  let cluster: RedisClusterService;

  beforeAll(async () => {
    cluster = await startRedisCluster({ replicas: 1 });
  }, 60_000);

  afterAll(async () => {
    await cluster.stop();
  });

  test('is three masters that serve all slots, and a replica in step with each', async () => {
    expect(await cluster.masters()).toEqual(cluster.nodes.slice(0, 3));
    for (const node of cluster.nodes) {
      expect(await node.cli('CLUSTER', 'INFO')).toContain('cluster_slots_ok:16384');
    }
    for (const replica of cluster.nodes.slice(3)) {
      expect(await replica.cli('INFO', 'replication')).toContain('master_link_status:up');
    }
  });

  test('moves a range of slots, with the keys in it, to another master', async () => {
    const [first, second] = cluster.nodes;
    for (const key of [moving, staying]) await first!.cli('SET', key, `value of ${key}`);
    await cluster.moveSlots(800, 899, second!);
    for (const node of cluster.nodes.slice(0, 3)) {
      expect(await node.cli('-c', 'GET', moving)).toBe(`value of ${moving}`);
    }
    expect(await second!.cli('CLUSTER', 'COUNTKEYSINSLOT', '866')).toBe('1');
    await expect(first!.cli('GET', moving)).rejects.toThrow(`MOVED 866 127.0.0.1:${second!.port}`);
    expect(await first!.cli('GET', staying)).toBe(`value of ${staying}`);
  }, 30_000);

  test('puts a replica in the place of a master that is killed, and takes that back as a replica', async () => {
    const [lost] = cluster.nodes;
    await lost!.kill();
    const masters = await until(
      async () => {
        const now = await cluster.masters();
        return now.length === 3 && now;
      },
      { what: 'a replica is promoted' },
    );
    expect(masters).not.toContain(lost);
    await cluster.settled();
    expect(await masters[0]!.cli('-c', 'GET', staying)).toBe(`value of ${staying}`);

    await lost!.restart();
    await until(async () => (await lost!.cli('ROLE')).startsWith('slave'), { what: 'it is a replica' });
    await cluster.settled();
    expect(await cluster.masters()).toHaveLength(3);
  }, 60_000);
});

describeWith(redisProblem() ?? tlsProblem(), 'startRedisCluster with TLS and a password', () => {
  test('speaks TLS among its nodes too, and moves slots that way', async () => {
    const tls = await makeTlsFiles();
    const cluster = await startRedisCluster({ tls, arguments: ['--requirepass', 'secret'] });
    try {
      const [first, second] = cluster.nodes;
      expect(first!.url).toBe(`rediss://:secret@127.0.0.1:${first!.port}`);
      await first!.cli('-c', 'SET', 'hello', 'blue');
      await cluster.moveSlots(866, 866, second!);
      expect(await second!.cli('GET', 'hello')).toBe('blue');
    } finally {
      await cluster.stop();
    }
  }, 60_000);
});
