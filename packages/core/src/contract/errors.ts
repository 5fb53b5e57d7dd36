/**
 * Every error this package throws on purpose, in one table. The code is stable and part of the public API; each one
 * has a row in the package README. `retryable` says whether the same call may succeed later without being changed.
 */
export const CACHE_ERRORS: Readonly<Record<CacheErrorCode, { readonly retryable: boolean }>> = {
  /** An option given at construction is missing, unknown or of the wrong kind. */
  CACHE_INVALID_OPTION: { retryable: false },
  /** A request body is not JSON, not UTF-8, or not an object. */
  CACHE_INVALID_JSON: { retryable: false },
  /** A request body nests deeper than the cache (or a provider) should be asked to follow. */
  CACHE_NESTING_TOO_DEEP: { retryable: false },
  /** A member of the `cache` controls, or a `Cache-Control` directive, is unknown or of the wrong kind. */
  CACHE_INVALID_CONTROL: { retryable: false },
  /** `only-if-cached` was asked for and there is no acceptable entry (RFC 9111 section 5.2.1.7). */
  CACHE_MISS: { retryable: false },
  /** The backend refused the connection or lost it. */
  CACHE_BACKEND_UNAVAILABLE: { retryable: true },
  /** The backend did not answer within the time budget of one operation. */
  CACHE_BACKEND_TIMEOUT: { retryable: true },
  /** The backend answered with an error of its own. */
  CACHE_BACKEND_FAILED: { retryable: true },
  /**
   * The backend has no room for the value (Redis `noeviction`, a full disk), or takes no writes for now. Reads may go on, so
   * this never opens the breaker.
   */
  CACHE_BACKEND_FULL: { retryable: true },
  /** The circuit breaker is open: the backend was not asked. */
  CACHE_CIRCUIT_OPEN: { retryable: true },
  /** The backend was used after `close()`. */
  CACHE_CLOSED: { retryable: false },
  /** The backend cannot do what was asked of it (for example `clear` without `list`). */
  CACHE_NOT_SUPPORTED: { retryable: false },
  /** The value is larger than the backend, or the configuration, takes. */
  CACHE_ENTRY_TOO_LARGE: { retryable: false },
  /** Stored bytes are damaged, or of a version this release does not read. */
  CACHE_ENTRY_DAMAGED: { retryable: false },
  /** The provider's answer ended before it was complete. */
  CACHE_PROVIDER_CUT: { retryable: true },
  /** A reader fell further behind a long answer than the cache keeps for it. */
  CACHE_READER_TOO_SLOW: { retryable: true },
  /** The caller's signal was aborted, or the caller went away. */
  CACHE_ABORTED: { retryable: true },
};

/** One of the stable codes of {@link CACHE_ERRORS}. */
export type CacheErrorCode =
  | 'CACHE_INVALID_OPTION'
  | 'CACHE_INVALID_JSON'
  | 'CACHE_NESTING_TOO_DEEP'
  | 'CACHE_INVALID_CONTROL'
  | 'CACHE_MISS'
  | 'CACHE_BACKEND_UNAVAILABLE'
  | 'CACHE_BACKEND_TIMEOUT'
  | 'CACHE_BACKEND_FAILED'
  | 'CACHE_BACKEND_FULL'
  | 'CACHE_CIRCUIT_OPEN'
  | 'CACHE_CLOSED'
  | 'CACHE_NOT_SUPPORTED'
  | 'CACHE_ENTRY_TOO_LARGE'
  | 'CACHE_ENTRY_DAMAGED'
  | 'CACHE_PROVIDER_CUT'
  | 'CACHE_READER_TOO_SLOW'
  | 'CACHE_ABORTED';

/** What an error knows beside its code and message. */
export interface CacheErrorDetails {
  /** The backend it happened in, for example `redis`. */
  readonly backend?: string;
  /** The operation that failed, for example `get`. */
  readonly operation?: string;
  /** The request member or option that is wrong, for example `cache.ttl`. */
  readonly param?: string;
  /** The error underneath. */
  readonly cause?: unknown;
}

const BRAND: unique symbol = Symbol.for('@cache/core/CacheError') as never;

/**
 * The one error class of the cache. Test with {@link CacheError.is}, never `instanceof`: the brand survives two copies of
 * this package in one process.
 */
export class CacheError extends Error {
  override readonly name = 'CacheError';
  /** Stable; see {@link CACHE_ERRORS}. */
  readonly code: CacheErrorCode;
  /** The backend it happened in, for example `redis`. */
  readonly backend: string | undefined;
  /** The operation that failed, for example `get`. */
  readonly operation: string | undefined;
  /** The request member or option that is wrong, for example `cache.ttl`. */
  readonly param: string | undefined;

  constructor(code: CacheErrorCode, message: string, details: CacheErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    Object.defineProperty(this, BRAND, { value: true });
    this.code = code;
    this.backend = details.backend;
    this.operation = details.operation;
    this.param = details.param;
  }

  /** Whether the same call may succeed later without being changed. */
  get retryable(): boolean {
    return CACHE_ERRORS[this.code].retryable;
  }

  /** Whether `error` is a CacheError, of `code` if one is given. */
  static is(error: unknown, code?: CacheErrorCode): error is CacheError {
    if (typeof error !== 'object' || error === null || !(BRAND in error)) return false;
    return code === undefined || (error as unknown as CacheError).code === code;
  }
}
