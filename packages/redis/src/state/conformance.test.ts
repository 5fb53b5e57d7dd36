import { afterAll, beforeAll, describe, it, jest } from '@jest/globals';
import { sharedStateSuite } from '@cache/core/testing';
import type { RedisClusterService, RedisService } from '@cache/services';
import { describeWith, redisProblem, startRedis, startRedisCluster } from '@cache/services';
import { aclCommand } from '../backend/acl.fixture.ts';
import type { RedisBackend } from '../backend/options.ts';
import { redisBackend } from '../backend/redis-backend.ts';

jest.setTimeout(40_000);

/** `open` twice, as two processes do. */
function suite(open: () => RedisBackend, interrupt: () => Promise<unknown>): void {
  sharedStateSuite({
    test: it,
    create: async () => {
      const [one, other] = [open(), open()];
      return {
        state: one.sharedState,
        other: other.sharedState,
        interrupt: async () => {
          await interrupt();
        },
        close: () => one.close(),
        dispose: () => other.close(),
      };
    },
  });
}

describeWith(redisProblem(), 'the shared-state suite on one server', () => {
  let server: RedisService;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  const place = () => ({ mode: 'standalone', host: server.host, port: server.port }) as const;
  const interrupt = () => server.cli('CLIENT', 'KILL', 'TYPE', 'pubsub');

  describe('without a namespace', () => {
    suite(() => redisBackend(place()), interrupt);
  });

  describe('as a user who may touch one namespace only', () => {
    beforeAll(() => server.cli(...aclCommand({ namespace: 'tests', password: 'open sesame' })));
    const user = { username: 'cache', password: 'open sesame', namespace: 'tests' };
    suite(() => redisBackend({ ...place(), ...user }), interrupt);
  });

  describe('when the server is killed, and comes back', () => {
    suite(
      () => redisBackend({ ...place(), namespace: 'killed' }),
      async () => {
        await server.kill();
        await server.restart();
      },
    );
  });
});

describeWith(redisProblem(), 'the shared-state suite on a Cluster', () => {
  let cluster: RedisClusterService;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.stop());

  suite(
    () =>
      redisBackend({
        mode: 'cluster',
        nodes: cluster.nodes.map(({ host, port }) => ({ host, port })),
        namespace: 'tests',
      }),
    () => Promise.all(cluster.nodes.map((node) => node.cli('CLIENT', 'KILL', 'TYPE', 'pubsub'))),
  );
});
