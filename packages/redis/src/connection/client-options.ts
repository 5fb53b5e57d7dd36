import type { RedisClusterSettings, RedisSentinelSettings, RedisSettings } from '@cache/core/redis-settings';
import type { ClusterOptions, RedisOptions } from 'ioredis';
import { backoffMilliseconds } from './backoff.ts';
import { tlsOptions } from './tls-options.ts';

const SOCKET_TIMEOUT_SECONDS = 5;
const CONNECT_TIMEOUT_SECONDS = 5;
/** After a closed connection was told so, until it is torn down: a frozen server says nothing. */
export const DISCONNECT_MILLISECONDS = 500;
const SLOTS_REFRESH_MILLISECONDS = 5_000;

/**
 * What ioredis is told whatever the shape of the Redis.
 *
 * @throws CacheError `CACHE_INVALID_OPTION` if a file of TLS cannot be read.
 */
export function commonOptions(settings: RedisSettings): RedisOptions {
  const { username, password, clientName, protocol, tls } = settings;
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(clientName === undefined ? {} : { connectionName: clientName }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(tls === undefined ? {} : { tls: tlsOptions(tls) }),
    socketTimeout: milliseconds(settings.socketTimeoutSeconds ?? SOCKET_TIMEOUT_SECONDS),
    connectTimeout: milliseconds(settings.connectTimeoutSeconds ?? CONNECT_TIMEOUT_SECONDS),
    disconnectTimeout: DISCONNECT_MILLISECONDS,
    lazyConnect: true,
    // What was under way when a connection broke fails at once, and so does what waited when an attempt to connect failed: the
    // cache takes that for a miss. Sent again later it would answer nobody.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: backoffMilliseconds,
    // INFO and CLIENT SETINFO, which users with few rights may not send. A server that is loading says so to commands.
    enableReadyCheck: false,
    disableClientInfo: true,
  };
}

/** One server. */
export function standaloneOptions(
  settings: Extract<RedisSettings, { mode: 'standalone' }>,
  common: RedisOptions,
): RedisOptions {
  const place =
    'socketPath' in settings
      ? { path: settings.socketPath }
      : { host: settings.host, port: settings.port ?? 6379 };
  return { ...common, ...place, db: settings.database ?? 0 };
}

/** A master that sentinels know. */
export function sentinelOptions(settings: RedisSentinelSettings, common: RedisOptions): RedisOptions {
  const { sentinels, serviceName, sentinelUsername, sentinelPassword } = settings;
  // LiteLLM gave the password of the sentinels to the master too, and configurations rely on it.
  const password = settings.password ?? sentinelPassword;
  return {
    ...common,
    ...(password === undefined ? {} : { password }),
    ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...(common.tls === undefined ? {} : { sentinelTLS: common.tls, enableTLSForSentinelMode: true }),
    sentinels: sentinels.map(({ host, port }) => ({ host, port })),
    name: serviceName,
    db: settings.database ?? 0,
    ...(common.connectTimeout === undefined ? {} : { sentinelCommandTimeout: common.connectTimeout }),
    // Where the last attempt left off, the first round may be a short one. A whole round without an answer ends the attempt,
    // and with it what waits; the next one begins soon.
    sentinelRetryStrategy: (rounds) => (rounds === 1 ? 0 : null),
    // INFO says whether it is a master: a sentinel that was away may still name the old one.
    enableReadyCheck: true,
    // The master of yesterday is a replica now, and its connections stand.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

/** A Cluster, and each of its nodes. */
export function clusterOptions(settings: RedisClusterSettings, common: RedisOptions): ClusterOptions {
  const { retryStrategy: _alsoOfTheCluster, lazyConnect: _likewise, ...redisOptions } = common;
  return {
    redisOptions,
    lazyConnect: true,
    scaleReads: settings.readFromReplicas === true ? 'all' : 'master',
    clusterRetryStrategy: backoffMilliseconds,
    // Names stay names: a certificate is for a name, and the address behind it may change.
    dnsLookup: (host, callback) => callback(null, host),
    enableReadyCheck: false,
    slotsRefreshInterval: SLOTS_REFRESH_MILLISECONDS,
    slotsRefreshTimeout: Math.min(common.connectTimeout ?? Infinity, 2_000),
    // As above: what a lost node was asked fails at once. Redirections are followed.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    retryDelayOnTryAgain: 50,
    maxRedirections: 6,
  };
}

function milliseconds(seconds: number): number {
  return Math.ceil(seconds * 1000);
}
