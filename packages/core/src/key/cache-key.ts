import { hash } from 'node:crypto';
import type { JsonObject, JsonValue } from '../json.ts';
import { canonicalForm } from './canonical.ts';
import { isRawJson } from './raw-json.ts';

/** Part of every key. Raised when the same request would be keyed differently, so that old entries are misses. */
export const KEY_FORMAT_VERSION = 1;

/** What a namespace chosen by a request looks like. A configured one may hold any character. */
export const NAMESPACE_PATTERN: RegExp = /^[A-Za-z0-9._-]{1,128}$/;

/**
 * Top-level members of a body that never enter the key: they say how an answer travels or is booked, never what it says.
 * Everything else does, members this release has never heard of included: a needless miss is cheaper than a wrong answer.
 */
export const UNKEYED_MEMBERS: ReadonlySet<string> = new Set([
  // The form of the answer: a stream and a whole answer share one entry.
  'stream',
  'stream_options',
  // Our own controls, and LiteLLM's switch of the same purpose.
  'cache',
  'caching',
  // Labels for the books of provider and proxy: LiteLLM never keys on them, and they often differ with each request.
  'metadata',
  'litellm_metadata',
  // LiteLLM's identifiers for log lines, new with each request or session.
  'litellm_call_id',
  'litellm_trace_id',
  'litellm_session_id',
  // LiteLLM: keep this request out of the logs.
  'no-log',
  // How long and how often to try (LiteLLM; `max_retries` is the OpenAI SDK's word): an answer stays the same answer.
  'timeout',
  'stream_timeout',
  'request_timeout',
  'num_retries',
  'max_retries',
  // LiteLLM sends them as headers, so they are keyed as headers are: those that change the answer.
  'extra_headers',
]);

const ANSWER_CHANGING_HEADERS: ReadonlySet<string> = new Set([
  'anthropic-version',
  'openai-organization',
  'openai-project',
]);

/** A header's name, lower-case, and value. */
export type KeyedHeader = [name: string, value: string];

/**
 * The headers that change what a provider answers: `anthropic-version`, `openai-organization`, `openai-project`, and every
 * `*-beta`. Names lower-case and sorted; values of a repeated name joined in their order (RFC 9110 section 5.3).
 */
export function answerChangingHeaders(
  headers: Iterable<readonly [name: string, value: string]>,
): KeyedHeader[] {
  const found = new Map<string, string>();
  for (const [mixedCaseName, value] of headers) {
    const name = mixedCaseName.toLowerCase();
    if (!changesAnswer(name)) continue;
    const earlier = found.get(name);
    found.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return [...found].sort(([one], [other]) => (one < other ? -1 : 1));
}

function changesAnswer(name: string): boolean {
  return ANSWER_CHANGING_HEADERS.has(name) || name.endsWith('-beta');
}

/** What a request asks, whoever asks it. */
export interface KeyedRequest {
  /** The name of the call type, for example `chat_completion`. */
  readonly callType: string;
  /** As `parseJsonBody` returned it. Not changed. */
  readonly body: JsonObject;
  /** What {@link answerChangingHeaders} returned. Default: none. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Origin, path and query, where the caller chooses them. Default: not part of the key. */
  readonly location?: string;
  /** Top-level members left out beside {@link UNKEYED_MEMBERS}. Default: none. */
  readonly ignoredParams?: readonly string[];
}

/** The SHA-256 (64 lower-case hexadecimal digits) of what a request asks, in canonical form. */
export function requestHash(request: KeyedRequest): string {
  const { callType, body, headers = [], location = null, ignoredParams = [] } = request;
  const omit = ignoredParams.length === 0 ? UNKEYED_MEMBERS : new Set([...UNKEYED_MEMBERS, ...ignoredParams]);
  const around: JsonValue = [KEY_FORMAT_VERSION, callType, location, headers, headersInBody(body)];
  return hash('sha256', canonicalForm(around) + canonicalForm(body, omit));
}

/** The top-level members of `body` that are part of its key, by name: what to show who wonders why two requests differ. */
export function keyedMembers(body: JsonObject, ignoredParams: readonly string[] = []): string[] {
  return Object.keys(body).filter((name) => !UNKEYED_MEMBERS.has(name) && !ignoredParams.includes(name));
}

function headersInBody(body: JsonObject): KeyedHeader[] {
  const headers = body['extra_headers'];
  if (typeof headers !== 'object' || headers === null || isRawJson(headers)) return [];
  return answerChangingHeaders(
    Object.entries(headers).map(([name, value]): KeyedHeader => [name, JSON.stringify(value)]),
  );
}

/** What a key is made of. */
export interface KeyParts {
  /** Default: none. May hold any character, colons too. */
  readonly namespace?: string;
  /** What `scopeOf` returned. Default: shared by everybody. */
  readonly scope?: string;
  /** What {@link requestHash} returned. */
  readonly requestHash: string;
}

/**
 * The key of an entry, `<namespace>:<scope>:<hash>`, empty parts left out with their colon. What stands before the hash
 * serves people, access rules and `clear`; the hash covers all of it, so no two namespaces or scopes share a key.
 */
export function cacheKey({ namespace = '', scope = '', requestHash }: KeyParts): string {
  const digest = hash('sha256', canonicalForm([KEY_FORMAT_VERSION, namespace, scope, requestHash]));
  return `${keyPrefix(namespace)}${scope === '' ? '' : `${scope}:`}${digest}`;
}

/**
 * What the keys of a namespace begin with; empty without one. The keys of namespaces below it (`a:b` below `a`) begin
 * with it too.
 */
export function keyPrefix(namespace = ''): string {
  return namespace === '' ? '' : `${namespace}:`;
}

const CACHE_KEY = /^(?:[^:]+:)*[0-9a-f]{64}$/;

/** Whether `text` has the shape of {@link cacheKey}, in whatever namespace: so `clear` spares what others stored. */
export function isCacheKey(text: string): boolean {
  return CACHE_KEY.test(text);
}
