import type { ServerResponse } from 'node:http';
import { httpErrorOf } from '../errors/http-error.ts';

/** Statuses of requests that are not read to their end, so that nothing else can come on their connection. */
const CLOSING: ReadonlySet<number> = new Set([413]);

/** How long a client may go on sending what it was told is too much. */
const LINGER_MILLISECONDS = 10_000;

/** Writes an error in OpenAI's shape. A response already begun is broken off instead. */
export function sendError(response: ServerResponse, error: unknown): void {
  if (response.destroyed) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, body, headers = {} } = httpErrorOf(error);
  const isLast = CLOSING.has(status);
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': bytes.length,
    ...(isLast ? { connection: 'close' } : {}),
    ...headers,
  });
  response.write(bytes);
  if (isLast) endAfterRequest(response);
  else response.end();
}

/**
 * A connection closed under a client that is still sending is reset, and the answer lost with it (RFC 9112 section 9.6):
 * it is all sent already, and ends when the request does.
 */
function endAfterRequest(response: ServerResponse): void {
  const { req: request } = response;
  if (request.complete) return void response.end();
  const timer = setTimeout(() => response.end(), LINGER_MILLISECONDS);
  request.once('end', () => response.end());
  response.once('close', () => clearTimeout(timer));
}
