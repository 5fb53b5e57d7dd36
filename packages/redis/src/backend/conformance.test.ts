import { afterAll, beforeAll, describe, it, jest } from '@jest/globals';
import { backendSuite } from '@cache/core/testing';
import type { RedisClusterService, RedisSentinelService, RedisService } from '@cache/services';
import {
  describeWith,
  redisProblem,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
} from '@cache/services';
import { Redis } from 'ioredis';
import { aclCommand } from './acl.fixture.ts';
import { redisBackend } from './redis-backend.ts';

jest.setTimeout(30_000);

describeWith(redisProblem(), 'the conformance suite on one server', () => {
  let server: RedisService;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());
  const open = () => redisBackend({ mode: 'standalone', host: server.host, port: server.port });

  describe('with a connection of its own', () => {
    backendSuite({ test: it, create: async () => ({ backend: open(), reopen: async () => open() }) });
  });

  describe('with a client that was there', () => {
    backendSuite({
      test: it,
      create: async () => {
        const client = new Redis({ host: server.host, port: server.port });
        return {
          backend: redisBackend({ client }),
          dispose: async () => {
            await client.ping();
            client.disconnect();
          },
        };
      },
    });
  });

  describe('as a user who may touch one namespace only', () => {
    beforeAll(() => server.cli(...aclCommand({ namespace: 'tests', password: 'open sesame' })));
    backendSuite({
      test: it,
      create: async () => ({
        backend: redisBackend({
          mode: 'standalone',
          host: server.host,
          port: server.port,
          username: 'cache',
          password: 'open sesame',
          namespace: 'tests',
        }),
        prefix: 'tests:',
      }),
    });
  });
});

describeWith(redisProblem(), 'the conformance suite on a Cluster', () => {
  let cluster: RedisClusterService;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.stop());
  const open = () => {
    const [first] = cluster.nodes.map(({ host, port }) => ({ host, port }));
    return redisBackend({ mode: 'cluster', nodes: first === undefined ? [] : [first] });
  };
  backendSuite({ test: it, create: async () => ({ backend: open(), reopen: async () => open() }) });
});

describeWith(redisProblem(), 'the conformance suite on a master with Sentinels', () => {
  let sentinel: RedisSentinelService;
  beforeAll(async () => {
    sentinel = await startRedisSentinel();
  });
  afterAll(() => sentinel.stop());
  const open = () =>
    redisBackend({
      mode: 'sentinel',
      sentinels: sentinel.sentinels.map(({ host, port }) => ({ host, port })),
      serviceName: sentinel.name,
    });
  backendSuite({ test: it, create: async () => ({ backend: open(), reopen: async () => open() }) });
});
