import { afterEach, expect, it, jest } from '@jest/globals';
import { createBackend, systemClock } from '@cache/core';
import type { BackendContext, CacheBackend } from '@cache/core';
import {
  describeWith,
  redisProblem,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
} from '@cache/services';
import { definition } from './index.ts';

describeWith(redisProblem(), 'type: redis, by LiteLLM’s names', () => {
  // A Cluster or Sentinels take some seconds to start.
  jest.setTimeout(30_000);
  const cleanUps: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  async function started<Service extends { stop(): Promise<void> }>(
    starting: Promise<Service>,
  ): Promise<Service> {
    const service = await starting;
    cleanUps.push(() => service.stop());
    return service;
  }

  async function made(
    params: unknown,
    context: Partial<BackendContext> = {},
  ): Promise<{ backend: CacheBackend; warnings: string[] }> {
    const warnings: string[] = [];
    const backend = await createBackend(definition, params, {
      clock: systemClock,
      warn: (message) => warnings.push(message),
      ...context,
    });
    cleanUps.push(() => backend.close());
    return { backend, warnings };
  }

  async function keeps(backend: CacheBackend): Promise<void> {
    await backend.set('key', Buffer.from('value'));
    expect(Buffer.from((await backend.get('key')) ?? []).toString()).toBe('value');
  }

  it('host and port, the port a string; the password from the environment', async () => {
    const server = await started(startRedis({ arguments: ['--requirepass', 'secret'] }));
    const { backend, warnings } = await made(
      { host: '127.0.0.1', port: String(server.port), ssl: 'False', username: null },
      { environment: { REDIS_PASSWORD: 'secret', REDIS_HOST: 'elsewhere' } },
    );
    await keeps(backend);
    expect(warnings).toEqual([]);
    expect(await backend.describe?.()).toMatchObject({ mode: 'standalone', port: server.port });
  });

  it('a URL, of the environment alone', async () => {
    const server = await started(startRedis({ arguments: ['--requirepass', 'secret'] }));
    const { backend } = await made({}, { environment: { REDIS_URL: `${server.url}/3` } });
    await keeps(backend);
    expect(await server.cli('-n', '3', 'DBSIZE')).toBe('1');
  });

  it('redis_startup_nodes', async () => {
    const cluster = await started(startRedisCluster());
    const nodes = cluster.nodes.map(({ host, port }) => ({ host, port: String(port) }));
    const { backend } = await made({ redis_startup_nodes: nodes });
    await keeps(backend);
    expect(await backend.describe?.()).toMatchObject({ mode: 'cluster' });
  });

  it('sentinel_nodes as pairs, service_name and sentinel_password', async () => {
    const service = await started(
      startRedisSentinel({ arguments: ['--requirepass', 'p'], sentinelArguments: ['--requirepass', 'p'] }),
    );
    const { backend } = await made({
      sentinel_nodes: service.sentinels.map(({ host, port }) => [host, port]),
      ...{ service_name: 'mymaster', sentinel_password: 'p' },
    });
    await keeps(backend);
  });

  it('what has no effect is warned of', async () => {
    const { warnings } = await made(
      { host: 'h', redis_flush_size: 100 },
      { environment: { REDIS_PASWORD: 'x' } },
    );
    expect(warnings).toEqual([
      'redis: redis_flush_size has no effect: answers are stored as they come; nothing waits in memory to be lost',
      'redis: REDIS_PASWORD is not known; did you mean REDIS_PASSWORD?',
    ]);
  });

  it('needs no server to be made, but an address', async () => {
    await made({ host: '127.0.0.1', port: 1 });
    await expect(made({})).rejects.toThrow('there is no address of a Redis; write one of');
    await expect(made({}, { environment: { REDIS_PORT: '6379' } })).rejects.toMatchObject({
      code: 'CACHE_INVALID_OPTION',
    });
  });

  it('problems are told all at once, those of files too', async () => {
    await expect(made({ hots: 'h', port: 'x' })).rejects.toThrow(
      'redis: hots is not known; did you mean host?; port must be a port from 1 to 65535',
    );
    await expect(made({ host: 'h', ssl: true, ssl_ca_certs: '/nowhere' })).rejects.toThrow(
      'redis: tls.caFile (ssl_ca_certs) cannot be read',
    );
    await expect(made('redis://hush@h')).rejects.toThrow('expected an object');
  });
});
