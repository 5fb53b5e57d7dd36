import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { CacheBackend } from '@cache/core';
import { FakeClock } from '@cache/core/testing';
import { describeWith, s3Problem, startS3, type S3Service } from '@cache/services';
import { startForwarder } from './forwarder.fixture.ts';
import { backendOver, bareClient, connectionTo, newBucket } from './s3.fixture.ts';
import { s3Backend } from './s3.ts';

const HASH = '0'.repeat(64);
const KEY = `team-a:${HASH}`;
const VALUE = Buffer.from('value');

describeWith(s3Problem(), 'a bucket as a backend', () => {
  let server: S3Service;
  let client: S3Client;
  let bucket: string;

  beforeAll(async () => {
    server = await startS3();
    client = bareClient(server);
    bucket = await newBucket(client);
  }, 90_000);

  afterAll(async () => {
    client.destroy();
    await server.stop();
  });

  const names = async (Bucket: string): Promise<string[]> => {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
    return Contents.map(({ Key = '' }) => Key);
  };

  describe('objects', () => {
    it('lie where LiteLLM puts them, with the headers it writes', async () => {
      const own = await newBucket(client);
      const clock = new FakeClock(Date.UTC(2030, 0, 1));
      await using backend = disposable(backendOver(server, { bucket: own, path: 'my/cache/', clock }));
      await backend.set(KEY, VALUE, { deleteAt: clock.now() + 90_500 });
      expect(await names(own)).toEqual([`my/cache/team-a/${HASH}`]);
      const object = await client.send(new GetObjectCommand({ Bucket: own, Key: `my/cache/team-a/${HASH}` }));
      expect(object).toMatchObject({
        CacheControl: 'immutable, max-age=91, s-maxage=91',
        ExpiresString: 'Tue, 01 Jan 2030 00:01:31 GMT',
        ContentType: 'application/octet-stream',
        ContentDisposition: `attachment; filename="${HASH}.frame"`,
        Metadata: { 'delete-at': String(clock.now() + 90_500) },
      });
      expect(Buffer.from((await object.Body?.transformToByteArray()) ?? [])).toEqual(VALUE);
    });

    it('without a lifetime are good for a year elsewhere, and for ever here', async () => {
      const clock = new FakeClock();
      await using backend = disposable(backendOver(server, { bucket, clock }));
      await backend.set('unlimited', VALUE);
      const object = await client.send(new GetObjectCommand({ Bucket: bucket, Key: 'unlimited' }));
      expect(object.CacheControl).toBe('immutable, max-age=31536000, s-maxage=31536000');
      expect(object.ExpiresString).toBeUndefined();
      await clock.advance(10 * 365 * 86_400_000);
      expect(await backend.get('unlimited')).toEqual(new Uint8Array(VALUE));
    });

    it('are a miss from the very millisecond of their deleteAt, and stay', async () => {
      const clock = new FakeClock();
      await using backend = disposable(backendOver(server, { bucket, clock }));
      await backend.set('short', VALUE, { deleteAt: clock.now() + 100 });
      await clock.advance(99);
      expect(await backend.get('short')).toBeDefined();
      await clock.advance(1);
      expect(await backend.get('short')).toBeUndefined();
      expect(await names(bucket)).toContain('short');
    });

    it('of another program expire by their Expires header', async () => {
      const clock = new FakeClock();
      await using backend = disposable(backendOver(server, { bucket, clock }));
      const Expires = new Date(clock.now() + 2_000);
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'foreign', Body: VALUE, Expires }));
      expect(await backend.get('foreign')).toBeDefined();
      await clock.advance(2_000);
      expect(await backend.get('foreign')).toBeUndefined();
    });

    it('larger than a value may be are not read', async () => {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'huge', Body: Buffer.alloc(100_001) }));
      await using backend = disposable(backendOver(server, { bucket, maxValueBytes: 100_000 }));
      await expect(backend.get('huge')).rejects.toMatchObject({ code: 'CACHE_ENTRY_DAMAGED' });
      expect(await backend.delete(['huge'])).toBe(1);
    });

    it('of a megabyte go and come, many at once', async () => {
      await using backend = disposable(backendOver(server, { bucket, maxConnections: 8 }));
      const values = Array.from({ length: 24 }, (_, index) => Buffer.alloc(1024 * 1024, index));
      await Promise.all(values.map((value, index) => backend.set(`mega:${index}`, value)));
      const read = await Promise.all(values.map((_, index) => backend.get(`mega:${index}`)));
      expect(read.every((value, index) => values[index]?.equals(value ?? Buffer.alloc(0)))).toBe(true);
      expect(await backend.clear?.('mega:')).toBe(24);
    }, 60_000);
  });

  describe('clearing', () => {
    it('leaves what is no key of ours, in the folder and beside it', async () => {
      const own = await newBucket(client);
      for (const Key of ['cache/a/', 'cache/a//b', 'cache2/a/b', 'a/b'])
        await client.send(new PutObjectCommand({ Bucket: own, Key, Body: VALUE }));
      await using backend = disposable(backendOver(server, { bucket: own, path: 'cache' }));
      for (const key of ['a:b', 'a:', 'a:c:d', 'ab']) await backend.set(key, VALUE);
      expect(await backend.clear?.('a:')).toBe(3);
      expect((await names(own)).sort()).toEqual(['a/b', 'cache/a/', 'cache/a//b', 'cache/ab', 'cache2/a/b']);
    });

    it('takes single deletions where many at once are refused, and remembers that', async () => {
      await using forwarder = await startForwarder(server.endpoint);
      forwarder.intercept = (line, response) => {
        if (!line.startsWith('POST ')) return false;
        response.writeHead(501).end();
        return true;
      };
      const batches = (): number => forwarder.requests.filter((line) => line.startsWith('POST ')).length;
      await using backend = disposable(backendOver(server, { bucket, endpoint: forwarder.url }));
      for (const round of ['first', 'second']) {
        for (const name of ['a', 'b', 'c']) await backend.set(`${round}:${name}`, VALUE);
        expect(await backend.clear?.(`${round}:`)).toBe(3);
        expect(await backend.get(`${round}:a`)).toBeUndefined();
      }
      expect(batches()).toBe(1);
    });

    it('asks once for many where that is possible', async () => {
      await using forwarder = await startForwarder(server.endpoint);
      await using backend = disposable(backendOver(server, { bucket, endpoint: forwarder.url }));
      for (const name of ['a', 'b', 'c']) await backend.set(`many:${name}`, VALUE);
      forwarder.requests.length = 0;
      expect(await backend.clear?.('many:')).toBe(3);
      expect(forwarder.requests.map((line) => line.split(' ')[0])).toEqual(['GET', 'POST', 'GET']);
    });
  });

  describe('a missing bucket', () => {
    it('is a clear error of the first operation, whichever it is', async () => {
      await using backend = disposable(backendOver(server, { bucket: 'no-such-bucket' }));
      const operations = [
        () => backend.ping(),
        () => backend.get('a'),
        () => backend.set('a', VALUE),
        () => backend.delete(['a']),
        async () => backend.clear?.('a'),
        async () => backend.describe?.(),
      ];
      for (const operation of operations) {
        await expect(operation()).rejects.toMatchObject({
          code: 'CACHE_BACKEND_FAILED',
          message: expect.stringMatching(
            /^s3: \w+ failed on bucket "no-such-bucket" \(region us-east-1, http:\/\/127\.0\.0\.1:\d+\): the bucket does not exist: create it, or set s3_create_bucket/,
          ),
        });
      }
    });

    it.each(['ping', 'get', 'set', 'delete', 'clear', 'list'] as const)(
      'is created by %s if that was asked for',
      async (operation) => {
        const own = `created-by-${operation}`;
        await using backend = disposable(backendOver(server, { bucket: own, createBucket: true }));
        if (operation === 'ping') await backend.ping();
        if (operation === 'get') expect(await backend.get('a')).toBeUndefined();
        if (operation === 'set') await backend.set('a', VALUE);
        if (operation === 'delete') expect(await backend.delete(['a'])).toBe(0);
        if (operation === 'clear') expect(await backend.clear?.('a')).toBe(0);
        if (operation === 'list') expect(await Array.fromAsync(backend.list?.('') ?? [])).toEqual([]);
        await client.send(new HeadBucketCommand({ Bucket: own }));
      },
    );

    it('is created once by many operations, and by two processes at the same time', async () => {
      const options = { bucket: 'created-by-many', createBucket: true };
      await using one = disposable(backendOver(server, options));
      await using other = disposable(backendOver(server, options));
      const writes = [one, other].flatMap((backend, index) =>
        ['a', 'b', 'c'].map((name) => backend.set(`${index}${name}`, VALUE)),
      );
      await Promise.all(writes);
      expect(await names('created-by-many')).toHaveLength(6);
    });
  });

  describe('wrong credentials', () => {
    it.each([
      ['secretAccessKey', 'wrong'],
      ['accessKeyId', 'nobody'],
    ])('a wrong %s is said, and no secret is', async (name, value) => {
      const { credentials } = connectionTo(server);
      const wrong = { accessKeyId: '', secretAccessKey: '', ...credentials, [name]: value };
      await using backend = disposable(backendOver(server, { bucket, credentials: wrong }));
      const error = await backend.ping().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'CACHE_BACKEND_FAILED' });
      expect(String(error)).toMatch(/check s3_aws_access_key_id, s3_aws_secret_access_key/);
      const everything = `${String(error)} ${JSON.stringify((error as Error).cause)}`;
      expect(everything).not.toContain(wrong.secretAccessKey);
      expect(everything).not.toMatch(/AWS4-HMAC|SignatureProvided|AWSAccessKeyId/);
      await expect(backend.get('a')).rejects.toMatchObject({ code: 'CACHE_BACKEND_FAILED' });
      await expect(backend.delete(['a'])).rejects.toThrow(/access is denied|check s3_aws/);
    });

    it('a wrong region is said, with the right one', async () => {
      await using backend = disposable(backendOver(server, { bucket, region: 'eu-west-1' }));
      await expect(backend.ping()).rejects.toThrow(
        /the region is wrong: set s3_region_name to the region of the bucket, us-east-1 /,
      );
    });
  });

  describe('a client of its own', () => {
    it('describes where it is', async () => {
      await using backend = disposable(backendOver(server, { bucket, path: 'a/b' }));
      expect(await backend.describe?.()).toEqual({
        endpoint: server.endpoint,
        bucket,
        region: 'us-east-1',
        path: 'a/b',
      });
    });

    it('asks through a proxy', async () => {
      await using proxy = await startForwarder(server.endpoint);
      await using backend = disposable(backendOver(server, { bucket, proxies: { http: proxy.url } }));
      await backend.ping();
      expect(proxy.requests[0]).toContain(`GET ${server.endpoint}/${bucket}`);
    });

    it('asks AWS without TLS if told to', async () => {
      await using proxy = await startForwarder(server.endpoint);
      proxy.intercept = (_line, response) => {
        response.writeHead(403).end();
        return true;
      };
      const { credentials } = connectionTo(server);
      await using backend = disposable(
        s3Backend({
          bucket: 'my-bucket',
          region: 'eu-west-1',
          useTls: false,
          proxies: { http: proxy.url },
          ...(credentials && { credentials }),
        }),
      );
      await expect(backend.ping()).rejects.toThrow(
        'bucket "my-bucket" (region eu-west-1, https://s3.eu-west-1.amazonaws.com): access is denied',
      );
      expect(proxy.requests[0]).toMatch(/^GET http:\/\/my-bucket\.s3\.eu-west-1\.amazonaws\.com\//);
    });
  });

  it('a client handed in is used, and stays open', async () => {
    const backend = s3Backend({ client, bucket });
    await backend.set('handed-in', VALUE);
    await backend.close();
    await expect(backend.get('handed-in')).rejects.toMatchObject({ code: 'CACHE_CLOSED' });
    expect(await names(bucket)).toContain('handed-in');
    await using again = disposable(s3Backend({ client, bucket }));
    expect(await again.get('handed-in')).toEqual(new Uint8Array(VALUE));
    expect(await again.describe?.()).toMatchObject({ endpoint: server.endpoint, bucket });
  });
});

function disposable(backend: CacheBackend): CacheBackend & AsyncDisposable {
  return Object.assign(backend, { [Symbol.asyncDispose]: () => backend.close() });
}
