import type { Registration } from './registry.ts';

/** `type: redis`: one Redis server, a Cluster, or one behind Sentinels. Loaded only where it is asked for. */
export const redis: Registration = {
  type: 'redis',
  load: async () => (await import('@cache/redis')).definition,
};
