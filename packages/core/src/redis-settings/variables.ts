import { nearestName } from '../control/nearest-name.ts';
import { ALIASES, MEANT, READERS, type Name } from './names.ts';

const PREFIX = 'REDIS_';

/**
 * Variables that look like ours and are other software's: what Kubernetes sets for a service called redis, and what images and
 * charts of Redis configure their server with.
 */
const FOREIGN =
  /^(?:SERVICE_(?:HOST|PORT)|PORT_\d|(?:MASTER|SLAVE|REPLICA|REPLICATION|PRIMARY|TLS|ACL|AOF|RDB|EXTRA|DAEMON|DATA|CONF|DOWNLOAD|PID|LOG)_)|_(?:SERVICE|PORT)_/;

/** The variables of Redis in `environment`, by the name each sets: `REDIS_HOST` sets `host`. */
export function variablesOf(
  environment: Readonly<Record<string, string | undefined>>,
): { readonly label: string; readonly member: string; readonly value: string | undefined }[] {
  return Object.entries(environment)
    .filter(([label]) => label.startsWith(PREFIX))
    .map(([label, value]) => ({ label, member: label.slice(PREFIX.length).toLowerCase(), value }));
}

/**
 * The variable that `label` was likely meant to be. Undefined for another software's, and for a name near to none of ours:
 * whose that is nobody knows.
 */
export function nearestVariable(label: string): string | undefined {
  const bare = label.slice(PREFIX.length);
  const meant = FOREIGN.test(bare) ? undefined : nearestMember(bare.toLowerCase());
  if (meant === undefined) return undefined;
  return meant === 'startup_nodes' ? `${PREFIX}CLUSTER_NODES` : PREFIX + meant.toUpperCase();
}

const MEMBERS: readonly string[] = [...Object.keys(READERS), ...Object.keys(ALIASES)];

/** The member that an unknown one was likely meant to be. */
export function nearestMember(member: string): string | undefined {
  return Object.hasOwn(MEANT, member) ? MEANT[member] : nearestName(member, MEMBERS);
}

/** A service called redis makes Kubernetes set REDIS_PORT to `tcp://10.0.0.1:6379`. */
export function isKubernetesLink(name: Name, value: unknown): boolean {
  return name === 'port' && typeof value === 'string' && /^\w+:\/\//.test(value);
}
