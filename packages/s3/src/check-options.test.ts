import { describe, expect, it } from '@jest/globals';
import type { S3BackendOptions } from './options.ts';
import { s3Backend } from './s3.ts';

describe('options of s3Backend', () => {
  it.each<[unknown, string]>([
    [undefined, 'options must be an object, got undefined (undefined)'],
    [{}, 'bucket must be the name of a bucket, got undefined (undefined)'],
    [{ bucket: 'a b' }, 'bucket must be the name of a bucket, got "a b" (string)'],
    [{ bucket: 'a', path: 'x\n' }, 'path must be a string of at most 240 bytes without control characters'],
    [{ bucket: 'a', maxConnections: 0 }, 'maxConnections must be a positive integer, got 0 (number)'],
    [{ bucket: 'a', createBucket: 'yes' }, 'createBucket must be true or false, got "yes" (string)'],
    [{ bucket: 'a', endpoint: 'minio:9000' }, 'endpoint must be an http:// or https:// URL'],
    [{ bucket: 'a', buckets: 1 }, 'buckets is no option of s3Backend; did you mean bucket?'],
    [{ bucket: 'a', toString: 1 }, 'toString is no option of s3Backend'],
    [{ bucket: 'a', client: {} }, 'client must be an S3Client, got object'],
    [{ bucket: 'a', client: { send: () => 1 }, region: 'x' }, 'region is for a client made here'],
    [
      { bucket: 'a', caFile: '/no/such.pem' },
      'caFile must be a PEM file that can be read, got "/no/such.pem"',
    ],
  ])('%j: %s', (options, message) => {
    expect(() => s3Backend(options as S3BackendOptions)).toThrow(
      expect.objectContaining({
        code: 'CACHE_INVALID_OPTION',
        message: expect.stringContaining(`s3: ${message}`),
      }),
    );
  });

  it.each([
    { endpoint: 'https://user:hush@minio.local' },
    { credentials: { accessKeyId: 'id', secretAccessKey: ['hush'] } },
    { proxies: 'http://user:hush@proxy' },
  ])('a secret is not repeated', (wrong) => {
    const make = (): unknown => s3Backend({ bucket: 'a', ...wrong } as unknown as S3BackendOptions);
    expect(make).toThrow(/must be/);
    expect(make).not.toThrow(/hush/);
  });
});
