import type { CacheEntry } from './entry.ts';

/** A value, or a promise of it. Consumers must not await a plain value: that is what makes a memory hit synchronous. */
export type MaybePromise<T> = T | Promise<T>;

/** Options of every operation that may leave the process. */
export interface OperationOptions {
  /** Aborted when the caller stops waiting. The operation rejects; work already done is not undone. */
  readonly signal?: AbortSignal;
}

/** Options of {@link CacheStore.get}. */
export interface GetOptions extends OperationOptions {
  /**
   * `peek` has been tried, and what it gave, if anything, is no answer to the request: look further, where there is further to
   * look. Without it the nearest copy will do.
   */
  readonly beyondPeek?: boolean;
}

/**
 * What the engine speaks: decoded entries under string keys.
 *
 * Two kinds of stores exist. The memory store implements this directly and synchronously. Everything else is a
 * {@link CacheBackend} (bytes, asynchronous, written by third parties) behind `framed()`. Time limit, breaker,
 * fail-open and tiers are stores around stores, so that failure policy never enters a backend.
 *
 * A store keeps what it is given until `deleteAt` (`deleteAtOf(entry)`) or until it needs the room. It returns stale
 * entries like fresh ones: freshness is the engine's decision, made on every read against the request's own controls.
 */
export interface CacheStore {
  /** For logs, metrics and `/cache/ping`: `local`, `redis`, ... */
  readonly name: string;
  /**
   * Lifetime in seconds of an answer for which neither request nor configuration gives one.
   * Undefined: such an answer is kept until the store needs the room.
   */
  readonly defaultTtlSeconds?: number;
  /**
   * True where `get` reaches further than `peek`: over the network, to a disk, to another tier. Absent: `peek` sees all
   * there is, and the engine does not ask twice.
   */
  readonly remote?: boolean;
  /**
   * What can be had at once, without leaving the process. A store without a memory tier has no `peek`.
   * Counts and refreshes like `get`.
   */
  peek?(key: string): CacheEntry | undefined;
  /** The entry under `key`, or undefined. Damaged bytes are undefined too, and counted. */
  get(key: string, options?: GetOptions): MaybePromise<CacheEntry | undefined>;
  /** Stores `entry`, replacing what was there. An entry too large is dropped and counted, not an error. */
  set(key: string, entry: CacheEntry, options?: OperationOptions): MaybePromise<void>;
  /** Removes entries. @returns how many there were. */
  delete(keys: readonly string[], options?: OperationOptions): MaybePromise<number>;
  /**
   * Removes every entry whose key starts with `prefix`, compared literally. An empty prefix removes every key of the
   * cache's own shape (`isCacheKey`) and nothing else: a store may be shared with other applications.
   * @returns how many there were.
   */
  clear(prefix: string, options?: OperationOptions): MaybePromise<number>;
  /** Resolves if the store can answer now; rejects with a coded CacheError that says why not. */
  ping(options?: OperationOptions): MaybePromise<void>;
  /** Flushes what is pending and lets go of what the store opened itself. Idempotent. */
  close(): MaybePromise<void>;
}
