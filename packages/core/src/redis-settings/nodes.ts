import type { RedisNode } from './settings.ts';
import { Expectation, hostName, portNumber, type Reader } from './values.ts';

const EXPECTED = 'a list of {host, port} or [host, port]';

/**
 * A list of nodes: in a configuration as it is, in a variable as JSON, each `{host, port}` (Cluster) or `[host, port]`
 * (Sentinel); both forms are read in both places.
 */
export function nodeList(defaultPort: number): Reader<readonly RedisNode[]> {
  return (value) => {
    const list = typeof value === 'string' ? parseJson(value) : value;
    if (!Array.isArray(list) || list.length === 0) {
      return new Expectation(typeof value === 'string' ? `${EXPECTED}, as JSON` : EXPECTED);
    }
    const nodes = list.map((each) => nodeOf(each, defaultPort));
    const wrong = nodes.findIndex((each) => each instanceof Expectation);
    const problem = nodes[wrong];
    if (problem instanceof Expectation)
      return new Expectation(`${EXPECTED}; number ${wrong + 1}: ${problem.expected}`);
    return nodes.flatMap((each) => (each instanceof Expectation ? [] : [each]));
  };
}

function nodeOf(value: unknown, defaultPort: number): RedisNode | Expectation {
  const [host, port] = partsOf(value, defaultPort);
  const readHost = hostName(host);
  if (readHost instanceof Expectation) return new Expectation(`host must be ${readHost.expected}`);
  const readPort = portNumber(port);
  if (readPort instanceof Expectation) return new Expectation(`port must be ${readPort.expected}`);
  return { host: readHost, port: readPort };
}

function partsOf(value: unknown, defaultPort: number): readonly unknown[] {
  if (Array.isArray(value)) return [value[0], value[1] ?? defaultPort];
  if (typeof value !== 'object' || value === null) return [];
  const { host, port } = value as { readonly host?: unknown; readonly port?: unknown };
  return [host, port ?? defaultPort];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
