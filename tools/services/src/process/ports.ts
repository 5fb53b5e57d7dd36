import { createSocket, type Socket } from 'node:dgram';
import { createServer } from 'node:net';

/**
 * Below the range from which systems take the local ports of outgoing connections (32768 on Linux), so that nobody's client
 * sits on one; the upper third is left for the bus ports of Redis Cluster nodes, which are their port + 10000.
 */
const lowestPort = 11_000;
const highestPort = 22_767;

/** A port nobody else takes until it is released or this process ends, also while the server on it is down. */
export interface ReservedPort {
  readonly port: number;
  release(): void;
}

export interface PortOptions {
  /** Further ports that must be free with it, relative to it. Default: none. */
  readonly companions?: readonly number[];
}

/** Reserves a port on which nothing listens. */
export async function reservePort(options: PortOptions = {}): Promise<ReservedPort> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = lowestPort + Math.floor(Math.random() * (highestPort - lowestPort + 1));
    const reserved = await tryReserve(port, options);
    if (reserved !== undefined) return reserved;
  }
  throw new Error(`no free port between ${lowestPort} and ${highestPort} after 200 attempts`);
}

/** Reserves this very port, or says that somebody has it. */
export async function reserveGivenPort(port: number, options: PortOptions = {}): Promise<ReservedPort> {
  const reserved = await tryReserve(port, options);
  if (reserved === undefined) throw new Error(`port ${port} on 127.0.0.1 is taken`);
  return reserved;
}

async function tryReserve(port: number, options: PortOptions): Promise<ReservedPort | undefined> {
  const ports = [port, ...(options.companions ?? []).map((distance) => port + distance)];
  const markers: Socket[] = [];
  const release = (): void => {
    for (const marker of markers.splice(0)) marker.close();
  };
  for (const each of ports) {
    const marker = await mark(each);
    if (marker !== undefined) markers.push(marker);
    if (marker === undefined || !(await nothingListens(each))) {
      release();
      return undefined;
    }
  }
  return { port, release };
}

/**
 * The mark of a reservation is the UDP port of the same number: it is seen by other processes and other checkouts, is in no
 * server's way, and the system takes it back however this process ends.
 */
function mark(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      resolve(undefined);
    });
    socket.bind({ address: '127.0.0.1', port, exclusive: true }, () => {
      socket.unref();
      resolve(socket);
    });
  });
}

function nothingListens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
