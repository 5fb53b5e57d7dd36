export { describeWith } from './describe-with.ts';
export { ensureServices } from './install/ensure-services.ts';
export { until } from './process/until.ts';
export { redisProblem, startRedis } from './redis/redis.ts';
export { startRedisCluster } from './redis/redis-cluster.ts';
export { startRedisSentinel } from './redis/redis-sentinel.ts';
export { s3Problem, startS3 } from './s3/s3.ts';
export { makeTlsFiles, tlsProblem } from './tls-files.ts';

export type { UntilOptions } from './process/until.ts';
export type { RedisOptions, RedisService } from './redis/redis.ts';
export type { RedisClusterOptions, RedisClusterService } from './redis/redis-cluster.ts';
export type { RedisSentinelOptions, RedisSentinelService } from './redis/redis-sentinel.ts';
export type { S3Options, S3Service } from './s3/s3.ts';
export type { Service } from './service.ts';
export type { TlsFiles, TlsOptions } from './tls-files.ts';
