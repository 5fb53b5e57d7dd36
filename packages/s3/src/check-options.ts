import { CacheError, nearestName } from '@cache/core';
import type { S3BackendOptions, S3ConnectionOptions, S3StorageOptions } from './options.ts';

/** Beyond it keys of the cache, 258 bytes with the longest namespace a request may name, would not surely fit. */
const MAX_PATH_BYTES = 240;

interface Check {
  readonly expected: string;
  readonly isMet: (value: unknown) => boolean;
  /** The value is not to be repeated in a message. */
  readonly isSecret?: boolean;
}

const text: Check = { expected: 'a non-empty string', isMet: isText };
const flag: Check = { expected: 'true or false', isMet: (value) => typeof value === 'boolean' };
const positive: Check = {
  expected: 'a positive integer',
  isMet: (value) => Number.isSafeInteger(value) && (value as number) > 0,
};

const STORAGE_CHECKS: Readonly<Record<keyof S3StorageOptions, Check>> = {
  bucket: { expected: 'the name of a bucket', isMet: (value) => isText(value) && !/[\s/]/.test(value) },
  path: { expected: `a string of at most ${MAX_PATH_BYTES} bytes without control characters`, isMet: isPath },
  createBucket: flag,
  maxValueBytes: positive,
  clock: { expected: 'a clock', isMet: (value) => isObject(value) && typeof value['now'] === 'function' },
};

const CONNECTION_CHECKS: Readonly<Record<keyof S3ConnectionOptions, Check>> = {
  region: text,
  // A URL may hold a password.
  endpoint: {
    expected: 'an http:// or https:// URL without user and query',
    isMet: isEndpoint,
    isSecret: true,
  },
  credentials: {
    expected: 'an object with accessKeyId and secretAccessKey',
    isMet: (value) => isObject(value) && isText(value['accessKeyId']) && isText(value['secretAccessKey']),
    isSecret: true,
  },
  profile: text,
  useTls: flag,
  verifyTls: flag,
  caFile: text,
  clientCertificateFile: text,
  clientKeyFile: text,
  forcePathStyle: flag,
  connectTimeoutMilliseconds: positive,
  requestTimeoutMilliseconds: positive,
  maxAttempts: positive,
  maxConnections: positive,
  proxies: { expected: 'an object with URLs as http and https', isMet: isObject, isSecret: true },
  clientOptions: { expected: 'an object', isMet: isObject, isSecret: true },
};

const CHECKS: Readonly<Record<string, Check>> = { ...STORAGE_CHECKS, ...CONNECTION_CHECKS };

/** @throws CacheError `CACHE_INVALID_OPTION` naming the first wrong or unknown option. */
export function checkOptions(options: unknown): asserts options is S3BackendOptions {
  if (!isObject(options)) throw wrongOption('options', 'must be an object', options);
  for (const [name, value] of Object.entries(options)) {
    if (name === 'client' || (value === undefined && name !== 'bucket')) continue;
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined;
    if (check === undefined) throw unknownOption(name);
    if (!check.isMet(value)) throw wrongOption(name, `must be ${check.expected}`, value, check.isSecret);
  }
  if (options['bucket'] === undefined) throw wrongOption('bucket', 'must be the name of a bucket', undefined);
  const { client } = options;
  if (client === undefined) return;
  if (!isObject(client) || typeof client['send'] !== 'function')
    throw wrongOption('client', 'must be an S3Client', client, true);
  const idle = Object.keys(CONNECTION_CHECKS).find((name) => options[name] !== undefined);
  if (idle !== undefined) throw wrongOption(idle, 'is for a client made here: leave it out beside client');
}

/** An error about `param`, for what only shows when the option is used. */
export function invalidOption(param: string, message: string, cause?: unknown): CacheError {
  return new CacheError('CACHE_INVALID_OPTION', `s3: ${param} ${message}`, { backend: 's3', param, cause });
}

function unknownOption(name: string): CacheError {
  const nearest = nearestName(name, Object.keys(CHECKS));
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  return invalidOption(name, `is no option of s3Backend${hint}`);
}

function wrongOption(
  name: string,
  problem: string,
  ...[value, isSecret]: [value?: unknown, isSecret?: boolean]
): CacheError {
  const isShown = isSecret !== true && (typeof value !== 'object' || value === null);
  const shown = isShown ? `${JSON.stringify(value)} (${typeof value})` : typeof value;
  return invalidOption(name, problem.startsWith('must') ? `${problem}, got ${shown}` : problem);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isPath(value: unknown): boolean {
  return typeof value === 'string' && Buffer.byteLength(value) <= MAX_PATH_BYTES && !/\p{Cc}/u.test(value);
}

function isEndpoint(value: unknown): boolean {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return false;
  return url.username === '' && url.password === '' && url.search === '' && url.hash === '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
