import { until } from '../process/until.ts';
import { parseClusterNodes, servesSlot } from './cluster-nodes.ts';
import type { RedisService } from './redis.ts';

/** A node of the cluster, and how to give it many commands, one a line. Rejects when one is answered with an error. */
export interface ClusterMember {
  readonly node: RedisService;
  readonly password: string | undefined;
  /** The answers, as redis-cli prints them for people. */
  ask(lines: readonly string[]): Promise<string>;
  /** All at once, for commands that answer OK. */
  tell(lines: readonly string[]): Promise<void>;
}

/**
 * Moves a range of slots with all keys in it while clients go on, by the steps of
 * https://redis.io/docs/latest/commands/cluster-setslot/: clients see ASK, TRYAGAIN, then MOVED.
 */
export async function moveSlots(
  members: readonly ClusterMember[],
  firstSlot: number,
  lastSlot: number,
  target: ClusterMember,
): Promise<void> {
  const nodes = parseClusterNodes(await target.node.cli('CLUSTER', 'NODES'));
  const memberOf = (port: number): ClusterMember | undefined =>
    members.find((member) => member.node.port === port);
  const targetId = nodes.find((node) => node.port === target.node.port)?.id;
  if (targetId === undefined) throw new Error(`port ${target.node.port} is not in the cluster`);
  for (const source of nodes) {
    const slots = range(firstSlot, lastSlot).filter((slot) => servesSlot(source, slot));
    const member = memberOf(source.port);
    if (slots.length === 0 || source.id === targetId || member === undefined) continue;
    await target.tell(slots.map((slot) => `CLUSTER SETSLOT ${slot} IMPORTING ${source.id}`));
    await member.tell(slots.map((slot) => `CLUSTER SETSLOT ${slot} MIGRATING ${targetId}`));
    await migrateKeys(member, target, slots);
    // The new owner first: the old one would else send clients to a node that sends them back.
    for (const each of [target, member, ...members]) {
      if (!each.node.isRunning || !isMaster(await each.node.cli('ROLE'))) continue;
      await each.tell(slots.map((slot) => `CLUSTER SETSLOT ${slot} NODE ${targetId}`));
    }
  }
  await until(() => everyoneAgrees(members, firstSlot, lastSlot, targetId), {
    what: `slots ${firstSlot} to ${lastSlot} are known to have moved to port ${target.node.port}`,
  });
}

async function migrateKeys(
  source: ClusterMember,
  target: ClusterMember,
  slots: readonly number[],
): Promise<void> {
  const credentials = target.password === undefined ? '' : `AUTH ${quoted(target.password)}`;
  for (;;) {
    const listed = await source.ask(slots.map((slot) => `CLUSTER GETKEYSINSLOT ${slot} 500`));
    const groups = keysBySlot(listed);
    if (groups.length === 0) return;
    await source.ask(
      groups.map(
        (keys) => `MIGRATE 127.0.0.1 ${target.node.port} "" 0 5000 ${credentials} KEYS ${keys.join(' ')}`,
      ),
    );
  }
}

/** The keys of several lists that redis-cli printed, still in its quotes: so they can be given back to it, whatever they hold. */
function keysBySlot(listed: string): string[][] {
  const groups: string[][] = [];
  for (const line of listed.split('\n')) {
    const [, position, key] = /^\s*(\d+)\) (".*")$/.exec(line) ?? [];
    if (position === undefined || key === undefined) continue;
    if (position === '1') groups.push([]);
    groups.at(-1)?.push(key);
  }
  return groups;
}

async function everyoneAgrees(
  members: readonly ClusterMember[],
  firstSlot: number,
  lastSlot: number,
  targetId: string,
): Promise<boolean> {
  const views = await Promise.all(
    members
      .filter((member) => member.node.isRunning)
      .map(async (member) => parseClusterNodes(await member.node.cli('CLUSTER', 'NODES'))),
  );
  return views.every((view) => {
    const target = view.find((node) => node.id === targetId);
    return target !== undefined && range(firstSlot, lastSlot).every((slot) => servesSlot(target, slot));
  });
}

function isMaster(role: string): boolean {
  return role.startsWith('master');
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
