import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  describeWith,
  makeTlsFiles,
  redisProblem,
  s3Problem,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
  startS3,
} from '@cache/services';
import { folderWith, startApp, type RunningApp } from './app.fixture.ts';

/** Clusters and Sentinels take some seconds to find themselves, longer on a busy machine. */
jest.setTimeout(120_000);

/** A place where answers live, as a user of the proxy configures it. */
interface Place {
  readonly params: object;
  readonly environment?: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

const REDIS: Readonly<Record<string, () => Promise<Place>>> = {
  'redis by host and port': async () => {
    const server = await startRedis({ arguments: ['--requirepass', 'a-password'] });
    const params = { type: 'redis', host: server.host, port: String(server.port), password: 'a-password' };
    return { params, stop: () => server.stop() };
  },
  'redis by URL': async () => {
    const server = await startRedis();
    return { params: { type: 'redis', url: server.url }, stop: () => server.stop() };
  },
  'redis by variables of the environment, without a type': async () => {
    const server = await startRedis();
    const environment = { REDIS_HOST: server.host, REDIS_PORT: String(server.port) };
    return { params: {}, environment, stop: () => server.stop() };
  },
  'redis over TLS': async () => {
    const tls = await makeTlsFiles();
    const server = await startRedis({ tls });
    const params = {
      type: 'redis',
      host: server.host,
      port: server.port,
      ssl: true,
      ssl_ca_certs: tls.caFile,
    };
    return { params, stop: () => server.stop() };
  },
  'redis as a Cluster': async () => {
    const cluster = await startRedisCluster();
    const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }));
    return { params: { type: 'redis', redis_startup_nodes: nodes }, stop: () => cluster.stop() };
  },
  'redis behind Sentinels': async () => {
    const watched = await startRedisSentinel();
    const sentinels = watched.sentinels.map(({ host, port }) => [host, port]);
    const params = { type: 'redis', sentinel_nodes: sentinels, service_name: watched.name };
    return { params, stop: () => watched.stop() };
  },
};

const S3 = async (): Promise<Place> => {
  const server = await startS3();
  const params = {
    type: 's3',
    s3_bucket_name: 'answers',
    s3_create_bucket: true,
    s3_endpoint_url: server.endpoint,
    s3_region_name: server.region,
    s3_aws_access_key_id: server.accessKeyId,
    s3_aws_secret_access_key: server.secretAccessKey,
    // What S3 usually takes is far below this; a single-disk server on a busy machine is not.
    operation_timeout_seconds: 5,
  };
  return { params, stop: () => server.stop() };
};

const DISK = async (): Promise<Place> => {
  const folder = folderWith({});
  const stop = async (): Promise<void> => folder[Symbol.dispose]();
  return { params: { type: 'disk', disk_cache_dir: folder.path }, stop };
};

function configuration(params: object): object {
  return {
    model_list: [{ model_name: 'm', litellm_params: { model: 'openai/m', mock_response: 'An answer.' } }],
    litellm_settings: { cache: true, cache_params: { ttl: 600, namespace: 'answers', ...params } },
  };
}

interface Asked {
  readonly cacheStatus: string;
  readonly body: string;
}

async function ask({ url }: RunningApp): Promise<Asked> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'What is a cache?' }] }),
  });
  return { cacheStatus: response.headers.get('cache-status') ?? '', body: await response.text() };
}

function keepsAnswers(name: string, open: () => Promise<Place>): void {
  describe(name, () => {
    let place: Place;
    beforeAll(async () => (place = await open()));
    afterAll(async () => place?.stop());

    it('answers the second time, and after the proxy was started again, from the cache', async () => {
      using folder = folderWith({ 'config.yaml': configuration(place.params) });
      const commandLine = ['--config', `${folder.path}/config.yaml`];
      const start = (): Promise<RunningApp> =>
        startApp(commandLine, place.environment === undefined ? {} : { environment: place.environment });
      let first: Asked;
      {
        await using app = await start();
        await app.says(/The cache backend \w+ answers/);
        first = await ask(app);
        expect(first.cacheStatus).toBe('llm-cache;fwd=uri-miss;stored');
        expect(await ask(app)).toEqual({
          cacheStatus: expect.stringMatching(/^llm-cache;hit;/),
          body: first.body,
        });
        const ping = (await (await fetch(`${app.url}/cache/ping`)).json()) as Record<string, unknown>;
        expect(ping).toMatchObject({ status: 'healthy', ping_response: true, set_cache_response: 'success' });
        app.process.kill('SIGTERM');
        expect(await app.ended).toBe(0);
      }
      await using again = await start();
      await again.says(/The cache backend \w+ answers/);
      const third = await ask(again);
      expect(third).toEqual({
        cacheStatus: expect.stringMatching(/^llm-cache;hit;ttl=5\d\d;/),
        body: first.body,
      });

      const key = /key="([^"]+)"/.exec(third.cacheStatus)?.[1];
      const deleted = await fetch(`${again.url}/cache/delete`, {
        method: 'POST',
        body: JSON.stringify({ keys: [key] }),
      });
      expect([deleted.status, await deleted.json()]).toEqual([200, { status: 'success' }]);
      expect((await ask(again)).cacheStatus).toBe('llm-cache;fwd=uri-miss;stored');
      expect((await fetch(`${again.url}/cache/flushall`, { method: 'POST' })).status).toBe(200);
      expect((await ask(again)).cacheStatus).toBe('llm-cache;fwd=uri-miss;stored');
    });
  });
}

describeWith(redisProblem(), 'a proxy over Redis', () => {
  for (const [name, open] of Object.entries(REDIS)) keepsAnswers(name, open);
});

describeWith(s3Problem(), 'a proxy over S3', () => {
  keepsAnswers('s3', S3);
});

keepsAnswers('a proxy over a folder', DISK);
