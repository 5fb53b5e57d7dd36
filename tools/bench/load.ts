import { connect, type Socket } from 'node:net';

/** What one round of load saw. Latencies in microseconds, sorted. */
export interface Round {
  readonly perSecond: number;
  readonly latencies: Float64Array;
}

export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** The whole request, head and body, of the n-th request. */
  readonly request: (n: number) => Buffer;
  /** The most requests to send. Default: as many as fit into `seconds`. */
  readonly maxRequests?: number;
}

const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * Keeps `connections` keep-alive connections to 127.0.0.1 busy, one request at a time on each. Written on bare sockets
 * because the generator must be cheaper than the servers it measures; it understands answers with `content-length` only.
 */
export async function load(options: LoadOptions): Promise<Round> {
  const latencies: number[] = [];
  const state = { sent: 0, stopAt: performance.now() + options.seconds * 1000 };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: options.connections }, () => keepBusy(options, state, latencies)));
  const seconds = (performance.now() - startedAt) / 1000;
  return { perSecond: latencies.length / seconds, latencies: Float64Array.from(latencies).sort() };
}

function keepBusy(
  { port, request, maxRequests = Infinity }: LoadOptions,
  state: { sent: number; readonly stopAt: number },
  latencies: number[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let sentAt = 0;
    let received = 0;
    let expected = Infinity;
    const send = (): void => {
      if (state.sent >= maxRequests || performance.now() >= state.stopAt) {
        socket.destroy();
        resolve();
        return;
      }
      received = 0;
      expected = Infinity;
      sentAt = performance.now();
      socket.write(request(state.sent++));
    };
    socket.once('connect', send);
    socket.on('data', (chunk: Buffer) => {
      if (expected === Infinity) expected = lengthOfAnswer(chunk, socket, reject);
      received += chunk.length;
      if (received < expected) return;
      latencies.push((performance.now() - sentAt) * 1000);
      send();
    });
    socket.once('error', reject);
    socket.once('end', () => reject(new Error(`port ${port}: the server closed the connection`)));
  });
}

/** Bytes of the whole answer, told by its first chunk (loopback delivers a head in one piece). */
function lengthOfAnswer(chunk: Buffer, socket: Socket, reject: (error: Error) => void): number {
  const headEnd = chunk.indexOf(HEAD_END);
  const head = chunk.toString('latin1', 0, headEnd);
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  if (headEnd === -1 || length === undefined || !head.startsWith('HTTP/1.1 200')) {
    socket.destroy();
    reject(new Error(`unexpected answer: ${chunk.toString('latin1', 0, 300)}`));
    return Infinity;
  }
  return headEnd + HEAD_END.length + Number(length);
}

/** The request as it goes over the wire. */
export function post(path: string, body: Buffer, headers: readonly string[] = []): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    'content-type: application/json',
    `content-length: ${body.length}`,
    ...headers,
    '',
    '',
  ];
  return Buffer.concat([Buffer.from(head.join('\r\n')), body]);
}

export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(Float64Array.from(values).sort(), 0.5);
}
