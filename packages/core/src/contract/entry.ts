/**
 * What is known of a stored answer besides its bytes. All times are absolute, in epoch milliseconds: a store never
 * computes freshness, it only keeps what the engine decided when the answer was written.
 */
export interface EntryMetadata {
  /** When the provider's answer was complete. `Age` counts from here (RFC 9111 section 4.2.3). */
  readonly createdAt: number;
  /** From this moment the entry is stale. Absent: it stays fresh until it is evicted or deleted. */
  readonly expiresAt?: number;
  /**
   * Until this moment a stale entry may still be served under stale-while-revalidate or stale-if-error (RFC 5861).
   * Absent: not at all.
   */
  readonly staleUntil?: number;
  /** The call type that produced it, by its name in `calls/`, for example `chat_completion`. */
  readonly callType: string;
  /** The model as the client asked for it. */
  readonly model: string;
  /** Media type of {@link CacheEntry.body}, parameters included. */
  readonly contentType: string;
  /** The provider's response headers that may be served again (an allow-list; names in lower case). */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** True where the body was assembled from a stream rather than received whole. */
  readonly assembled?: boolean;
  /** Token usage as the provider reported it. Absent: the provider reported none. */
  readonly usage?: TokenUsage;
  /** What the call cost, in US dollars. Absent: not known. */
  readonly costUsd?: number;
  /** Caller-given labels for deletion in groups. */
  readonly tags?: readonly string[];
}

/** Tokens spent by one call. */
export interface TokenUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly totalTokens: number;
}

/**
 * A stored answer, decoded. Entries are immutable: whoever wants another one makes another one, so that a store may hand
 * the same object to any number of readers, and derived data may hang on it in a WeakMap.
 */
export interface CacheEntry extends EntryMetadata {
  /** The answer as a client that did not ask for a stream receives it, byte for byte. */
  readonly body: Buffer;
  /**
   * The recorded stream, one event's `data` per line, where {@link body} alone would lose something of it.
   * Absent for almost every entry: a stream is replayed from the body.
   */
  readonly events?: Buffer;
}

/**
 * The moment after which nobody may want the bytes any more: the later of `expiresAt` and `staleUntil`.
 * Undefined: never.
 */
export function deleteAtOf(entry: EntryMetadata): number | undefined {
  if (entry.expiresAt === undefined) return undefined;
  return Math.max(entry.expiresAt, entry.staleUntil ?? 0);
}
