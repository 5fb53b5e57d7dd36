import type { Clock } from '../contract/clock.ts';
import { systemClock } from '../contract/clock.ts';
import type { Gate } from './gate.ts';

/** An answer as the fake provider puts it on the wire. Made by the functions of this file, changed by its modifiers. */
export interface FakeReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Written one after the other, each by itself. A stream has a piece for each event. */
  readonly pieces: readonly Uint8Array[];
  /** After the last piece: end properly, destroy the socket, or leave it open for ever. */
  readonly ending: 'end' | 'destroy' | 'stall';
  /** Awaited before the piece of that index; `head` before the status line. */
  readonly waits: readonly Wait[];
  /** Whether body bytes are compressed, each piece flushed. */
  readonly gzip: boolean;
}

/** Where a reply waits: before its head, before the piece of that index, or, with the number of pieces, before its end. */
export type WaitPoint = 'head' | number;

/** Something a reply waits for. */
export interface Wait {
  readonly at: WaitPoint;
  readonly until: () => Promise<void>;
}

/** Status and headers of a reply. */
export interface ReplyOptions {
  /** Default 200. */
  readonly status?: number;
  /** Names in lower case; they replace what the reply would send by itself. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Bytes as they are: malformed JSON, a large body, anything. Default content type: `application/json`. */
export function bytesReply(
  body: string | Uint8Array,
  { status = 200, headers = {} }: ReplyOptions = {},
): FakeReply {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    pieces: [typeof body === 'string' ? Buffer.from(body) : body],
    ending: 'end',
    waits: [],
    gzip: false,
  };
}

/** `body` as JSON. */
export function jsonReply(body: unknown, options: ReplyOptions = {}): FakeReply {
  return bytesReply(JSON.stringify(body), options);
}

/**
 * Server-sent events, one piece each: strings as they are, everything else as JSON, then `[DONE]` unless `done` is
 * false.
 */
export function streamReply(
  events: readonly unknown[],
  { done = true, headers = {}, ...options }: ReplyOptions & { readonly done?: boolean } = {},
): FakeReply {
  const data = events.map((event) => (typeof event === 'string' ? event : JSON.stringify(event)));
  return {
    ...bytesReply('', {
      ...options,
      headers: { 'content-type': 'text/event-stream; charset=utf-8', ...headers },
    }),
    pieces: [...data, ...(done ? ['[DONE]'] : [])].map((text) => Buffer.from(`data: ${text}\n\n`)),
  };
}

/** An error in OpenAI's shape. @param error Members that replace those of the error object. */
export function errorReply(
  status: number,
  error: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): FakeReply {
  const type = status >= 500 ? 'server_error' : 'invalid_request_error';
  return jsonReply(
    { error: { message: `The fake provider answers ${status}`, type, param: null, code: null, ...error } },
    { status, headers },
  );
}

/** Sends the client elsewhere. Default status 307. */
export function redirectReply(location: string, status: number = 307): FakeReply {
  return { ...bytesReply('', { status, headers: { location } }), pieces: [] };
}

/** Takes the request and never answers. */
export function silentReply(): FakeReply {
  return waitingFor(bytesReply(''), 'head', () => new Promise(() => undefined));
}

/** Destroys the socket after the first `pieces` pieces. */
export function cutAfter(reply: FakeReply, pieces: number): FakeReply {
  return { ...reply, pieces: reply.pieces.slice(0, pieces), ending: 'destroy' };
}

/** Ends properly after the first `pieces` pieces: a stream without its `[DONE]`, half a JSON text. */
export function endedAfter(reply: FakeReply, pieces: number): FakeReply {
  return { ...reply, pieces: reply.pieces.slice(0, pieces) };
}

/** Falls silent after the first `pieces` pieces, the connection open. */
export function stalledAfter(reply: FakeReply, pieces: number): FakeReply {
  return { ...reply, pieces: reply.pieces.slice(0, pieces), ending: 'stall' };
}

/** Waits at `at` until the gate is released. */
export function held(reply: FakeReply, gate: Gate, at: WaitPoint = 'head'): FakeReply {
  return waitingFor(reply, at, () => gate.pass());
}

/** Takes its time, by `clock` (default: the machine's). Both delays default to 0 milliseconds. */
export function paced(
  reply: FakeReply,
  delays: { readonly headMilliseconds?: number; readonly pieceMilliseconds?: number },
  clock: Clock = systemClock,
): FakeReply {
  const { headMilliseconds = 0, pieceMilliseconds = 0 } = delays;
  const sleep = (milliseconds: number) => (): Promise<void> =>
    new Promise((resolve) => clock.schedule(milliseconds, resolve));
  const points = reply.pieces.map((_, index): Wait => ({ at: index, until: sleep(pieceMilliseconds) }));
  return {
    ...reply,
    waits: [
      ...reply.waits,
      ...(headMilliseconds > 0 ? [{ at: 'head' as const, until: sleep(headMilliseconds) }] : []),
      ...(pieceMilliseconds > 0 ? points : []),
    ],
  };
}

/** The same bytes in pieces of `bytes` bytes, so that they break inside of characters and lines. */
export function slicedInto(reply: FakeReply, bytes: number): FakeReply {
  const whole = Buffer.concat(reply.pieces);
  const count = Math.ceil(whole.length / bytes);
  const pieces = Array.from({ length: count }, (_, index) =>
    whole.subarray(index * bytes, (index + 1) * bytes),
  );
  return { ...reply, pieces };
}

/** Compresses the body, each piece flushed by itself. */
export function gzipped(reply: FakeReply): FakeReply {
  return { ...reply, gzip: true, headers: { ...reply.headers, 'content-encoding': 'gzip' } };
}

function waitingFor(reply: FakeReply, at: WaitPoint, until: () => Promise<void>): FakeReply {
  return { ...reply, waits: [...reply.waits, { at, until }] };
}
