import { Cluster } from 'ioredis';
import type { ClusterNode, ClusterOptions, Command, Redis } from 'ioredis';
import type { Guard } from './guard.ts';
import { useCurrentPassword } from './password.ts';

/** One connection to each node of a Cluster: ioredis, lazily, with a {@link Guard}. Connects again for ever until `disconnect()`. */
export class GuardedCluster extends Cluster {
  readonly #guard: Guard;

  constructor(nodes: readonly ClusterNode[], options: ClusterOptions, guard: Guard) {
    const redisOptions = { ...options.redisOptions, replyMapping: 'legacy' as const };
    super([...nodes], { ...options, redisOptions, lazyConnect: true });
    this.#guard = guard;
    this.on('+node', (node: Redis) => useCurrentPassword(node, guard));
    this.on('error', (error: Error) => guard.noteError(error));
    this.on('node error', (error: Error) => guard.noteError(error));
    this.on('ready', () => {
      guard.noteConnection();
      guard.release();
    });
    // Each attempt that found no node ends like this. ioredis would keep the commands until one succeeds.
    this.on('close', () => guard.fail());
    this.on('end', () => guard.fail());
  }

  get pending(): Guard['pending'] {
    return this.#guard.pending;
  }

  override sendCommand(
    command: Command,
    stream?: Parameters<Cluster['sendCommand']>[1],
    node?: unknown,
  ): unknown {
    // Asked by ioredis itself, of a node of its choice, while it is not ready.
    if (command.name === 'cluster') return super.sendCommand(command, stream, node);
    const isReady = this.status === 'ready' || this.status === 'end';
    const sent = this.#guard.pass(command, isReady, () => super.sendCommand(command, stream, node));
    this.open();
    return sent;
  }

  override async connect(): Promise<void> {
    if (this.#guard.hasToAuthenticate) await this.#guard.authenticate();
    return super.connect();
  }

  /** Makes the connection before the first command asks for it. */
  open(): void {
    if (this.status === 'wait') this.connect().catch(() => undefined);
  }

  /** Resolves when the nodes are known. */
  async ready(): Promise<void> {
    if (this.status === 'ready') return;
    const held = this.#guard.hold();
    this.open();
    await held;
  }

  /** Tells all nodes the new password on connections that live on. */
  authenticateAgain(password: string): void {
    for (const node of this.nodes().filter(({ status }) => status === 'ready')) {
      const { username } = node.options;
      const told = username ? node.auth(username, password) : node.auth(password);
      // Refused or lost: the next connection is made with it anyway.
      told.catch(() => undefined);
    }
  }

  /** Ends at once, and what waits with `error`. */
  shut(error: Error): void {
    this.disconnect();
    this.#guard.end(error);
  }
}
