import type { IncomingMessage } from 'node:http';
import { BodyTooLarge, ClientGone } from '../errors/http-error.ts';

/** Bodies under way or read, so that the lane that answers in the end finds what another lane began to read. */
const BODIES = new WeakMap<IncomingMessage, Promise<Buffer>>();

/**
 * Reads a request's body once, whoever asks first; later readers get the same bytes, or the same failure.
 * Rejects with BodyTooLarge as soon as the announced or the received length exceeds `maxBytes`; with ClientGone.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const known = BODIES.get(request);
  if (known !== undefined) return known;
  const body = receive(request, maxBytes);
  BODIES.set(request, body);
  return body;
}

function receive(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let refused = false;
    const refuse = (): void => {
      refused = true;
      chunks.length = 0;
      reject(new BodyTooLarge(maxBytes));
    };
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) refuse();
    // What comes after a refusal is read and dropped: a client still sending would otherwise never see the answer.
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxBytes) refuse();
      if (!refused) chunks.push(chunk);
    });
    request.on('end', () => resolve(wholeOf(chunks)));
    request.on('error', () => reject(new ClientGone()));
    // Every request closes; only one that was not read to its end is worth the cost of an error.
    request.on('close', () => {
      if (!request.readableEnded) reject(new ClientGone());
    });
  });
}

function wholeOf(chunks: Buffer[]): Buffer {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
}
