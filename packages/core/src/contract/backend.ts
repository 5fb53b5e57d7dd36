import type { SharedState } from './shared-state.ts';
import type { OperationOptions } from './store.ts';

/** The version of the backend contract this release speaks. A future version is adapted in one place, `framed()`. */
export const BACKEND_CONTRACT = 1;

/**
 * What a backend can do, declared once. Engine and conformance suite read this and nothing else: there are no skip flags.
 */
export interface BackendCapabilities {
  /**
   * `native`: the server removes bytes by itself some time after `deleteAt`. `none`: it never does; expired bytes stay
   * until they are overwritten, deleted or evicted.
   */
  readonly expiry: 'native' | 'none';
  /** How coarse native expiry is, in milliseconds. A backend never removes bytes before `deleteAt`. */
  readonly expiryResolutionMilliseconds: number;
  /** The largest value `set` takes, in bytes. Larger ones are rejected with `CACHE_ENTRY_TOO_LARGE`. */
  readonly maxValueBytes: number;
  /** The longest key, in bytes of UTF-8. */
  readonly maxKeyBytes: number;
  /** True where other processes see what this one writes. */
  readonly shared: boolean;
}

/** Options of {@link CacheBackend.set}. */
export interface BackendSetOptions extends OperationOptions {
  /**
   * Epoch milliseconds after which nobody may want the bytes. Not a freshness time: a backend must keep them until then
   * if it has the room, and may drop them afterwards. Undefined: keep them as long as there is room.
   */
  readonly deleteAt?: number;
}

/** One value to write with {@link CacheBackend.setMany}. */
export interface BackendItem {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly deleteAt?: number;
}

/** One key as {@link CacheBackend.list} reports it. */
export interface BackendKey {
  readonly key: string;
  /** As given to `set`, to the backend's resolution. Absent where the backend cannot tell. */
  readonly deleteAt?: number;
}

/**
 * What a third party writes: bytes under keys, asynchronous, no policy.
 *
 * Rules every backend keeps, each held by the conformance suite of `@cache/core/testing`:
 *
 * - Keys are any non-empty well-formed string up to `capabilities.maxKeyBytes`; two different keys never share a value,
 *   whatever characters they hold. Values are any bytes, the empty value included, and come back unchanged.
 * - A missing key is `undefined` from `get` and not counted by `delete`; it is never an error and never a log line.
 * - `get` returns bytes the caller may keep; `set` does not keep a reference to the bytes it was given.
 * - A failed operation rejects with a coded `CacheError` (`CACHE_BACKEND_UNAVAILABLE`, `CACHE_BACKEND_TIMEOUT`,
 *   `CACHE_BACKEND_FAILED`, ...) whose `cause` is the client's error. Turning a failure into a miss is a wrapper's job.
 * - An aborted signal rejects promptly with `CACHE_ABORTED`. It may or may not undo the work.
 * - `close()` is idempotent and closes only what the backend opened: a client that was handed in stays open. Afterwards
 *   every operation rejects with `CACHE_CLOSED`.
 *
 * A minimal backend is five methods; see `docs/concepts/backends.md`.
 */
export interface CacheBackend {
  readonly contract: typeof BACKEND_CONTRACT;
  /** For logs, metrics and errors: `redis`, `s3`, ... */
  readonly name: string;
  readonly capabilities: BackendCapabilities;
  /** See {@link CacheStore.defaultTtlSeconds}. */
  readonly defaultTtlSeconds?: number;

  get(key: string, options?: OperationOptions): Promise<Uint8Array | undefined>;
  set(key: string, bytes: Uint8Array, options?: BackendSetOptions): Promise<void>;
  /** @returns how many of `keys` existed. */
  delete(keys: readonly string[], options?: OperationOptions): Promise<number>;
  /** Resolves if the server answers now; rejects with a coded CacheError otherwise. */
  ping(options?: OperationOptions): Promise<void>;
  close(): Promise<void>;

  /** Several values at once, in the order of `keys`. Default: `get` for each, concurrently. */
  getMany?(keys: readonly string[], options?: OperationOptions): Promise<(Uint8Array | undefined)[]>;
  /** Several values at once; not atomic. Default: `set` for each, concurrently. */
  setMany?(items: readonly BackendItem[], options?: OperationOptions): Promise<void>;
  /** Every key that starts with `prefix`, literally, in any order; each once. Needed for `clear` unless that exists. */
  list?(prefix: string, options?: OperationOptions): AsyncIterable<BackendKey>;
  /** Removes every key that starts with `prefix`, literally. Default: `list` and `delete`. @returns how many. */
  clear?(prefix: string, options?: OperationOptions): Promise<number>;

  /**
   * What the server says about itself, for `/cache/ping`: host, port, version. Plain values, no secrets. Rejects like
   * `ping`.
   */
  describe?(options?: OperationOptions): Promise<Readonly<Record<string, unknown>>>;
  /**
   * What several processes over this server agree on. Present where the server can hold it; its keys are neither listed nor
   * cleared by the backend, and it ends with `close()`.
   */
  readonly sharedState?: SharedState;
}
