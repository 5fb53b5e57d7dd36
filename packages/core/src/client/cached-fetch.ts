import { hash } from 'node:crypto';
import type { CallType } from '../calls/call-type.ts';
import type { Caller } from '../contract/caller.ts';
import { CacheError } from '../contract/errors.ts';
import { renderCacheStatus } from '../control/cache-status.ts';
import { parseCacheControl } from '../control/header-controls.ts';
import type { Answer, HeaderList, Provider } from '../engine/answer.ts';
import type { Cache } from '../engine/cache.ts';
import type { CacheRequest } from '../engine/call.ts';
import type { JsonObject } from '../json.ts';
import { answerChangingHeaders } from '../key/cache-key.ts';
import { parseJsonBody } from '../key/parse-body.ts';
import { setCacheInfo } from './cache-info.ts';

export interface CachedFetchOptions {
  /** What really fetches. Default: the global `fetch`, looked up at each call. */
  readonly fetch?: typeof globalThis.fetch;
  /**
   * Who asks. Default: the SHA-256 of the credential header, so that two keys never share an answer (RFC 9111 section
   * 3.5). Give a function to share on purpose, for example `() => ({})`.
   */
  readonly caller?: (headers: Headers) => Caller;
}

/** Headers in which the SDKs of OpenAI, Azure and Anthropic carry a credential. */
const CREDENTIAL_HEADERS = ['authorization', 'api-key', 'x-api-key'];

/**
 * A `fetch` that answers repeated LLM calls from `cache`; for any SDK that takes a `fetch`. A `POST` of a JSON body to a
 * path the cache knows goes through it; everything else reaches the real fetch untouched, same arguments, same result.
 *
 * The `cache` member of the body carries the controls (`{ ttl, "no-cache", ... }`) and is taken off before the provider
 * sees the body. Responses carry `Cache-Status`, hits also `Age` and `x-litellm-cache-key`. A wrong control rejects with
 * CacheError `CACHE_INVALID_CONTROL`; `only-if-cached` without an entry is a 504 (RFC 9111 section 5.2.1.7); an aborted
 * signal rejects with its reason, like fetch itself.
 *
 * @example
 * const cache = new Cache({ store: memoryStore() });
 * const openai = new OpenAI({ fetch: cachedFetch(cache) });
 */
export function cachedFetch(cache: Cache, options: CachedFetchOptions = {}): typeof globalThis.fetch {
  const realFetch: typeof globalThis.fetch = (input, init) => (options.fetch ?? globalThis.fetch)(input, init);
  const callerOf = options.caller ?? callerOfCredential;

  return async (input, init) => {
    const intercepted = intercept(cache, input, init);
    if (intercepted === undefined) return realFetch(input, init);
    const { url, callType, body, headers } = intercepted;
    const call = cache.readCall(callType, body, { headers: answerChangingHeaders(headers), location: locationOf(url) });
    const request = cache.request(call, {
      caller: callerOf(headers),
      header: parseCacheControl(headers.get('cache-control') ?? undefined, headers.get('pragma') ?? undefined),
    });
    const provider = fetchingProvider(realFetch, url, init, headers);
    const signal = init?.signal ?? undefined;
    signal?.throwIfAborted();
    try {
      const answer = await cache.answer(request, { provider, body: () => body, ...(signal ? { signal } : {}) });
      return responseOf(answer, signal);
    } catch (error) {
      return failureOf(error, request, signal);
    }
  };
}

interface Intercepted {
  readonly url: URL;
  readonly callType: CallType;
  readonly body: JsonObject;
  readonly headers: Headers;
}

/** The call in a request this cache understands. A `Request` object's body is a stream that can be read once: left alone. */
function intercept(
  cache: Cache,
  input: Parameters<typeof fetch>[0],
  init: RequestInit | undefined,
): Intercepted | undefined {
  if (input instanceof Request || init?.method?.toUpperCase() !== 'POST') return undefined;
  const bytes = bytesOf(init.body);
  const url = URL.parse(String(input)) ?? undefined;
  if (bytes === undefined || url === undefined) return undefined;
  const callType = cache.callTypeOf(url.pathname);
  if (callType === undefined) return undefined;
  const body = parsedOrUndefined(bytes);
  return body && { url, callType, body, headers: new Headers(init.headers) };
}

function bytesOf(body: RequestInit['body']): string | Uint8Array | undefined {
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  return body instanceof ArrayBuffer ? new Uint8Array(body) : undefined;
}

/** What is no JSON object is the provider's to refuse, in its own words. */
function parsedOrUndefined(bytes: string | Uint8Array): JsonObject | undefined {
  try {
    return parseJsonBody(bytes);
  } catch {
    return undefined;
  }
}

/** Without the fragment, which is never sent, and the credentials a URL may hold: those are the caller's. */
function locationOf(url: URL): string {
  return `${url.origin}${url.pathname}${url.search}`;
}

function callerOfCredential(headers: Headers): Caller {
  const credentials = CREDENTIAL_HEADERS.map((name) => headers.get(name)).filter((value) => value !== null);
  return credentials.length === 0 ? {} : { keyHash: hash('sha256', credentials.join('\n')) };
}

function fetchingProvider(
  realFetch: typeof globalThis.fetch,
  url: URL,
  init: RequestInit | undefined,
  headers: Headers,
): Provider {
  return async (body, { signal }) => {
    const sent = new Headers(headers);
    sent.delete('content-length');
    const response = await realFetch(url.href, { ...init, headers: sent, body: JSON.stringify(body), signal });
    return { status: response.status, headers: [...response.headers], body: response.body ?? NO_BODY };
  };
}

const NO_BODY: AsyncIterable<Uint8Array> = {
  // eslint-disable-next-line @typescript-eslint/require-await -- an empty body has nothing to wait for
  async *[Symbol.asyncIterator]() {
    yield* [];
  },
};

function responseOf(answer: Answer, signal: AbortSignal | undefined): Response {
  const headers = new Headers(answer.headers.map(([name, value]): [string, string] => [name, value]));
  headers.set('cache-status', renderCacheStatus(answer.outcome));
  if (answer.outcome.type === 'hit') {
    headers.set('age', String(answer.outcome.ageSeconds));
    headers.set('x-litellm-cache-key', answer.outcome.key);
  }
  const body = hasNoBody(answer.status) ? null : responseBody(answer.body, signal);
  const response = new Response(body, { status: answer.status, headers });
  setCacheInfo(response, answer.outcome);
  return response;
}

/** Statuses for which the fetch standard forbids a body, be it an empty one. */
function hasNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

function responseBody(
  body: Answer['body'],
  signal: AbortSignal | undefined,
): Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> {
  if (Buffer.isBuffer(body)) return new Uint8Array(body);
  const pieces = body[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const piece = await pieces.next();
          if (piece.done === true) controller.close();
          else controller.enqueue(piece.value);
        } catch (error) {
          controller.error(signal?.aborted === true ? signal.reason : error);
        }
      },
      async cancel() {
        await pieces.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

function failureOf(error: unknown, request: CacheRequest, signal: AbortSignal | undefined): Response {
  if (signal?.aborted === true) throw signal.reason;
  if (!CacheError.is(error, 'CACHE_MISS')) throw error;
  const headers: HeaderList = [['content-type', 'application/json']];
  const body = { error: { message: error.message, type: 'invalid_request_error', param: null, code: 'cache_miss' } };
  return responseOf(
    {
      status: 504,
      headers,
      body: Buffer.from(JSON.stringify(body)),
      outcome: { type: 'miss', key: request.key, reason: 'absent', collapsed: false },
    },
    signal,
  );
}
