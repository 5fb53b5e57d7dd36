/** One line of `CLUSTER NODES`. */
export interface ClusterNode {
  readonly id: string;
  readonly port: number;
  readonly flags: readonly string[];
  /** First and last slot of each range it serves, both included. Slots on the move are left out. */
  readonly slots: readonly (readonly [number, number])[];
}

/** https://redis.io/docs/latest/commands/cluster-nodes/: id, ip:port@bus, flags, master, ping, pong, epoch, link, slots. */
export function parseClusterNodes(text: string): ClusterNode[] {
  return text.split('\n').flatMap((line) => {
    const [id, address, flags, , , , , , ...slots] = line.trim().split(' ');
    if (id === undefined || address === undefined || flags === undefined) return [];
    return [
      {
        id,
        port: Number(/:(\d+)(@|$)/.exec(address)?.[1]),
        flags: flags.split(','),
        slots: slots.filter((slot) => !slot.startsWith('[')).map(parseRange),
      },
    ];
  });
}

export function servesSlot(node: ClusterNode, slot: number): boolean {
  return node.slots.some(([first, last]) => first <= slot && slot <= last);
}

/** A master the others believe to be alive. */
export function isLiveMaster(node: ClusterNode): boolean {
  return node.flags.includes('master') && !node.flags.some((flag) => flag.startsWith('fail'));
}

function parseRange(text: string): readonly [number, number] {
  const [first, last] = text.split('-').map(Number);
  if (first === undefined) throw new Error(`CLUSTER NODES: ${text} is no range of slots`);
  return [first, last ?? first];
}
