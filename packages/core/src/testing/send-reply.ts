import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { constants, createGzip } from 'node:zlib';
import type { FakeReply, WaitPoint } from './provider-replies.ts';

/** Where the bytes of a body go. */
interface Sink {
  /** Resolves once the piece has left for the socket, or the client is gone. */
  write(piece: Uint8Array): Promise<void>;
  end(): void;
}

/**
 * Puts `reply` on the wire. Resolves when all of it was sent or the client has gone; the socket of a reply that ends by
 * `destroy` is left to the caller.
 */
export async function sendReply(reply: FakeReply, response: ServerResponse): Promise<void> {
  const gone = new Promise<void>((resolve) => response.once('close', resolve));
  const waitAt = async (point: WaitPoint): Promise<void> => {
    for (const wait of reply.waits) {
      if (wait.at === point) await Promise.race([wait.until(), gone]);
    }
  };
  await waitAt('head');
  if (response.destroyed) return;
  response.writeHead(reply.status, headersOf(reply));
  response.flushHeaders();
  const sink = reply.gzip ? compressing(response) : plain(response);
  for (const [index, piece] of reply.pieces.entries()) {
    await waitAt(index);
    if (response.destroyed) return;
    await Promise.race([sink.write(piece), gone]);
  }
  await waitAt(reply.pieces.length);
  if (reply.ending === 'end') sink.end();
  if (reply.ending === 'stall') await gone;
}

function headersOf(reply: FakeReply): Readonly<Record<string, string>> {
  if (isLengthUnknown(reply)) return reply.headers;
  const length = reply.pieces.reduce((total, piece) => total + piece.byteLength, 0);
  return { 'content-length': String(length), ...reply.headers };
}

function isLengthUnknown(reply: FakeReply): boolean {
  const isStream = reply.headers['content-type']?.startsWith('text/event-stream') ?? false;
  return isStream || reply.gzip || reply.ending !== 'end';
}

function plain(response: Writable): Sink {
  return {
    write: (piece) => new Promise((resolve) => response.write(piece, () => resolve())),
    end: () => response.end(),
  };
}

function compressing(response: Writable): Sink {
  const gzip = createGzip();
  gzip.pipe(response);
  return {
    write: (piece) =>
      new Promise((resolve) => {
        gzip.write(piece);
        gzip.flush(constants.Z_SYNC_FLUSH, resolve);
      }),
    end: () => gzip.end(),
  };
}
