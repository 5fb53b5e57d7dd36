import type { HeaderList } from './answer.ts';

/**
 * Hop-by-hop fields (RFC 9110 section 7.6.1) and those that describe an encoding or framing the body no longer has:
 * answers reach the engine decoded and leave it framed anew.
 */
const NOT_FORWARDED: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * What is served again from the cache: facts about the answer. Nothing about the moment (rate limits), the connection, or
 * the person (cookies, organisation).
 */
const STORED: ReadonlySet<string> = new Set([
  'openai-model',
  'openai-processing-ms',
  'openai-version',
  'x-request-id',
]);

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether a header may stand in the head of an answer: it is one (RFC 9110 section 5), and frames nothing. */
export function isServable(name: string, value: string): boolean {
  return HEADER_NAME.test(name) && HEADER_VALUE.test(value) && !NOT_FORWARDED.has(name.toLowerCase());
}

/** The headers of a live answer that may travel on: neither hop-by-hop ones nor those its `Connection` names as such. */
export function forwardableHeaders(headers: HeaderList): HeaderList {
  const nominated = new Set(
    headers
      .filter(([name]) => name === 'connection')
      .flatMap(([, value]) => value.toLowerCase().split(','))
      .map((name) => name.trim()),
  );
  return headers.filter(([name]) => !NOT_FORWARDED.has(name) && !nominated.has(name));
}

/** The headers of an answer that are kept with it. */
export function storableHeaders(headers: HeaderList): HeaderList {
  return headers.filter(([name]) => STORED.has(name));
}

/** What one request's answer must not give to another request: who made the call, and what is left of its limits. */
const PERSONAL = /^(set-cookie2?|openai-organization|openai-project|x-ratelimit-.*|anthropic-ratelimit-.*)$/;

export function sharedHeaders(headers: HeaderList): HeaderList {
  return headers.filter(([name]) => !PERSONAL.test(name));
}

export function headerOf(headers: HeaderList, name: string): string | undefined {
  return headers.find(([candidate]) => candidate === name)?.[1];
}

export function contentTypeOf(headers: HeaderList): string {
  return headerOf(headers, 'content-type') ?? 'application/json';
}

export function isEventStream(headers: HeaderList): boolean {
  return /^text\/event-stream\s*(;|$)/i.test(contentTypeOf(headers));
}
