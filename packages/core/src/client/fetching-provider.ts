import type { Provider } from '../engine/answer.ts';
import type { Cache } from '../engine/cache.ts';
import type { Intercepted } from './intercept.ts';

/** Which cache asks, for the requests a cache makes itself. */
const madeBy = new WeakMap<RequestInit, Cache>();

/** The provider behind `realFetch`. The rest of `init` (a dispatcher, `redirect`, ...) reaches it; the signal is that of the shared call. */
export function fetchingProvider(
  cache: Cache,
  realFetch: typeof globalThis.fetch,
  { url, headers }: Intercepted,
  init: RequestInit | undefined,
): Provider {
  return async (body, { signal }) => {
    const sent = new Headers(headers);
    // Of the bytes as they came; what is sent is serialised anew, without the controls.
    sent.delete('content-length');
    const request: RequestInit = { ...init, headers: sent, body: JSON.stringify(body), signal };
    madeBy.set(request, cache);
    const response = await realFetch(url.href, request);
    return {
      status: response.status,
      headers: [...response.headers],
      body: response.body ?? new Blob([]).stream(),
    };
  };
}

/**
 * Whether `cache` itself makes this request. Where both an SDK's `fetch` and the global one go through the same cache, it
 * would otherwise wait for its own call.
 */
export function isOwnRequest(cache: Cache, init: RequestInit | undefined): boolean {
  return init !== undefined && madeBy.get(init) === cache;
}
