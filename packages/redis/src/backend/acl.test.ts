import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { RedisClusterService, RedisService } from '@cache/services';
import { describeWith, redisProblem, startRedis, startRedisCluster } from '@cache/services';
import { aclCommand } from './acl.fixture.ts';
import type { RedisBackend } from './options.ts';
import { redisBackend } from './redis-backend.ts';

jest.setTimeout(60_000);

const USER = { username: 'cache', password: 'open sesame', namespace: 'ns' };
/** For a database other than 0, for a name, for reads from replicas, and while a slot moves. */
const SOMETIMES_NEEDED = new Set(['select', 'client|setname', 'readonly', 'asking']);

const VALUE = Buffer.from('value');

/** Everything there is, once. */
async function doEverything(backend: RedisBackend): Promise<void> {
  const expiresAt = Date.now() + 60_000;
  const { sharedState } = backend;
  await backend.setMany([
    { key: 'ns:a', bytes: VALUE },
    { key: 'ns:b', bytes: VALUE, deleteAt: expiresAt },
    { key: 'ns:c', bytes: VALUE, deleteAt: 1 },
  ]);
  expect(await backend.getMany(['ns:a', 'ns:b', 'ns:c'])).toEqual([VALUE, VALUE, undefined]);
  expect(await backend.get('ns:a')).toEqual(VALUE);
  expect(await backend.delete(['ns:a'])).toBe(1);
  expect(await backend.clear('ns:')).toBe(1);
  expect(await Array.fromAsync(backend.list('ns:'))).toEqual([]);
  await backend.ping();
  expect(await backend.describe()).toMatchObject({ redis_version: expect.any(String) });
  expect((await backend.serverInfo()).num_clients).toBeGreaterThan(0);
  const increment = { key: randomUUID(), by: 1, limit: 1, expiresAt };
  await sharedState.increment([increment]);
  expect(await sharedState.increment([increment])).toMatchObject({ allowed: false });
  await sharedState.release('a', (await sharedState.acquire('a', expiresAt)) ?? '');
  await sharedState.setMany([
    { key: 'a', value: 'x' },
    { key: 'b', value: 'x', expiresAt },
    { key: 'c', value: 'x', expiresAt: 1 },
  ]);
  expect(await sharedState.getMany(['a', 'c'])).toEqual(['x', undefined]);
  const heard = Promise.withResolvers<string>();
  const end = await sharedState.subscribe(heard.resolve, () => undefined);
  await sharedState.publish('message');
  expect(await heard.promise).toBe('message');
  await end();
  await sharedState.getMany(['a']);
}

describeWith(redisProblem(), 'the user of the README', () => {
  let server: RedisService;
  let cluster: RedisClusterService;
  beforeAll(async () => {
    [server, cluster] = await Promise.all([
      startRedis({ arguments: ['--databases', '4'] }),
      startRedisCluster(),
    ]);
    const command = aclCommand({ namespace: USER.namespace, password: USER.password });
    for (const each of [server, ...cluster.nodes]) await each.cli(...command);
  });
  afterAll(async () => {
    await Promise.all([server.stop(), cluster.stop()]);
  });

  const openStandalone = () =>
    redisBackend({
      mode: 'standalone',
      host: server.host,
      port: server.port,
      database: 1,
      clientName: 'a-cache',
      ...USER,
    });

  const openCluster = () =>
    redisBackend({
      mode: 'cluster',
      nodes: cluster.nodes.map(({ host, port }) => ({ host, port })),
      ...USER,
    });

  async function withBackend(
    backend: RedisBackend,
    run: (backend: RedisBackend) => Promise<void>,
  ): Promise<void> {
    try {
      await run(backend);
    } finally {
      await backend.close();
    }
  }

  it('may do everything the package does on one server', () => withBackend(openStandalone(), doEverything));

  it('may do everything the package does on a Cluster', () => withBackend(openCluster(), doEverything));

  it('may not touch what is outside of the namespace, and is told so', async () => {
    await withBackend(openStandalone(), async (backend) => {
      await expect(backend.get('other:a')).rejects.toMatchObject({
        code: 'CACHE_BACKEND_FAILED',
        message: expect.stringContaining('NOPERM'),
      });
    });
  });

  it('has no right it does not need', async () => {
    const rights = aclCommand(USER)
      .filter((word) => word.startsWith('+'))
      .map((word) => word.slice(1));
    const idle: string[] = [];
    for (const right of rights) {
      const everywhere = (sign: string) =>
        Promise.all(
          [server, ...cluster.nodes].map((each) => each.cli('ACL', 'SETUSER', 'cache', `${sign}${right}`)),
        );
      await everywhere('-');
      const failures = await Promise.all(
        [openStandalone(), openCluster()].map((backend) =>
          withBackend(backend, doEverything).then(
            () => false,
            () => true,
          ),
        ),
      );
      if (!failures.includes(true) && !SOMETIMES_NEEDED.has(right)) idle.push(right);
      await everywhere('+');
    }
    expect(idle).toEqual([]);
  });
});
