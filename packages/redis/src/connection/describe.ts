import type { RedisNode, RedisSettings } from '@cache/core/redis-settings';

/** Where it is, for messages. */
export function whereOf(settings: RedisSettings): string {
  switch (settings.mode) {
    case 'standalone':
      return 'socketPath' in settings ? settings.socketPath : nodeText({ port: 6379, ...settings });
    case 'cluster':
      return `the Cluster of ${nodesText(settings.nodes)}`;
    case 'sentinel':
      return `${settings.serviceName} by the sentinels ${nodesText(settings.sentinels)}`;
  }
}

/** Where it is, for `/cache/ping`. */
export function descriptionOf(settings: RedisSettings): Readonly<Record<string, unknown>> {
  const tls = settings.tls !== undefined;
  switch (settings.mode) {
    case 'standalone': {
      const db = settings.database ?? 0;
      if ('socketPath' in settings) return { mode: settings.mode, unix_socket_path: settings.socketPath, db };
      return { mode: settings.mode, host: settings.host, port: settings.port ?? 6379, db, tls };
    }
    case 'cluster':
      return { mode: settings.mode, startup_nodes: nodesText(settings.nodes), db: 0, tls };
    case 'sentinel':
      return {
        mode: settings.mode,
        service_name: settings.serviceName,
        sentinel_nodes: nodesText(settings.sentinels),
        db: settings.database ?? 0,
        tls,
      };
  }
}

function nodeText({ host, port }: RedisNode): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function nodesText(nodes: readonly RedisNode[]): string {
  return nodes.map(nodeText).join(', ');
}
