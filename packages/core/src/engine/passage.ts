import { Buffer } from 'node:buffer';
import type { Demand } from '../calls/call-type.ts';
import { formatComment, formatEvent } from '../calls/sse/parse.ts';
import { CacheError } from '../contract/errors.ts';
import type { MissReason } from '../contract/observer.ts';
import type { JsonObject } from '../json.ts';
import type { Answer, HeaderList, Outcome, Provider } from './answer.ts';
import type { CacheRequest } from './call.ts';
import type { Flight, Landing, Passenger, Piece } from './flight.ts';
import { sharedHeaders } from './headers.ts';
import { hitAnswer, judgeFound, replayed, servedHeaders } from './hit.ts';

/** One request's way through a flight. */
export interface PassageOptions {
  readonly request: CacheRequest;
  readonly provider: Provider;
  readonly body: () => JsonObject;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal | undefined;
  /** Why the request was not answered from the cache. */
  readonly reason: MissReason;
  /** Came aboard a flight that another request began. */
  readonly collapsed: boolean;
  readonly now: () => number;
}

/** The flight has no answer this request can use (too long, too old, without usage): it must make its own call. */
export const ALONE: unique symbol = Symbol('alone');

/**
 * Boards `flight` at once and waits for what it can give this request.
 * @throws what the provider threw, or CacheError `CACHE_ABORTED` when the signal is aborted, `CACHE_PROVIDER_CUT`.
 */
export function travel(flight: Flight, options: PassageOptions): Promise<Answer | typeof ALONE> {
  const { signal } = options;
  const answer = Promise.withResolvers<Answer | typeof ALONE>();
  const passenger = flight.board({
    provider: options.provider,
    body: options.body,
    fail: (error) => answer.reject(error),
  });
  const leave = (): void => {
    signal?.removeEventListener('abort', goAway);
    flight.leave(passenger);
  };
  const goAway = (): void => {
    answer.reject(givenUp(signal));
    leave();
  };
  if (signal?.aborted === true) goAway();
  else signal?.addEventListener('abort', goAway, { once: true });

  flight.landing
    .then((landing) => arrive(landing, passenger, options, leave))
    .then(answer.resolve, (error: unknown) => {
      leave();
      answer.reject(error);
    });
  return answer.promise;
}

async function arrive(
  landing: Landing,
  passenger: Passenger,
  options: PassageOptions,
  leave: () => void,
): Promise<Answer | typeof ALONE> {
  const { request } = options;
  const { demand } = request.call;
  if ((landing.type === 'stream' && demand.stream) || (landing.type === 'bytes' && !mustStream(options))) {
    const status = landing.type === 'bytes' ? landing.status : 200;
    const headers = visibleHeaders(landing.headers, options);
    return { status, headers, body: pieces(passenger, options, leave), outcome: missOutcome(options) };
  }
  try {
    switch (landing.type) {
      case 'entry': {
        const found = judgeFound(landing.entry, request, options.now());
        return found.type === 'usable'
          ? hitAnswer(found.entry, request, landing.source, options.now())
          : ALONE;
      }
      case 'whole':
        return wholeAnswer(landing, options);
      case 'bytes':
        return ALONE;
      case 'stream':
        return await assembledAnswer(landing, options);
    }
  } finally {
    leave();
  }
}

/** A client that asked for a stream cannot use the bytes of a whole answer too long to be replayed. */
function mustStream({ request, collapsed }: PassageOptions): boolean {
  return collapsed && request.call.demand.stream;
}

function wholeAnswer(landing: Landing & { type: 'whole' }, options: PassageOptions): Answer {
  const { call } = options.request;
  const outcome = missOutcome(options, landing.stored);
  const headers = visibleHeaders(landing.headers, options);
  if (!call.demand.stream || !isReplayable(landing)) {
    return { status: landing.status, headers, body: landing.body, outcome };
  }
  return {
    status: 200,
    headers: servedHeaders(headers, 'text/event-stream; charset=utf-8'),
    body: replayed(call.callType.replay({ body: landing.body }, call.demand)),
    outcome,
  };
}

/** An answer of the call type's own shape, good enough to be stored or not. */
function isReplayable({ judgement }: Landing & { type: 'whole' }): boolean {
  return (
    judgement !== undefined && (judgement.storable || !['malformed', 'error'].includes(judgement.reason))
  );
}

async function assembledAnswer(
  landing: Landing & { type: 'stream' },
  options: PassageOptions,
): Promise<Answer | typeof ALONE> {
  try {
    const { body } = await landing.assembled;
    const headers = servedHeaders(visibleHeaders(landing.headers, options), 'application/json');
    return { status: 200, headers, body, outcome: missOutcome(options) };
  } catch (error) {
    if (options.collapsed && CacheError.is(error, 'CACHE_ENTRY_TOO_LARGE')) return ALONE;
    throw error;
  }
}

function visibleHeaders(headers: HeaderList, { collapsed }: PassageOptions): HeaderList {
  return collapsed ? sharedHeaders(headers) : headers;
}

function missOutcome({ request, reason, collapsed }: PassageOptions, stored?: boolean): Outcome {
  return { type: 'miss', key: request.key, reason, collapsed, ...(stored === undefined ? {} : { stored }) };
}

/** What is recorded, as bytes for one client. Ends the passenger's interest when it ends, or is given up. */
function pieces(
  passenger: Passenger,
  { request, signal }: PassageOptions,
  leave: () => void,
): AsyncIterableIterator<Uint8Array> {
  const { demand } = request.call;
  const iterator: AsyncIterableIterator<Uint8Array> = {
    async next() {
      for (;;) {
        const batch = await passenger.reader.next().catch((error: unknown) => {
          leave();
          throw error;
        });
        if (batch.done === true) {
          leave();
          if (signal?.aborted === true) throw givenUp(signal);
          return { done: true, value: undefined };
        }
        const bytes = Buffer.concat(batch.value.filter((piece) => isFor(piece, demand)).map(bytesOf));
        if (bytes.length > 0) return { done: false, value: bytes };
      }
    },
    return() {
      leave();
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}

function givenUp(signal: AbortSignal | undefined): CacheError {
  return new CacheError('CACHE_ABORTED', 'the request was given up', { cause: signal?.reason });
}

function isFor(piece: Piece, demand: Demand): boolean {
  return piece.kind !== 'usage' || demand.usage;
}

function bytesOf(piece: Piece): Uint8Array {
  switch (piece.kind) {
    case 'bytes':
      return piece.bytes;
    case 'comment':
      return Buffer.from(formatComment(piece.text));
    default:
      return Buffer.from(formatEvent(piece.text, piece.event));
  }
}
