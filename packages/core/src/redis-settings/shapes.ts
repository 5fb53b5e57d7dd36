import type { Given, Name } from './names.ts';

/** How a Redis can be told: by exactly one of these. Of several the first one here counts, as with LiteLLM. */
export type Shape = 'url' | 'cluster' | 'sentinel' | 'socket' | 'host';

/** Which names belong to one shape alone; the first of each is its address. */
export const NAMES_OF_SHAPE: Readonly<Record<Shape, readonly [Name, ...Name[]]>> = {
  url: ['url'],
  cluster: ['startup_nodes', 'read_from_replicas'],
  sentinel: ['sentinel_nodes', 'service_name', 'sentinel_username', 'sentinel_password'],
  socket: ['unix_socket_path'],
  host: ['host', 'port'],
};

const SHAPES: readonly Shape[] = ['url', 'cluster', 'sentinel', 'socket', 'host'];

export function shapeOf(given: Given): Shape | undefined {
  return SHAPES.find((shape) => given[NAMES_OF_SHAPE[shape][0]] !== undefined);
}

/** Names that say something about another shape than `shape`. */
export function namesOfOthers(shape: Shape): readonly Name[] {
  return SHAPES.filter((other) => other !== shape).flatMap((other) => NAMES_OF_SHAPE[other]);
}
