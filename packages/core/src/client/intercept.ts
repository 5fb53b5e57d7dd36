import type { CallType } from '../calls/call-type.ts';
import type { Cache } from '../engine/cache.ts';
import type { JsonObject } from '../json.ts';
import { parseJsonBody } from '../key/parse-body.ts';

/** A request that the cache understands. */
export interface Intercepted {
  readonly url: URL;
  readonly callType: CallType;
  /** Parsed; the caller's own bytes are left alone. */
  readonly body: JsonObject;
  readonly headers: Headers;
}

/** The call in a request this cache understands. A `Request` object's body is a stream that can be read once: left alone. */
export function intercept(
  cache: Cache,
  input: Parameters<typeof fetch>[0],
  init: RequestInit | undefined,
): Intercepted | undefined {
  if (isRequest(input) || init?.method?.toUpperCase() !== 'POST') return undefined;
  const bytes = bytesOf(init.body);
  const url = URL.parse(String(input)) ?? undefined;
  if (bytes === undefined || url === undefined || holdsCredentials(url)) return undefined;
  const callType = cache.callTypeOf(url.pathname);
  if (callType === undefined) return undefined;
  const body = parsedOrUndefined(bytes);
  return body && { url, callType, body, headers: new Headers(init.headers) };
}

/** Without the fragment, which is never sent. */
export function locationOf(url: URL): string {
  return `${url.origin}${url.pathname}${url.search}`;
}

/** A `Request` of another copy of undici (`import { Request } from 'undici'`) is no instance of the global class. */
function isRequest(input: Parameters<typeof fetch>[0]): input is Request {
  return typeof input === 'object' && !(input instanceof URL);
}

function bytesOf(body: RequestInit['body']): string | Uint8Array | undefined {
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  return body instanceof ArrayBuffer ? new Uint8Array(body) : undefined;
}

/** `https://user:secret@host` is a credential no key would separate; the fetch standard refuses such a request. */
function holdsCredentials(url: URL): boolean {
  return url.username !== '' || url.password !== '';
}

/** What is no JSON object is the provider's to refuse, in its own words. */
function parsedOrUndefined(bytes: string | Uint8Array): JsonObject | undefined {
  try {
    return parseJsonBody(bytes);
  } catch {
    return undefined;
  }
}
