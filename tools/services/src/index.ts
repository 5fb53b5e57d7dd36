export { describeWith } from './describe-with.ts';
export { redisProblem, startRedis } from './redis/redis.ts';

export type { RedisOptions, RedisService } from './redis/redis.ts';
export type { Service } from './service.ts';
export type { TlsFiles } from './tls-files.ts';
