import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createBackend, systemClock, type BackendDefinition, type CacheBackend } from '@cache/core';
import { definition as disk } from '@cache/disk';
import { definition as redis } from '@cache/redis';
import { definition as s3 } from '@cache/s3';
import {
  startRedis,
  startRedisCluster,
  startRedisSentinel,
  startS3,
  type RedisService,
} from '@cache/services';
import { Cluster, Redis } from 'ioredis';
import type { Subject } from './measure.ts';

/** A backend, the client underneath by itself, and the server both speak to. */
export interface Place {
  /** Name and version of the server. */
  readonly server: string;
  /** Another one over the same server each time. */
  readonly open: () => Promise<CacheBackend>;
  readonly bare: Subject;
  readonly close: () => Promise<void>;
}

const NAMESPACE = 'bench';
/** To measure, not to survive. */
const IN_MEMORY = { arguments: ['--appendonly', 'no'] };

/** By name. */
export const PLACES: Readonly<Record<string, () => Promise<Place>>> = {
  'redis, host and port': async () => {
    const server = await startRedis(IN_MEMORY);
    const { host, port } = server;
    return redisPlace(server, { host, port: String(port) }, new Redis(port, host));
  },
  'redis, URL': async () => {
    const server = await startRedis(IN_MEMORY);
    return redisPlace(server, { url: server.url }, new Redis(server.url));
  },
  'redis, Cluster of three': async () => {
    const cluster = await startRedisCluster(IN_MEMORY);
    const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }));
    return redisPlace(
      { version: versionOf(cluster.nodes), stop: () => cluster.stop() },
      { startup_nodes: nodes },
      new Cluster(nodes),
    );
  },
  'redis, Sentinel': async () => {
    const watched = await startRedisSentinel(IN_MEMORY);
    const sentinels = watched.sentinels.map(({ host, port }) => ({ host, port }));
    const params = {
      sentinel_nodes: sentinels.map(({ host, port }) => [host, port]),
      service_name: watched.name,
    };
    const bare = new Redis({ sentinels, name: watched.name });
    return redisPlace({ version: versionOf(watched.nodes), stop: () => watched.stop() }, params, bare);
  },
  s3: s3Place,
  disk: diskPlace,
};

function versionOf(nodes: readonly RedisService[]): string {
  return nodes[0]?.version ?? 'unknown';
}

function redisPlace(
  server: { readonly version: string; readonly stop: () => Promise<void> },
  params: object,
  client: Redis | Cluster,
): Place {
  return {
    server: `Redis ${server.version}`,
    open: () => open(redis, params),
    bare: {
      get: async (key) => (await client.getBuffer(key)) ?? undefined,
      set: (key, bytes) => client.set(key, Buffer.from(bytes), 'PX', 600_000),
    },
    async close() {
      await client.quit();
      await server.stop();
    },
  };
}

async function s3Place(): Promise<Place> {
  const server = await startS3();
  const { endpoint, region, accessKeyId, secretAccessKey } = server;
  const client = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  await client.send(new CreateBucketCommand({ Bucket: NAMESPACE }));
  const params = {
    s3_bucket_name: NAMESPACE,
    s3_endpoint_url: endpoint,
    s3_region_name: region,
    s3_aws_access_key_id: accessKeyId,
    s3_aws_secret_access_key: secretAccessKey,
  };
  return {
    server: server.version,
    open: () => open(s3, params),
    bare: {
      get: async (key) => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: NAMESPACE, Key: key }));
        return Body?.transformToByteArray();
      },
      set: (key, bytes) => client.send(new PutObjectCommand({ Bucket: NAMESPACE, Key: key, Body: bytes })),
    },
    async close() {
      client.destroy();
      await server.stop();
    },
  };
}

/** The bare client is SQLite in the calling thread, which nobody else can use meanwhile. */
async function diskPlace(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-disk-'));
  const database = new DatabaseSync(join(folder, 'bare.db'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  database.exec('CREATE TABLE answers (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID');
  const [read, write] = [
    database.prepare('SELECT value FROM answers WHERE key = ?'),
    database.prepare('INSERT OR REPLACE INTO answers VALUES (?, ?)'),
  ];
  return {
    server: `SQLite ${process.versions['sqlite'] ?? ''}`.trim(),
    open: () => open(disk, { disk_cache_dir: join(folder, 'cache') }),
    bare: {
      get: async (key) => read.get(key)?.['value'],
      set: async (key, bytes) => write.run(key, bytes),
    },
    async close() {
      database.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function open(definition: BackendDefinition, params: object): Promise<CacheBackend> {
  const warn = (message: string): void => void process.stderr.write(`${message}\n`);
  return createBackend(definition, params, { clock: systemClock, environment: {}, warn });
}
