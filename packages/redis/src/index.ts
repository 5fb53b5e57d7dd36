export { definition } from './definition.ts';
export { redisBackend } from './backend/redis-backend.ts';
export { redisSettingsOf } from '@cache/core/redis-settings';

export type {
  RedisBackend,
  RedisBackendExtras,
  RedisBackendOptions,
  RedisClientSettings,
} from './backend/options.ts';
export type { RedisInfo, RedisServerInfo } from './operations/server-info.ts';
export type {
  RedisClusterSettings,
  RedisCommonSettings,
  RedisGoogleIamSettings,
  RedisHostSettings,
  RedisNode,
  RedisSentinelSettings,
  RedisSettings,
  RedisSocketSettings,
  RedisTlsSettings,
} from '@cache/core/redis-settings';
