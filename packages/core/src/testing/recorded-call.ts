import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** One request as the provider got it. */
export interface RecordedCall {
  /** From 1, counted since the start or the last `reset()`. */
  readonly number: number;
  readonly method: string;
  /** Path and query, for example `/v1/chat/completions`. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The parsed body; undefined if it is not JSON. */
  readonly body: unknown;
  readonly rawBody: Buffer;
  /** Whether the client went away before it had the whole answer. */
  readonly aborted: boolean;
}

/** A call while it is being answered. */
export interface MutableCall extends RecordedCall {
  aborted: boolean;
}

/** What is kept of `request`. */
export function recordedCall(number: number, request: IncomingMessage, rawBody: Buffer): MutableCall {
  return {
    number,
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    body: parseOrUndefined(rawBody),
    rawBody,
    aborted: false,
  };
}

/** The whole body. Undefined: the client went away before it had sent the body. */
export async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of request) pieces.push(piece as Buffer);
  } catch {
    return undefined;
  }
  return Buffer.concat(pieces);
}

function parseOrUndefined(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
