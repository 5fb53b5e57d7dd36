import type { CacheMode, ScopeKind } from '@cache/core';
import type { z } from 'zod';
import * as fields from './fields.ts';
import { present, section, type Present } from './fields.ts';
import type { Compression, Settings } from './types.ts';

const CACHE_PARAMS_SHAPE = {
  type: fields.nonEmptyText('the name of a cache type, such as local or redis'),
  mode: fields.choice(['default_on', 'default_off']),
  ttl: fields.seconds(),
  default_in_memory_ttl: fields.seconds(),
  default_in_redis_ttl: fields.seconds(),
  namespace: fields.textLike('a name of letters, digits, ".", "_", ":" and "-"', /^[A-Za-z0-9._:-]+$/),
  supported_call_types: fields.textList(),
  // Ours: who shares answers, what is left out of the key, and the bounds of memory.
  scope: fields.choice(['key', 'team', 'end_user', 'global']),
  ignored_params: fields.textList(),
  max_entry_bytes: fields.positiveCount(),
  memory_max_bytes: fields.positiveCount(),
  memory_max_entries: fields.positiveCount(),
  // Ours: how entries are written into a backend, and how long one operation of it may take.
  compression: fields.choice(['none', 'gzip', 'zstd']),
  compression_min_bytes: fields.positiveCount(),
  encryption_key: fields.nonEmptyText(
    '32 bytes as base64 or as 64 hexadecimal digits (openssl rand -base64 32)',
  ),
  previous_encryption_keys: fields.textList(),
  operation_timeout_seconds: fields.positiveSeconds(),
};

/** The names of `cache_params` that mean the same for every backend. */
export const CACHE_PARAM_NAMES: readonly string[] = Object.keys(CACHE_PARAMS_SHAPE);

export type CacheParams = Present<{
  type: string | undefined;
  mode: CacheMode | undefined;
  scope: ScopeKind | undefined;
  namespace: string | undefined;
  cacheTtlSeconds: number | undefined;
  defaultInMemoryTtlSeconds: number | undefined;
  defaultInRedisTtlSeconds: number | undefined;
  supportedCallTypes: readonly string[] | undefined;
  ignoredParams: readonly string[] | undefined;
  maxEntryBytes: number | undefined;
  memoryMaxBytes: number | undefined;
  memoryMaxEntries: number | undefined;
  compression: Compression | undefined;
  compressionMinBytes: number | undefined;
  encryptionKey: string | undefined;
  previousEncryptionKeys: readonly string[] | undefined;
  operationTimeoutSeconds: number | undefined;
  backendParams: Settings;
}>;

export const cacheParamsSchema: z.ZodType<CacheParams> = section(CACHE_PARAMS_SHAPE).transform((params) =>
  present({
    type: params.type,
    mode: params.mode,
    scope: params.scope,
    namespace: params.namespace,
    cacheTtlSeconds: params.ttl,
    defaultInMemoryTtlSeconds: params.default_in_memory_ttl,
    defaultInRedisTtlSeconds: params.default_in_redis_ttl,
    supportedCallTypes: params.supported_call_types,
    ignoredParams: params.ignored_params,
    maxEntryBytes: params.max_entry_bytes,
    memoryMaxBytes: params.memory_max_bytes,
    memoryMaxEntries: params.memory_max_entries,
    compression: params.compression,
    compressionMinBytes: params.compression_min_bytes,
    encryptionKey: params.encryption_key,
    previousEncryptionKeys: params.previous_encryption_keys,
    operationTimeoutSeconds: params.operation_timeout_seconds,
    backendParams: Object.fromEntries(
      Object.entries(params).filter(([name]) => !(name in CACHE_PARAMS_SHAPE)),
    ),
  }),
);
