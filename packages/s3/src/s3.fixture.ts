import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Service } from '@cache/services';
import { s3Backend } from './s3.ts';
import type { S3ConnectionOptions, S3StorageOptions } from './options.ts';
import type { CacheBackend } from '@cache/core';

/** How to reach a server of the tests. */
export function connectionTo(server: S3Service): S3ConnectionOptions {
  const { endpoint, region, accessKeyId, secretAccessKey } = server;
  return { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
}

/** A backend over a server of the tests. */
export function backendOver(
  server: S3Service,
  options: S3StorageOptions & S3ConnectionOptions,
): CacheBackend {
  return s3Backend({ ...connectionTo(server), ...options });
}

/** The SDK's client, as somebody beside the cache would use it. */
export function bareClient(server: S3Service): S3Client {
  const { endpoint, region, accessKeyId, secretAccessKey } = server;
  return new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

/** A bucket nobody else has. */
export async function newBucket(client: S3Client): Promise<string> {
  const bucket = `cache-${randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return bucket;
}

/** Waits until `isSo`, at most ten seconds. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('did not come about within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
