import type { CacheEntry, TokenUsage } from '../contract/entry.ts';
import type { JsonObject } from '../json.ts';

/** How the client wants its answer. Not part of the key: stream and whole answer share one entry. */
export interface Demand {
  /** The client asked for a stream of events. */
  readonly stream: boolean;
  /** The answer the client asked for carries token usage (a whole answer always does). */
  readonly usage: boolean;
}

/** Switches for answers that are complete but not plainly good. All default to false. */
export interface StorableOptions {
  /** Store answers a content filter ended. */
  readonly contentFilter?: boolean;
  /** Store refusals. */
  readonly refusal?: boolean;
  /** Store answers without any output. */
  readonly empty?: boolean;
  /** Store answers with a finish reason this release does not know. */
  readonly unknown?: boolean;
}

/** Whether a complete answer may be stored, and if not, why (one of a few fixed words: it becomes a metric label). */
export type Judgement =
  | { readonly storable: true; readonly usage?: TokenUsage }
  | { readonly storable: false; readonly reason: NotStorableReason; readonly usage?: TokenUsage };

/** Why a complete answer is not stored. */
export type NotStorableReason =
  /** Not JSON, or not of this call type's shape. */
  | 'malformed'
  /** The body is an error, whatever the status says. */
  | 'error'
  /** No output in it: no content, no tool call. */
  | 'empty'
  | 'content_filter'
  | 'refusal'
  /** A finish reason that is unknown, or missing. */
  | 'finish_reason';

/** What one event of a provider's stream is, for those it is forwarded to. */
export type StreamEventKind =
  /** Part of the answer. */
  | 'part'
  /** Carries usage and nothing else: only for clients that asked for usage. */
  | 'usage'
  /** The protocol's terminal event: the answer is complete. */
  | 'done'
  /** The provider's own error event: the answer is cut here. */
  | 'error';

/** A complete stream, put together. */
export interface AssembledAnswer {
  /** What the provider would have answered without streaming. */
  readonly body: Buffer;
  /**
   * The recorded events, one event's `data` per line, if the body alone would lose something of the stream
   * (for example a scalar that changed on the way). Absent otherwise.
   */
  readonly events?: Buffer;
}

/** Puts one stream together, event by event. */
export interface StreamAssembly {
  /**
   * Takes the `data` of the next event and says what it is. Never throws: an event that makes no sense is a `part` that
   * marks the stream as not assemblable, so that it is forwarded and not stored.
   */
  push(data: string): StreamEventKind;
  /** The answer, if the terminal event was seen and every event made sense. */
  finish(): AssembledAnswer | undefined;
}

/**
 * Everything the cache knows about one kind of call. One file each; an eighth kind is one file and its tests.
 */
export interface CallType {
  /** `chat_completion`: in keys, entries, metrics and logs. */
  readonly name: string;
  /** The names LiteLLM's `supported_call_types` knows it by, for example `completion` and `acompletion`. */
  readonly spellings: readonly string[];
  /** Paths below the API base, for example `/chat/completions`. */
  readonly paths: readonly string[];
  /** What the client wants, read from the parsed body. Tolerates any body: judging it is the provider's business. */
  demand(body: JsonObject): Demand;
  /** The body to send to the provider so that its answer serves every client: streams ask for usage. May be `body` itself. */
  providerBody(body: JsonObject, options: { readonly includeUsage: boolean }): JsonObject;
  /** Judges a complete answer with status 200. */
  judge(body: Buffer, options: StorableOptions): Judgement;
  /** Starts putting a stream together. */
  assemble(): StreamAssembly;
  /**
   * The `data` of each event of a stream that says what the entry says, terminal event included.
   * Usage is in it only if `demand.usage`.
   */
  replay(entry: Pick<CacheEntry, 'body' | 'events'>, demand: Demand): Iterable<string>;
  /** The `data` of the event that ends a stream which cannot be completed. */
  errorEvent(error: { readonly message: string; readonly code: string }): string;
}
