import { CacheError, type CacheErrorCode } from '@cache/core';
import { ProviderTimeout, ProxyError, type ProxyErrorCode } from './proxy-error.ts';

export {
  AdminOnly,
  BodyTooLarge,
  ClientGone,
  ForbiddenMember,
  InvalidRequest,
  ModelNotFound,
  NotFound,
  ProviderTimeout,
  ProviderUnavailable,
  ProxyError,
  Unauthorized,
} from './proxy-error.ts';

/** The body of an error, in OpenAI's shape. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

/** An error as it is sent. */
export interface HttpError {
  readonly status: number;
  readonly body: ErrorBody;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Row {
  readonly status: number;
  /** OpenAI's word. */
  readonly type: 'invalid_request_error' | 'server_error' | 'timeout_error';
  /** OpenAI's code where it has one; clients test for it. */
  readonly code: string | null;
  /** Said instead of the error's own message, which may name servers and settings. */
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A broken backend is a miss, never an error; these rows are for requests that are about the backend itself. */
const BACKEND_TROUBLE = {
  status: 503,
  type: 'server_error',
  code: 'cache_unavailable',
  message: 'The cache backend cannot answer now.',
} as const satisfies Row;

const INTERNAL: Row & { readonly message: string } = {
  status: 500,
  type: 'server_error',
  code: null,
  message: 'The proxy failed to process this request.',
};

/**
 * What every error is to a client. OpenAI answers a wrong key with `invalid_request_error` / `invalid_api_key`, and its
 * SDKs repeat a call after 408, 409, 429 and any 5xx: a timeout is 504 (RFC 9110 section 15.6.5), since 408 would say
 * that the client was slow.
 */
const ROWS: Readonly<Record<CacheErrorCode | ProxyErrorCode, Row>> = {
  UNAUTHORIZED: {
    status: 401,
    type: 'invalid_request_error',
    code: 'invalid_api_key',
    headers: { 'www-authenticate': 'Bearer' },
  },
  ADMIN_ONLY: { status: 403, type: 'invalid_request_error', code: 'admin_only' },
  NOT_FOUND: { status: 404, type: 'invalid_request_error', code: 'unknown_url' },
  INVALID_REQUEST: { status: 400, type: 'invalid_request_error', code: null },
  FORBIDDEN_MEMBER: { status: 400, type: 'invalid_request_error', code: 'forbidden_parameter' },
  MODEL_NOT_FOUND: { status: 404, type: 'invalid_request_error', code: 'model_not_found' },
  BODY_TOO_LARGE: { status: 413, type: 'invalid_request_error', code: 'request_too_large' },
  CLIENT_GONE: { status: 499, type: 'invalid_request_error', code: 'client_closed_request' },
  PROVIDER_TIMEOUT: { status: 504, type: 'timeout_error', code: 'timeout' },
  PROVIDER_UNAVAILABLE: { status: 502, type: 'server_error', code: 'provider_unavailable' },

  CACHE_INVALID_JSON: { status: 400, type: 'invalid_request_error', code: 'invalid_json' },
  CACHE_NESTING_TOO_DEEP: { status: 400, type: 'invalid_request_error', code: 'nesting_too_deep' },
  CACHE_INVALID_CONTROL: { status: 400, type: 'invalid_request_error', code: 'invalid_cache_control' },
  CACHE_MISS: {
    status: 504,
    type: 'invalid_request_error',
    code: 'cache_miss',
    headers: {
      // Neither `hit` nor `fwd` (RFC 9211 section 2): nothing was found and nothing was sent on.
      'cache-status': 'llm-cache;detail=cache_miss',
      // OpenAI's SDKs repeat a call after any 5xx unless told otherwise; the cache would say the same again.
      'x-should-retry': 'false',
    },
  },
  CACHE_PROVIDER_CUT: { status: 502, type: 'server_error', code: 'stream_interrupted' },
  CACHE_READER_TOO_SLOW: { status: 503, type: 'server_error', code: 'reader_too_slow' },
  CACHE_ABORTED: { status: 499, type: 'invalid_request_error', code: 'client_closed_request' },
  CACHE_ENTRY_TOO_LARGE: { status: 502, type: 'server_error', code: 'answer_too_large' },
  CACHE_NOT_SUPPORTED: { status: 501, type: 'server_error', code: 'not_supported' },
  CACHE_BACKEND_UNAVAILABLE: BACKEND_TROUBLE,
  CACHE_BACKEND_TIMEOUT: BACKEND_TROUBLE,
  CACHE_BACKEND_FAILED: BACKEND_TROUBLE,
  CACHE_BACKEND_FULL: BACKEND_TROUBLE,
  CACHE_CIRCUIT_OPEN: BACKEND_TROUBLE,
  CACHE_CLOSED: BACKEND_TROUBLE,
  CACHE_ENTRY_DAMAGED: INTERNAL,
  CACHE_INVALID_OPTION: INTERNAL,
};

/** Instead of Fastify's words, which repeat the whole address: a query may hold a key, and its length is the client's. */
const BAD_URL = 'The path of the request is not percent-encoded as it should be.';

/**
 * What to answer for `error`, whatever it is. An error this proxy did not make on purpose is a 500 that says nothing of
 * its text: a stack or a message may hold anything.
 */
export function httpErrorOf(error: unknown): HttpError {
  // Why an answer broke off is the engine's cause; of those, running out of time has a status of its own.
  if (CacheError.is(error, 'CACHE_PROVIDER_CUT') && error.cause instanceof ProviderTimeout)
    return httpErrorOf(error.cause);
  if (error instanceof ProxyError || CacheError.is(error)) {
    // A second copy of the core may be newer and know codes this table does not.
    const row: Row = ROWS[error.code] ?? INTERNAL;
    // What is not said in the error's own words is no fault of a member of the request.
    return row.message === undefined
      ? rendered(row, error.message, error.param)
      : rendered(row, row.message, undefined);
  }
  if (isFrameworkRefusal(error)) {
    const row: Row = { status: error.statusCode, type: 'invalid_request_error', code: null };
    return rendered(row, error.code === 'FST_ERR_BAD_URL' ? BAD_URL : error.message, undefined);
  }
  return rendered(INTERNAL, INTERNAL.message, undefined);
}

function rendered(
  { status, type, code, headers }: Row,
  message: string,
  param: string | undefined,
): HttpError {
  const body = { error: { message, type, param: param ?? null, code } };
  return headers === undefined ? { status, body } : { status, body, headers };
}

/** Fastify refuses some requests before a route sees them (a malformed path, say), with a 4xx and words of its own. */
function isFrameworkRefusal(
  error: unknown,
): error is Error & { readonly statusCode: number; readonly code: string } {
  if (!(error instanceof Error) || !('statusCode' in error) || !('code' in error)) return false;
  const { statusCode, code } = error;
  const isRefusal = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
  return isRefusal && typeof code === 'string' && code.startsWith('FST_');
}
