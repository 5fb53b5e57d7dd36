import type { CacheError, CacheErrorCode } from '../contract/errors.ts';
import { setCacheInfo } from './cache-info.ts';

/** What the cache itself refuses, as the proxy says it: same status, same code. */
const REFUSALS: Partial<
  Readonly<Record<CacheErrorCode, { readonly status: number; readonly code: string }>>
> = {
  CACHE_INVALID_CONTROL: { status: 400, code: 'invalid_cache_control' },
  CACHE_MISS: { status: 504, code: 'cache_miss' },
};

/** The response that tells `error` in OpenAI's shape. Undefined: it is no refusal, and the call rejects with it. */
export function refusalOf(error: CacheError, key: string | undefined): Response | undefined {
  const refusal = REFUSALS[error.code];
  if (refusal === undefined) return undefined;
  const { message, param = null } = error;
  const response = Response.json(
    { error: { message, type: 'invalid_request_error', param, code: refusal.code } },
    {
      status: refusal.status,
      headers: {
        // Neither `hit` nor `fwd` (RFC 9211 section 2): nothing was found and nothing was sent on.
        'cache-status': `llm-cache;detail=${refusal.code}`,
        // OpenAI's SDKs repeat a call after any 5xx unless told otherwise; the cache would say the same again.
        'x-should-retry': 'false',
      },
    },
  );
  if (key !== undefined) setCacheInfo(response, { hit: false, key });
  return response;
}
