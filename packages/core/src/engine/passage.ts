import { Buffer } from 'node:buffer';
import type { CacheEntry } from '../contract/entry.ts';
import { CacheError } from '../contract/errors.ts';
import type { MissReason } from '../contract/observer.ts';
import type { JsonObject } from '../json.ts';
import type { Answer, HeaderList, Outcome, Provider } from './answer.ts';
import type { CacheRequest } from './call.ts';
import type { Flight, Passenger } from './flight.ts';
import { sharedHeaders } from './headers.ts';
import { replayed, servedHeaders } from './hit.ts';
import type { Landing, WholeOfStream } from './landing.ts';
import { bytesOf, isFor } from './piece.ts';

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
  /** The answer out of what the flight's leader found; undefined if it is none for this request. */
  readonly fromEntry: (entry: CacheEntry, source: string) => Answer | undefined;
}

/** The flight has no answer this request can use (too long, too old, without usage): it needs another call. */
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
    fail: (error) => {
      answer.reject(error);
      leave();
    },
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
    .then((landing) => {
      // What the shared tier said is known only now.
      const reason = flight.missReason ?? options.reason;
      return arrive(landing, passenger, { ...options, reason }, leave);
    })
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
  if (
    (landing.type === 'stream' && demand.stream) ||
    (landing.type === 'bytes' && !mustStream(landing, options))
  ) {
    const status = landing.type === 'bytes' ? landing.status : 200;
    const headers = visibleHeaders(landing.headers, options);
    return { status, headers, body: pieces(passenger, options, leave), outcome: missOutcome(options) };
  }
  try {
    switch (landing.type) {
      case 'entry':
        return options.fromEntry(landing.entry, landing.source) ?? ALONE;
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

/** A client that asked for a stream cannot use the bytes of a whole answer too long to be replayed. Errors suit all. */
function mustStream(
  { status }: Landing & { type: 'bytes' },
  { request, collapsed }: PassageOptions,
): boolean {
  return status === 200 && collapsed && request.call.demand.stream;
}

function wholeAnswer(landing: Landing & { type: 'whole' }, options: PassageOptions): Answer {
  const outcome = missOutcome(options, landing.stored);
  const headers = visibleHeaders(landing.headers, options);
  const events = options.request.call.demand.stream ? replayOf(landing, options) : undefined;
  if (events === undefined) return { status: landing.status, headers, body: landing.body, outcome };
  return {
    status: 200,
    headers: servedHeaders(headers, 'text/event-stream; charset=utf-8'),
    body: events,
    outcome,
  };
}

/** A whole answer as events; undefined for what is not one: an error, or something the call type does not know. */
function replayOf(
  { judgement, body }: Landing & { type: 'whole' },
  { request }: PassageOptions,
): Buffer | undefined {
  if (judgement === undefined || (!judgement.storable && judgement.reason === 'error')) return undefined;
  const { callType, demand } = request.call;
  try {
    return replayed(callType.replay({ body }, demand));
  } catch {
    // What the provider said reaches the client as it is: judging it is the client's business.
    return undefined;
  }
}

async function assembledAnswer(
  landing: Landing & { type: 'stream' },
  options: PassageOptions,
): Promise<Answer | typeof ALONE> {
  const whole = await landing.whole;
  if (options.collapsed && (whole === undefined || lacksUsage(whole, options))) return ALONE;
  if (whole === undefined) {
    throw new CacheError('CACHE_PROVIDER_CUT', 'the provider streamed an answer that cannot be put together');
  }
  const headers = servedHeaders(visibleHeaders(landing.headers, options), 'application/json');
  return { status: 200, headers, body: whole.body, outcome: missOutcome(options) };
}

/** As for stored answers: one put together without usage is no answer to who would have had it. */
function lacksUsage({ judgement }: WholeOfStream, { request }: PassageOptions): boolean {
  return request.call.demand.usage && judgement.usage === undefined;
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

export function givenUp(signal: AbortSignal | undefined): CacheError {
  return new CacheError('CACHE_ABORTED', 'the request was given up', { cause: signal?.reason });
}
