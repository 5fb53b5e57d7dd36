import type { RedisClusterSettings, RedisNode, RedisSettings } from '@cache/core/redis-settings';
import type { Cluster, Redis, RedisOptions } from 'ioredis';
import { RenewedCredentials } from '../iam/credentials.ts';
import { googleTokens } from '../iam/google-token.ts';
import { checkRedisSettings } from '../settings/check-settings.ts';
import { clusterOptions, commonOptions, sentinelOptions, standaloneOptions } from './client-options.ts';
import type { ConnectionContext, RedisConnection } from './connection.ts';
import { descriptionOf, whereOf } from './describe.ts';
import { GivenClient } from './given-client.ts';
import { Guard } from './guard.ts';
import { GuardedCluster } from './guarded-cluster.ts';
import { GuardedRedis } from './guarded-redis.ts';
import { anyNodeConnector, nodeConnector, sentinelConnector } from './noting-connectors.ts';
import { OwnClients, type OwnClientsOptions } from './own-clients.ts';

/** See `RedisCommonSettings.maxConnections`, and docs/decisions/0010 for the measurement. */
const MAX_CONNECTIONS = 2;

/**
 * Opens a Redis by its settings, or takes a client that is there. Needs no server: the first command connects.
 *
 * @throws CacheError `CACHE_INVALID_OPTION` that names what is wrong with the settings, files of TLS included.
 */
export function openRedis(
  settings: RedisSettings | { readonly client: Redis | Cluster },
  context: ConnectionContext,
): RedisConnection {
  const checked = checkRedisSettings(settings);
  return 'client' in checked ? new GivenClient(checked.client) : openOwn(checked, context);
}

function openOwn(settings: RedisSettings, { clock }: ConnectionContext): RedisConnection {
  const credentials =
    settings.googleIam === undefined
      ? undefined
      : new RenewedCredentials(googleTokens(settings.googleIam), clock);
  const where = whereOf(settings);
  return new OwnClients({
    mode: settings.mode,
    description: descriptionOf(settings),
    maxConnections: settings.maxConnections ?? MAX_CONNECTIONS,
    credentials,
    ...openersOf(settings, () => new Guard({ where, tls: settings.tls !== undefined, credentials })),
  });
}

type Openers = Pick<OwnClientsOptions, 'openClient' | 'openSubscriber'>;

function openersOf(settings: RedisSettings, guard: () => Guard): Openers {
  const common = commonOptions(settings);
  if (settings.mode === 'cluster') return clusterOpeners(settings, common, guard);
  const open = (): GuardedRedis => {
    const own = guard();
    if (settings.mode === 'standalone') return new GuardedRedis(standaloneOptions(settings, common), own);
    const Connector = sentinelConnector((error) => own.noteError(error));
    return new GuardedRedis({ ...sentinelOptions(settings, common), Connector }, own);
  };
  return { openClient: open, openSubscriber: open };
}

function clusterOpeners(settings: RedisClusterSettings, common: RedisOptions, guard: () => Guard): Openers {
  return {
    openClient: () => {
      const own = guard();
      const Connector = nodeConnector(common.tls, (error) => own.noteError(error));
      return new GuardedCluster(settings.nodes, clusterOptions(settings, { ...common, Connector }), own);
    },
    openSubscriber: (client) => {
      const Connector = anyNodeConnector(() => knownNodes(client(), settings.nodes), common.tls);
      return new GuardedRedis({ ...common, Connector }, guard());
    },
  };
}

/** Those a client has learned, if it has; else those that were named. */
function knownNodes(
  client: GuardedRedis | GuardedCluster,
  named: readonly RedisNode[],
): readonly RedisNode[] {
  const learned = client instanceof GuardedCluster ? client.nodes('all') : [];
  const nodes = learned.map(({ options: { host = 'localhost', port = 6379 } }) => ({ host, port }));
  return nodes.length > 0 ? nodes : named;
}
