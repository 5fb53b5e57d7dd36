import type { ServerResponse } from 'node:http';
import { httpErrorOf } from '../errors/http-error.ts';

/** Statuses after which the connection cannot be used again: the request was not read to its end. */
const CLOSING: ReadonlySet<number> = new Set([408, 413]);

/** Writes an error in OpenAI's shape. A response already begun is broken off instead. */
export function sendError(response: ServerResponse, error: unknown): void {
  if (response.destroyed) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, body, headers = {} } = httpErrorOf(error);
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': bytes.length,
    ...(CLOSING.has(status) ? { connection: 'close' } : {}),
    ...headers,
  });
  response.end(bytes);
}
