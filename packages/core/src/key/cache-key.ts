import { hash } from 'node:crypto';
import type { JsonObject } from '../json.ts';
import { canonicalForm } from './canonical.ts';

/** Part of every hash: a change of the canonical form starts with an empty cache instead of wrong answers. */
export const KEY_FORMAT_VERSION = 1;

/** A namespace a request may name. A configured one may hold more. */
export const NAMESPACE_PATTERN: RegExp = /^[A-Za-z0-9._-]{1,128}$/;

/**
 * Top-level members that do not change the answer. Everything else is keyed, members nobody has heard of included: a
 * member too many costs a hit, a member too few gives a wrong answer.
 */
export const UNKEYED_MEMBERS: ReadonlySet<string> = new Set([
  // One entry serves streams and whole answers.
  'stream',
  'stream_options',
  // Our own controls.
  'cache',
  // Labels for the provider's dashboard and LiteLLM's logs; never shown to the model. LiteLLM leaves both out too.
  'metadata',
  'litellm_metadata',
  // How long, and how often, somebody is willing to wait: LiteLLM takes these off the body before it calls.
  'timeout',
  'request_timeout',
  'stream_timeout',
  'num_retries',
  'max_retries',
]);

/** Request headers that change what a provider answers; beside these, every name that ends in `-beta`. */
const ANSWER_CHANGING_HEADERS: ReadonlySet<string> = new Set([
  'anthropic-version',
  'openai-organization',
  'openai-project',
]);

/** A header name in lower case, and its value. */
export type KeyedHeader = readonly [name: string, value: string];

/** Those of a request's headers that belong to its key, names in lower case, sorted. */
export function answerChangingHeaders(headers: Iterable<KeyedHeader>): [name: string, value: string][] {
  const keyed: [string, string][] = [];
  for (const [name, value] of headers) {
    const lowerCase = name.toLowerCase();
    if (lowerCase.endsWith('-beta') || ANSWER_CHANGING_HEADERS.has(lowerCase)) keyed.push([lowerCase, value]);
  }
  return keyed.length < 2 ? keyed : keyed.sort(byNameThenValue);
}

function byNameThenValue([nameA, valueA]: KeyedHeader, [nameB, valueB]: KeyedHeader): number {
  if (nameA !== nameB) return nameA < nameB ? -1 : 1;
  return valueA === valueB ? 0 : valueA < valueB ? -1 : 1;
}

export interface RequestHashInput {
  /** Name of the call type: two endpoints never share an answer. */
  readonly callType: string;
  readonly body: JsonObject;
  /** What {@link answerChangingHeaders} gives. */
  readonly headers?: readonly KeyedHeader[];
  /** Origin, path and query, where the caller chooses them (the library). */
  readonly location?: string;
  /** Further top-level members to leave out (`cache_params.ignored_params`). */
  readonly ignoredParams?: readonly string[];
}

/** SHA-256 (hex) of what a request asks, whoever asks it and however it was written. */
export function requestHash({ callType, body, headers = [], location = '', ignoredParams = [] }: RequestHashInput): string {
  const omit = ignoredParams.length === 0 ? UNKEYED_MEMBERS : new Set([...UNKEYED_MEMBERS, ...ignoredParams]);
  const around = canonicalForm([KEY_FORMAT_VERSION, callType, location, headers]);
  return hash('sha256', around + canonicalForm(body, omit));
}

export interface CacheKeyInput {
  readonly namespace?: string;
  /** See `scopeOf`. */
  readonly scope?: string;
  readonly requestHash: string;
}

/**
 * The key of an entry, `<namespace>:<scope>:<hash>`, empty parts left out with their colon. The parts in front are for
 * people, ACLs and `clear`; the hash covers all three, so `a:b` without a scope and `a` with scope `b` are two.
 */
export function cacheKey({ namespace = '', scope = '', requestHash: request }: CacheKeyInput): string {
  const digest = hash('sha256', canonicalForm([KEY_FORMAT_VERSION, namespace, scope, request]));
  return `${keyPrefix(namespace)}${keyPrefix(scope)}${digest}`;
}

/** What every key of a namespace starts with; the empty string without one. */
export function keyPrefix(namespace = ''): string {
  return namespace === '' ? '' : `${namespace}:`;
}

/** Whether `text` is a key as {@link cacheKey} writes it: what `clear` without a namespace may touch. */
export function isCacheKey(text: string): boolean {
  return /^(?:[\x21-\x7e]+:)?[0-9a-f]{64}$/.test(text);
}
