import type { Caller } from '../contract/caller.ts';
import { CacheError } from '../contract/errors.ts';
import { parseCacheControl } from '../control/header-controls.ts';
import type { Cache } from '../engine/cache.ts';
import type { CacheRequest } from '../engine/call.ts';
import { answerChangingHeaders } from '../key/cache-key.ts';
import { checkCachedFetchArguments, checkedCaller } from './check-arguments.ts';
import { callerOfCredentials } from './credentials.ts';
import { fetchingProvider, isOwnRequest } from './fetching-provider.ts';
import { intercept, locationOf, type Intercepted } from './intercept.ts';
import { refusalOf } from './refusal.ts';
import { responseOf } from './response.ts';

/** Options of {@link cachedFetch}. */
export interface CachedFetchOptions {
  /**
   * What really fetches. Default: the global `fetch`, looked up at each call; the one before, if the result is made the
   * global one.
   */
  readonly fetch?: typeof globalThis.fetch;
  /**
   * Who asks. Default: the SHA-256 of the credential headers, so that two keys never share an answer (RFC 9111 section
   * 3.5). Give a function to share on purpose, for example `() => ({})`, or where credentials are short-lived:
   * `() => ({ keyHash: tenant })` with one `cachedFetch` for each tenant. A caller that names only what the cache's
   * `scope` does not look at is refused at the call (`CACHE_INVALID_OPTION`): everybody would share.
   */
  readonly caller?: (headers: Headers) => Caller;
}

/**
 * A `fetch` that answers repeated LLM calls from `cache`; for any SDK that takes a `fetch`. A `POST` of a JSON body to a
 * path the cache knows goes through it; everything else reaches the real fetch untouched, same arguments, same result.
 *
 * The `cache` member of the body carries the controls (`{ ttl, "no-cache", ... }`) and is taken off before the provider
 * sees the body. Responses carry `Cache-Status`, hits also `Age` and `x-litellm-cache-key`.
 *
 * It rejects like fetch itself: with what the real fetch threw, or with the reason of an aborted signal; and with
 * CacheError `CACHE_PROVIDER_CUT` where a whole answer breaks off. What the cache itself refuses is a response, because
 * SDKs repeat a call that rejects and show only "Connection error.": 400 `invalid_cache_control` for a wrong control,
 * 504 `cache_miss` for `only-if-cached` without an entry (RFC 9111 section 5.2.1.7), both in OpenAI's shape.
 *
 * @throws CacheError `CACHE_INVALID_OPTION` if `cache` is no Cache, or an option is unknown or of the wrong kind.
 * @example
 * const cache = new Cache({ store: memoryStore() });
 * const openai = new OpenAI({ fetch: cachedFetch(cache) });
 */
export function cachedFetch(cache: Cache, options: CachedFetchOptions = {}): typeof globalThis.fetch {
  checkCachedFetchArguments(cache, options);
  const globalFetchBefore = globalThis.fetch;
  const realFetch: typeof globalThis.fetch = (input, init) => {
    const current = options.fetch ?? globalThis.fetch;
    // `globalThis.fetch = cachedFetch(cache)`: the real one is what was there before.
    return (current === fetch ? globalFetchBefore : current)(input, init);
  };
  const callerOf = options.caller ?? callerOfCredentials;

  const fetch: typeof globalThis.fetch = async (input, init) => {
    const intercepted = isOwnRequest(cache, init) ? undefined : intercept(cache, input, init);
    if (intercepted === undefined) return realFetch(input, init);
    const signal = init?.signal ?? undefined;
    signal?.throwIfAborted();
    let request: CacheRequest | undefined;
    try {
      request = requestOf(cache, intercepted, callerOf);
      const provider = fetchingProvider(cache, realFetch, intercepted, init);
      const body = (): Intercepted['body'] => intercepted.body;
      const answer = await cache.answer(request, { provider, body, ...(signal ? { signal } : {}) });
      return responseOf(answer, intercepted.url, signal);
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      if (!CacheError.is(error)) throw error;
      const refusal = refusalOf(error, request?.key);
      if (refusal === undefined) throw error;
      return refusal;
    }
  };
  return fetch;
}

/** @throws CacheError `CACHE_INVALID_CONTROL`, or `CACHE_INVALID_OPTION` if `callerOf` gives no Caller. */
function requestOf(
  cache: Cache,
  { url, callType, body, headers }: Intercepted,
  callerOf: (headers: Headers) => Caller,
): CacheRequest {
  const call = cache.readCall(callType, body, {
    headers: answerChangingHeaders(headers),
    location: locationOf(url),
  });
  const header = parseCacheControl(
    headers.get('cache-control') ?? undefined,
    headers.get('pragma') ?? undefined,
  );
  return cache.request(call, { caller: checkedCaller(callerOf(headers), cache.options.scope), header });
}
