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
} from './redis-settings/settings.ts';

export { readRedisSettings, redisSettingsOf } from './redis-settings/read.ts';
export type { ReadRedisSettings } from './redis-settings/read.ts';
