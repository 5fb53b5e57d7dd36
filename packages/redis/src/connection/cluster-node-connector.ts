import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import type { RedisNode } from '@cache/core/redis-settings';
import { AbstractConnector } from 'ioredis';
import { DISCONNECT_MILLISECONDS } from './client-options.ts';

/**
 * Makes each connection to another node of a Cluster, by chance: a message published anywhere in a Cluster is heard at every
 * node, so whoever listens needs one node, and not always the same.
 */
export function anyNodeConnector(
  nodesOf: () => readonly RedisNode[],
  tls: ConnectionOptions | undefined,
): new () => AbstractConnector {
  return class AnyNodeConnector extends AbstractConnector {
    constructor() {
      super(DISCONNECT_MILLISECONDS);
    }

    override async connect(): Promise<Socket> {
      this.connecting = true;
      const nodes = nodesOf();
      const node = nodes[Math.floor(Math.random() * nodes.length)];
      if (node === undefined) throw new Error('no node of the Cluster is known');
      const { host, port } = node;
      const stream =
        tls === undefined ? createConnection({ host, port }) : connectTls({ ...tls, host, port });
      stream.once('error', (error: Error) => {
        this.firstError = error;
      });
      this.stream = stream;
      return Promise.resolve(stream);
    }
  };
}
