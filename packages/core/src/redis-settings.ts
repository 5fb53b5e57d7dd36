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
