export { createProxy } from './proxy.ts';
export { createAuthenticator, isLoopback } from './auth/authenticate.ts';
export { describeConfig } from './config/describe.ts';
export { loadConfig } from './config/load.ts';
export { ConfigError, formatProblem } from './config/problem.ts';
export { createLogger } from './observability/log.ts';
export { createMetrics } from './observability/metrics.ts';

export type { ConnectionLimits, Proxy, ProxyOptions } from './proxy.ts';
export type { Authentication, Authenticator, Credentials } from './auth/authenticate.ts';
export type { LoadConfigOptions, LoadedConfig } from './config/load.ts';
export type { Problem } from './config/problem.ts';
export type { CacheConfig, ProxyConfig } from './config/types.ts';
export type { Log, LogOptions } from './observability/log.ts';
export type { Metrics, MetricsOptions } from './observability/metrics.ts';
export type { RequestRecord } from './observability/request-log.ts';
