import { nearestName } from '../control/nearest-name.ts';
import type { RedisNode } from './settings.ts';
import { Expectation, hostName, isAbsent, portNumber, type Reader } from './values.ts';

const EXPECTED = 'a list of {host, port} or [host, port]';

const MEMBERS = ['host', 'port'];

/** What differs between the nodes of a Cluster and Sentinels. */
interface NodeKind {
  readonly defaultPort: number;
  /** What is said once for all nodes, beside their list, and under which name. */
  readonly beside: Readonly<Record<string, string>>;
}

/**
 * A list of nodes: in a configuration as it is, in a variable as JSON, each `{host, port}` (Cluster) or `[host, port]`
 * (Sentinel); both forms are read in both places. Every wrong node is told, without its values.
 */
export function nodeList(kind: NodeKind): Reader<readonly RedisNode[]> {
  return (value) => {
    const list = typeof value === 'string' ? parseJson(value) : value;
    if (!Array.isArray(list) || list.length === 0) {
      return new Expectation(typeof value === 'string' ? `${EXPECTED}, as JSON` : EXPECTED);
    }
    const nodes = list.map((each) => nodeOf(each, kind));
    const problems = nodes.flatMap((each, index) =>
      each instanceof Expectation ? [`number ${index + 1}: ${each.expected}`] : [],
    );
    if (problems.length > 0) return new Expectation([EXPECTED, ...problems].join('; '));
    return nodes.flatMap((each) => (each instanceof Expectation ? [] : [each]));
  };
}

function nodeOf(value: unknown, kind: NodeKind): RedisNode | Expectation {
  const { host, port, ...others } = partsOf(value);
  const readHost = hostName(host);
  const readPort = portNumber(port ?? kind.defaultPort);
  const problems = Object.keys(others)
    .filter((member) => !isAbsent(others[member]))
    .map((member) => misplaced(member, kind));
  if (readPort instanceof Expectation) problems.unshift(`port must be ${readPort.expected}`);
  if (readHost instanceof Expectation) problems.unshift(`host must be ${readHost.expected}`);
  if (readHost instanceof Expectation || readPort instanceof Expectation || problems.length > 0)
    return new Expectation(problems.join(', '));
  return { host: readHost, port: readPort };
}

function partsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return {};
  if (!Array.isArray(value)) return { ...value };
  const [host, port, ...others] = value as unknown[];
  // By their places: "its member 3" is what can be said of them.
  return {
    host,
    port,
    ...Object.fromEntries(others.map((each, index) => [`its member ${index + 3}`, each])),
  };
}

function misplaced(member: string, { beside }: NodeKind): string {
  const name = Object.hasOwn(beside, member) ? beside[member] : undefined;
  if (name !== undefined) {
    return `${member} is not told node by node: write ${name} beside the list, or set REDIS_${name.toUpperCase()}`;
  }
  const nearest = nearestName(member, MEMBERS);
  return `${member} is no member of a node${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
