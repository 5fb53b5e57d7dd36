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
  const body = new Promise<Buffer>((resolve, reject) => receiveBody(request, maxBytes, resolve, reject));
  BODIES.set(request, body);
  return body;
}

/** Lets {@link readBody} find what {@link receiveBody} brought. */
export function keepBody(request: IncomingMessage, body: Buffer | Error): void {
  const kept = body instanceof Error ? Promise.reject<Buffer>(body) : Promise.resolve(body);
  kept.catch(() => undefined);
  BODIES.set(request, kept);
}

/** As {@link readBody}, without a promise: for the lane that answers most requests as soon as they are read. */
export function receiveBody(
  request: IncomingMessage,
  maxBytes: number,
  onBody: (body: Buffer) => void,
  onFailure: (error: BodyTooLarge | ClientGone) => void,
): void {
  const chunks: Buffer[] = [];
  let length = 0;
  let settled = false;
  const fail = (error: BodyTooLarge | ClientGone): void => {
    if (settled) return;
    settled = true;
    chunks.length = 0;
    onFailure(error);
  };
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) fail(new BodyTooLarge(maxBytes));
  // What comes after a refusal is read and dropped: a client still sending would otherwise never see the answer.
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (settled) return;
    if (length > maxBytes) fail(new BodyTooLarge(maxBytes));
    else chunks.push(chunk);
  });
  request.on('end', () => {
    if (settled) return;
    settled = true;
    onBody(wholeOf(chunks));
  });
  request.on('error', () => fail(new ClientGone()));
  // Every request closes; only one that was not read to its end is worth the cost of an error.
  request.on('close', () => {
    if (!settled) fail(new ClientGone());
  });
}

function wholeOf(chunks: Buffer[]): Buffer {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
}
