import type { JsonObject } from '../json.ts';
import type { MissReason } from '../contract/observer.ts';

/** Response headers in order; names in lower case, a repeated name repeated. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** What a provider answered: head first, body as it arrives, already decoded (no content-encoding left). */
export interface ProviderAnswer {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: AsyncIterable<Uint8Array>;
  /** False: the answer must not be stored, for example because a fallback model gave it. */
  readonly storable?: boolean;
}

/**
 * Calls the provider. `body` is what was keyed, without the `cache` member; serialise it with `JSON.stringify`, which
 * keeps every number's source text. Rejects if there is no answer at all; an error answer is an answer.
 */
export type Provider = (
  body: JsonObject,
  options: { readonly signal: AbortSignal },
) => Promise<ProviderAnswer>;

/**
 * A failure that concerns only the request it happened to (its key's limit, its own shorter timeout), thrown by a
 * {@link Provider}: the next request waiting for the same answer then makes the call itself.
 */
export class OwnFailure extends Error {
  override readonly name = 'OwnFailure';
  constructor(cause: unknown) {
    super('this request may not make the call', { cause });
  }
}

/** How an answer came about; everything `Cache-Status`, logs and metrics say about it. */
export type Outcome =
  | {
      readonly type: 'hit';
      readonly key: string;
      /** Whole seconds since the answer was made (`Age`). */
      readonly ageSeconds: number;
      /** Whole seconds of freshness left; negative for a stale answer. Absent: it does not expire. */
      readonly ttlSeconds?: number;
      readonly stale: boolean;
      /** The store it came from, by its name. */
      readonly source: string;
      readonly costUsd?: number;
    }
  | {
      readonly type: 'miss';
      readonly key: string;
      readonly reason: MissReason;
      /** The provider call was shared with an equal request that began earlier. */
      readonly collapsed: boolean;
      /** The answer is being stored. Absent for streams: they end after the head is written. */
      readonly stored?: boolean;
    };

/** What the client is given. */
export interface Answer {
  readonly status: number;
  readonly headers: HeaderList;
  /** Whole, or as it arrives. An iterable must be iterated, or its `return()` called: leaving it ends the request's interest. */
  readonly body: Buffer | AsyncIterable<Uint8Array>;
  readonly outcome: Outcome;
}
