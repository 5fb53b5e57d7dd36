import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorBody } from '../errors/http-error.ts';

/** What is refused before it is a request of any route. */
interface Refusal {
  readonly status: string;
  readonly error: ErrorBody['error'];
}

const MALFORMED: Refusal = {
  status: '400 Bad Request',
  error: refusal('The request is not HTTP as this proxy reads it.', 'malformed_request'),
};

const BY_CODE: Readonly<Record<string, Refusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: '408 Request Timeout',
    error: refusal('The request did not arrive completely in time.', 'request_timeout'),
  },
  HPE_HEADER_OVERFLOW: {
    status: '431 Request Header Fields Too Large',
    error: refusal('The headers of the request are too large.', 'headers_too_large'),
  },
};

const CLOSING: ErrorBody = {
  error: { message: 'The proxy is shutting down.', type: 'server_error', param: null, code: 'shutting_down' },
};

function refusal(message: string, code: string): ErrorBody['error'] {
  return { message, type: 'invalid_request_error', param: null, code };
}

/**
 * Answers what is no request, or does not become one in time (`clientError` of node:http), and ends the connection. Where
 * an answer is on its way already, bytes put between its own would pass for a part of it: then there is only the end.
 */
export function refuseClient(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || answerOn(socket)?.headersSent === true) return void socket.destroy();
  socket.end(rendered(BY_CODE[error.code ?? ''] ?? MALFORMED));
  socket.destroySoon();
}

/**
 * Ends a connection on which nothing has moved for a while, unless it waits for a provider: a client that does not read
 * would keep its answer in memory for ever.
 */
export function endStalled(socket: Socket): void {
  const isWaiting = answerOn(socket) !== null && socket.writableLength === 0;
  if (!isWaiting) socket.destroy();
}

/** Answers a request that comes on an open connection while the proxy shuts down. OpenAI's SDKs ask again after a 503. */
export function refuseWhileClosing(response: ServerResponse): void {
  const body = JSON.stringify(CLOSING);
  response.writeHead(503, {
    'content-type': 'application/json',
    'content-length': body.length,
    connection: 'close',
  });
  response.end(body);
}

function rendered({ status, error }: Refusal): string {
  const body = JSON.stringify({ error } satisfies ErrorBody);
  const head = ['content-type: application/json', `content-length: ${body.length}`, 'connection: close'];
  return [`HTTP/1.1 ${status}`, ...head, '', body].join('\r\n');
}

/** The answer under way, as node:http keeps it at the socket for decisions of this kind; null between two requests. */
function answerOn(socket: Socket): ServerResponse | null {
  const { _httpMessage: answer = null } = socket as Socket & { _httpMessage?: ServerResponse | null };
  return answer;
}
