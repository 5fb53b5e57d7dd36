import { until } from '../process/until.ts';
import { isLiveMaster, parseClusterNodes } from './cluster-nodes.ts';
import { moveSlots, type ClusterMember } from './move-slots.ts';
import { redisCli, type RedisAddress } from './redis-cli.ts';
import {
  argumentValue,
  dataArguments,
  startRedisServer,
  type RedisOptions,
  type RedisService,
} from './redis.ts';

export interface RedisClusterService {
  /** Masters first, as they were in the beginning. */
  readonly nodes: readonly RedisService[];
  /** Those that are masters now, as the nodes that run see it; one that failed is no longer among them. */
  masters(): Promise<RedisService[]>;
  /**
   * Moves slots and the keys in them to a master while clients go on. Both ends are included. Resolves when every node that
   * runs knows of it.
   */
  moveSlots(firstSlot: number, lastSlot: number, target: RedisService): Promise<void>;
  /** Resolves when every node that runs says `cluster_state:ok`, and its replication is up. At most 30 s. */
  settled(): Promise<void>;
  /** Ends all nodes and removes their folders. Idempotent. */
  stop(): Promise<void>;
}

export interface RedisClusterOptions extends Pick<RedisOptions, 'arguments' | 'tls'> {
  /** Default: 3, the fewest that can agree on a failure. */
  readonly masters?: 3;
  /** For each master. Default: 0. */
  readonly replicas?: 0 | 1;
}

/**
 * Starts a Redis Cluster, all slots served, replicas in step. A master that is lost is replaced by its replica after about
 * 3 s (`--cluster-node-timeout 2000`).
 */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisClusterService> {
  const masters = options.masters ?? 3;
  const replicas = options.replicas ?? 0;
  const starting = Array.from({ length: masters * (1 + replicas) }, () => startNode(options));
  const results = await Promise.allSettled(starting);
  const nodes = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const cluster = new RedisCluster(nodes, options);
  try {
    await Promise.all(starting);
    await cluster.join(replicas);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

function startNode(options: RedisClusterOptions): Promise<RedisService> {
  const password = argumentValue(options.arguments ?? [], '--requirepass');
  return startRedisServer({
    ...options,
    kind: 'redis-node',
    companions: [10_000],
    ownArguments: [
      ...dataArguments,
      ...['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf'],
      ...['--cluster-announce-ip', '127.0.0.1', '--cluster-node-timeout', '2000'],
      // However long a master was away, its replica may take over. A master that lost its last slot stays one.
      ...['--cluster-replica-validity-factor', '0', '--cluster-allow-replica-migration', 'no'],
      ...['--repl-diskless-sync-delay', '0'],
      ...(options.tls === undefined ? [] : ['--tls-cluster', 'yes', '--tls-replication', 'yes']),
      ...(password === undefined ? [] : ['--masterauth', password]),
    ],
  });
}

class RedisCluster implements RedisClusterService {
  readonly nodes: readonly RedisService[];
  readonly #members: readonly ClusterMember[];
  readonly #options: RedisClusterOptions;
  #size = 0;

  constructor(nodes: readonly RedisService[], options: RedisClusterOptions) {
    this.nodes = nodes;
    this.#options = options;
    const password = argumentValue(options.arguments ?? [], '--requirepass');
    this.#members = nodes.map((node) => {
      const address = { port: node.port, password, tls: options.tls };
      return {
        node,
        password,
        ask: (lines) => this.#ask(address, lines),
        tell: (lines) => this.#tell(address, lines),
      };
    });
  }

  async join(replicas: number): Promise<void> {
    const [first] = this.#members;
    if (first === undefined) throw new Error('a cluster needs nodes');
    const addresses = this.nodes.map((node) => `127.0.0.1:${node.port}`);
    await redisCli(
      { port: first.node.port, password: first.password, tls: this.#options.tls },
      [
        ...['--cluster', 'create', ...addresses],
        ...['--cluster-replicas', String(replicas), '--cluster-yes'],
      ],
      { timeoutSeconds: 60 },
    );
    this.#size = this.nodes.length;
    await this.settled();
  }

  async masters(): Promise<RedisService[]> {
    const view = await Promise.any(
      this.#running().map(async (node) => parseClusterNodes(await node.cli('CLUSTER', 'NODES'))),
    );
    const ports = new Set(view.filter(isLiveMaster).map((node) => node.port));
    return this.#running().filter((node) => ports.has(node.port));
  }

  moveSlots(firstSlot: number, lastSlot: number, target: RedisService): Promise<void> {
    const member = this.#members.find(({ node }) => node === target);
    if (member === undefined) throw new Error('the target of moveSlots is not a node of this cluster');
    return moveSlots(this.#members, firstSlot, lastSlot, member);
  }

  async settled(): Promise<void> {
    for (const node of this.#running()) {
      await until(() => this.#isSettled(node), {
        what: `the cluster node on port ${node.port} is content`,
        timeoutSeconds: 30,
        pollMilliseconds: 100,
        output: () => node.output(),
      });
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  #running(): RedisService[] {
    return this.nodes.filter((node) => node.isRunning);
  }

  async #isSettled(node: RedisService): Promise<boolean> {
    const state = await node.cli('CLUSTER', 'INFO');
    const replication = await node.cli('INFO', 'replication');
    const known = parseClusterNodes(await node.cli('CLUSTER', 'NODES'));
    const replicas = known.filter((each) => each.flags.includes('slave'));
    const expectedReplicas = this.#size - 3;
    return (
      state.includes('cluster_state:ok') &&
      known.length === this.#size &&
      (replicas.length === expectedReplicas || this.#running().length < this.#size) &&
      (replication.includes('role:master') || replication.includes('master_link_status:up'))
    );
  }

  async #ask(address: RedisAddress, lines: readonly string[]): Promise<string> {
    const answers = await redisCli(address, ['--no-raw'], { input: `${lines.join('\n')}\n` });
    const error = /^\(error\) (.*)$/m.exec(answers);
    if (error !== null) throw new Error(`port ${address.port}: ${lines[0] ?? ''} ...: ${error[1] ?? ''}`);
    return answers;
  }

  /** All at once: a node that gets them one by one writes its cluster configuration to the disk after each. */
  async #tell(address: RedisAddress, lines: readonly string[]): Promise<void> {
    await redisCli(address, ['--pipe'], { input: `${lines.join('\n')}\n` });
  }
}
