import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import type { RedisNode } from '@cache/core/redis-settings';
import { AbstractConnector, SentinelConnector } from 'ioredis';
import type { Redis, SentinelConnectionOptions } from 'ioredis';
import { DISCONNECT_MILLISECONDS } from './client-options.ts';

/** Hears what a socket says before ioredis turns it into "Connection is closed". */
export type Note = (error: Error) => void;

/**
 * Makes the connections to the nodes of a Cluster, those included on which ioredis asks for the map and whose errors it keeps
 * to itself.
 */
export function nodeConnector(
  tls: ConnectionOptions | undefined,
  note: Note,
): new (options: unknown) => AbstractConnector {
  return class extends NodeConnector {
    constructor(options: unknown) {
      super(() => nodeOf(options), tls, note);
    }
  };
}

/**
 * Makes each connection to another node of a Cluster, by chance: a message published anywhere in a Cluster is heard at every
 * node, so whoever listens needs one node, and not always the same.
 */
export function anyNodeConnector(
  nodesOf: () => readonly RedisNode[],
  tls: ConnectionOptions | undefined,
): new () => AbstractConnector {
  return class extends NodeConnector {
    constructor() {
      super(
        () => anyOf(nodesOf()),
        tls,
        () => undefined,
      );
    }
  };
}

/** Asks sentinels for the master, as ioredis does, and notes why one of them could not be asked. */
export function sentinelConnector(note: Note): new (options: unknown) => AbstractConnector {
  return class extends SentinelConnector {
    constructor(options: unknown) {
      super(options as SentinelConnectionOptions);
      // Private there, and the only place where these clients can be had; the test of wrong authorities would miss it.
      const seam = this as unknown as { connectToSentinel: (node: unknown, options?: object) => Redis };
      const connect = seam.connectToSentinel.bind(this);
      seam.connectToSentinel = (node, given) =>
        connect(node, { ...given, disconnectTimeout: DISCONNECT_MILLISECONDS }).on('error', note);
    }
  };
}

class NodeConnector extends AbstractConnector {
  readonly #node: () => RedisNode;
  readonly #tls: ConnectionOptions | undefined;
  readonly #note: Note;

  constructor(node: () => RedisNode, tls: ConnectionOptions | undefined, note: Note) {
    super(DISCONNECT_MILLISECONDS);
    this.#node = node;
    this.#tls = tls;
    this.#note = note;
  }

  override async connect(): Promise<Socket> {
    this.connecting = true;
    const { host, port } = this.#node();
    const stream =
      this.#tls === undefined ? createConnection({ host, port }) : connectTls({ ...this.#tls, host, port });
    stream.once('error', (error: Error) => {
      this.firstError = error;
      this.#note(error);
    });
    this.stream = stream;
    return Promise.resolve(stream);
  }
}

function nodeOf(options: unknown): RedisNode {
  const { host = 'localhost', port = 6379 } = options as Partial<RedisNode>;
  return { host, port };
}

function anyOf(nodes: readonly RedisNode[]): RedisNode {
  const node = nodes[Math.floor(Math.random() * nodes.length)];
  if (node === undefined) throw new Error('no node of the Cluster is known');
  return node;
}
