import { systemClock, type CacheBackend } from '@cache/core';
import { checkOptions } from './check-options.ts';
import { makeClient } from './client.ts';
import type { S3BackendOptions } from './options.ts';
import { S3Backend } from './s3-backend.ts';

/** The SDK's own default too. */
export const DEFAULT_MAX_CONNECTIONS = 50;
const DEFAULT_MAX_VALUE_BYTES = 64 * 1024 * 1024;

/**
 * A backend over a bucket of S3, or of a server that speaks like it. Asks no server yet.
 *
 * @throws CacheError `CACHE_INVALID_OPTION` naming the first wrong or unknown option.
 */
export function s3Backend(options: S3BackendOptions): CacheBackend {
  checkOptions(options);
  const { bucket, path = '', createBucket = false, clock = systemClock } = options;
  const { maxValueBytes = DEFAULT_MAX_VALUE_BYTES } = options;
  const client = options.client ?? makeClient(options);
  const ownsClient = options.client === undefined;
  const maxConnections = options.client === undefined ? options.maxConnections : undefined;
  return new S3Backend({
    client,
    ownsClient,
    bucket,
    path,
    createBucket,
    maxConnections: maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    maxValueBytes,
    clock,
  });
}
