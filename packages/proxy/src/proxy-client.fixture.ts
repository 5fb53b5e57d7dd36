import { once } from 'node:events';
import {
  Agent,
  request,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import { parseList, Token } from 'structured-headers';
import { chatCompletionBody } from '@cache/core/testing';

/** What a client has in the end. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** Whether the body came to its proper end. */
  readonly complete: boolean;
}

/** What is sent. */
export interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Text or bytes as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly agent?: Agent;
}

export const CHAT = '/v1/chat/completions';

interface Target {
  readonly port: number;
}

/** Sends a request on a connection of its own (or the agent's) and reads the answer to its end, proper or not. */
export async function send(target: Target, sent: Sent = {}): Promise<Reply> {
  return replyOf(await begin(target, sent).response);
}

/** A chat completion; `overrides` replace members of the body. */
export function ask(target: Target, overrides: object = {}, headers: Sent['headers'] = {}): Promise<Reply> {
  return send(target, { headers, body: chatCompletionBody({ ...overrides }) });
}

/** The parsed body, for a test to look into. */
export function jsonOf({ text }: Reply): ReturnType<typeof JSON.parse> {
  return JSON.parse(text);
}

/** The data of a stream's events: parsed, but for `[DONE]`. */
export function eventsOf(text: string): ReturnType<typeof JSON.parse>[] {
  const events = text.split('\n\n').filter((event) => event.startsWith('data: '));
  return events
    .map((event) => event.slice('data: '.length))
    .map((data) => (data === '[DONE]' ? data : JSON.parse(data)));
}

/** The text of all deltas. */
export function streamedText(text: string): string {
  return eventsOf(text)
    .map((event) => event.choices?.[0]?.delta.content ?? '')
    .join('');
}

/** The parameters of `Cache-Status`, read as RFC 9211 wants it. */
export function cacheStatusOf({ headers }: Pick<Reply, 'headers'>): Record<string, unknown> {
  const [member] = parseList(String(headers['cache-status']));
  const parameters = [...(member?.[1] ?? [])];
  return Object.fromEntries(
    parameters.map(([name, value]) => [name, value instanceof Token ? value.toString() : value]),
  );
}

/** A request whose sending and reading a test does by itself. */
export interface Begun {
  readonly request: ClientRequest;
  /** Resolves with the head of the answer. */
  readonly response: Promise<IncomingMessage>;
  /** Resolves once the request has been handed to the system. */
  readonly sent: Promise<unknown>;
}

export function begin({ port }: Target, sent: Sent = {}): Begun {
  const { method = sent.body === undefined ? 'GET' : 'POST', path = CHAT, headers = {}, agent } = sent;
  const body = bytesOf(sent.body);
  const outgoing = request({
    host: '127.0.0.1',
    port,
    method,
    path,
    agent: agent ?? new Agent({ keepAlive: false, maxSockets: Infinity }),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length }),
      ...headers,
    },
  });
  const response = once(outgoing, 'response').then(([incoming]) => incoming as IncomingMessage);
  response.catch(() => undefined);
  const finished = once(outgoing, 'finish');
  finished.catch(() => undefined);
  outgoing.end(body);
  return { request: outgoing, response, sent: finished };
}

function bytesOf(body: unknown): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

export async function replyOf(response: IncomingMessage): Promise<Reply> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of response) pieces.push(piece as Buffer);
  } catch {
    // A body that breaks off is what some tests are about: `complete` says so.
  }
  const body = Buffer.concat(pieces);
  const { statusCode = 0, headers, complete } = response;
  return { status: statusCode, headers, body, text: body.toString(), complete };
}

/** Reads until what has come satisfies `enough`. The rest stays to be read. */
export async function readUntil(
  response: IncomingMessage,
  enough: (text: string) => boolean,
): Promise<string> {
  let text = '';
  const iterator = response.iterator({ destroyOnReturn: false });
  while (!enough(text)) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    text += (value as Buffer).toString();
  }
  return text;
}

/** A connection on which a test writes bytes of its choice. */
export interface RawConnection {
  readonly socket: Socket;
  readonly write: (text: string) => void;
  /** Everything that came so far. */
  readonly received: () => string;
  /** Resolves with everything that came as soon as `pattern` is in it; rejects if the connection ends without. */
  readonly until: (pattern: RegExp) => Promise<string>;
  /** Resolves with everything that came, once the other side has closed the connection. */
  readonly closed: Promise<string>;
}

export async function rawConnection(
  { port }: Target,
  { allowHalfOpen = false } = {},
): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen });
  await once(socket, 'connect');
  let text = '';
  const closed = Promise.withResolvers<string>();
  socket.on('data', (bytes) => (text += bytes.toString('latin1')));
  // A reset is an end like any other here; what had come before it counts.
  socket.on('error', () => undefined);
  socket.on('end', () => socket.end());
  socket.on('close', () => closed.resolve(text));
  return {
    socket,
    write: (bytes) => void socket.write(bytes),
    received: () => text,
    async until(pattern) {
      while (!pattern.test(text)) {
        await Promise.race([once(socket, 'data'), closed.promise]);
        if (socket.closed && !pattern.test(text)) throw new Error(`closed after ${JSON.stringify(text)}`);
      }
      return text;
    },
    closed: closed.promise,
  };
}

/** A chat completion as bytes on the wire. */
export function rawCall(body: object = chatCompletionBody(), headers: readonly string[] = []): string {
  const text = JSON.stringify(body);
  return [
    `POST ${CHAT} HTTP/1.1`,
    'host: proxy.test',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(text)}`,
    ...headers,
    '',
    text,
  ].join('\r\n');
}
