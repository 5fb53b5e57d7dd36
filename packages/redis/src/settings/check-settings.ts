import { CacheError, nearestName } from '@cache/core';
import type { RedisSettings } from '@cache/core/redis-settings';
import type { Cluster, Redis } from 'ioredis';
import { z } from 'zod';

const text = z.string().min(1, 'expected a text that is not empty');
const seconds = z.number().positive().max(1e6);
const database = z.int().nonnegative();
const node = z.strictObject({ host: text, port: z.int().min(1).max(65_535) });

const tls = z.strictObject({
  verify: z.boolean().optional(),
  checkHostname: z.boolean().optional(),
  caFile: text.optional(),
  caFolder: text.optional(),
  caPem: text.optional(),
  certificateFile: text.optional(),
  keyFile: text.optional(),
  keyPassphrase: text.optional(),
  minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).optional(),
  ciphers: text.optional(),
});

const common = {
  username: text.optional(),
  password: text.optional(),
  googleIam: z.strictObject({ serviceAccount: text, endpoint: z.url().optional() }).optional(),
  tls: tls.optional(),
  socketTimeoutSeconds: seconds.optional(),
  connectTimeoutSeconds: seconds.optional(),
  maxConnections: z.int().positive().optional(),
  clientName: text.optional(),
  protocol: z.union([z.literal(2), z.literal(3)], 'expected 2 or 3').optional(),
};

const schema = z.discriminatedUnion(
  'mode',
  [
    z.strictObject({
      ...{
        ...common,
        mode: z.literal('standalone'),
        host: text.optional(),
        port: node.shape.port.optional(),
      },
      ...{ socketPath: text.optional(), database: database.optional() },
    }),
    z.strictObject({
      ...{ ...common, mode: z.literal('cluster'), nodes: z.array(node).min(1) },
      readFromReplicas: z.boolean().optional(),
    }),
    z.strictObject({
      ...{ ...common, mode: z.literal('sentinel'), sentinels: z.array(node).min(1), serviceName: text },
      ...{
        sentinelUsername: text.optional(),
        sentinelPassword: text.optional(),
        database: database.optional(),
      },
    }),
  ],
  'expected "standalone", "cluster" or "sentinel"',
);

/**
 * Checks settings as a program gives them. Members that are undefined are absent.
 *
 * @throws CacheError `CACHE_INVALID_OPTION` naming every wrong or unknown member at once, without its value.
 */
export function checkRedisSettings(
  settings: RedisSettings | { readonly client: Redis | Cluster },
): RedisSettings | { readonly client: Redis | Cluster } {
  if (isObject(settings) && 'client' in settings) return checkClient(settings);
  const result = schema.safeParse(isObject(settings) ? withoutUndefined(settings) : settings);
  const problems = result.success ? addressProblems(settings) : result.error.issues.flatMap(problemsOf);
  if (problems.length === 0) return settings;
  throw invalid(problems.join('; '));
}

function checkClient(settings: { readonly client: Redis | Cluster }): { readonly client: Redis | Cluster } {
  const others = Object.keys(settings).filter((name) => name !== 'client');
  if (others.length > 0)
    throw invalid(`${others.join(', ')} must not stand beside client: it is connected by its own options`);
  const { client } = settings;
  const isClient =
    isObject(client) && 'sendCommand' in client && 'duplicate' in client && 'isCluster' in client;
  if (!isClient) throw invalid('client must be a Redis or Cluster of ioredis');
  return settings;
}

function addressProblems(settings: RedisSettings): string[] {
  if (settings.mode !== 'standalone') return [];
  const { host, socketPath } = settings as { readonly host?: string; readonly socketPath?: string };
  if ((host === undefined) !== (socketPath === undefined)) return [];
  return [host === undefined ? 'host (or socketPath) is missing' : 'host and socketPath exclude each other'];
}

function problemsOf(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String).join('.');
  if (issue.code !== 'unrecognized_keys') return [`${path || 'the settings'}: ${issue.message}`];
  return issue.keys.map((key) => {
    const nearest = nearestName(key, NAMES);
    return `${path === '' ? '' : `${path}.`}${key} is not known${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
  });
}

const NAMES: readonly string[] = [
  ...new Set([...schema.options, tls].flatMap((each) => Object.keys(each.shape))),
];

function withoutUndefined(settings: object): object {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function invalid(what: string): CacheError {
  return new CacheError('CACHE_INVALID_OPTION', `redis: ${what}`, { backend: 'redis' });
}
