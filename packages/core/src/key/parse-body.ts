import { isUtf8 } from 'node:buffer';
import { CacheError } from '../contract/errors.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { nestsDeeperThan } from './nesting.ts';
import { mayBeMisread, withPlainNames, withRealNames } from './plain-names.ts';
import { rawJson, type ReviverContext } from './raw-json.ts';

/** Objects and arrays inside each other, the body included: walks may recurse that deep. Real bodies stay below 50. */
const MAX_NESTING = 512;

/**
 * Parses a request body, once and for all: what is keyed and what is sent upstream both come from the result, so key and
 * provider cannot read the bytes differently.
 *
 * Integers beyond 2^53 and numbers too large for a double keep their source text (`JSON.rawJSON`). Of members with one
 * name the last wins; a member may have any name, `__proto__` included.
 *
 * @throws CacheError `CACHE_INVALID_JSON` if it is not UTF-8, not JSON, or not an object; `CACHE_NESTING_TOO_DEEP` if it
 * nests deeper than 512. Messages do not quote the body.
 */
export function parseJsonBody(bytes: Uint8Array | string): JsonObject {
  const text = textOf(bytes);
  if (nestsDeeperThan(MAX_NESTING, text)) {
    throw new CacheError(
      'CACHE_NESTING_TOO_DEEP',
      `request body must nest at most ${MAX_NESTING} objects and arrays, got more`,
    );
  }
  const body = parsed(text);
  if (!isJsonObject(body)) throw invalid(`request body must be a JSON object, got ${kindOf(body)}`);
  if (holdsName(body, mayBeMisread)) {
    return withRealNames(JSON.parse(withPlainNames(text), keepInexactNumber) as JsonValue) as JsonObject;
  }
  return holdsInexactNumber(body) ? (JSON.parse(text, keepInexactNumber) as JsonObject) : body;
}

function textOf(bytes: Uint8Array | string): string {
  if (typeof bytes === 'string') return bytes;
  if (!isUtf8(bytes)) throw invalid('request body must be UTF-8, got bytes that are not');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    throw invalid(`request body must be valid JSON, got ${syntaxProblem(text, error as SyntaxError)}`);
  }
}

/**
 * Whether some number can only be told by its source text. Only then is the text parsed again by way of a reviver, which
 * takes several times as long. Walks the values instead of scanning the text: they are fewer than its characters, and
 * digits in a prompt cannot mislead it.
 */
function holdsInexactNumber(container: JsonObject | readonly JsonValue[]): boolean {
  return Object.values(container).some((value) => {
    if (typeof value === 'number') return isInexact(value);
    return isContainer(value) && holdsInexactNumber(value);
  });
}

function holdsName(container: JsonObject | readonly JsonValue[], test: (name: string) => boolean): boolean {
  if (!Array.isArray(container) && Object.keys(container).some(test)) return true;
  return Object.values(container).some((value) => isContainer(value) && holdsName(value, test));
}

function isContainer(value: unknown): value is JsonObject | readonly JsonValue[] {
  return typeof value === 'object' && value !== null;
}

/**
 * Whether a double may stand for several numbers as written: integers from 2^53 on (2^53 + 1 becomes 2^53) and overflow.
 * Digits lost behind the point are not counted: the provider is sent the double that was keyed.
 */
function isInexact(value: number): boolean {
  return !Number.isSafeInteger(value) && (Number.isInteger(value) || !Number.isFinite(value));
}

function keepInexactNumber(_name: string, value: unknown, context?: ReviverContext): unknown {
  if (typeof value !== 'number' || !isInexact(value) || context?.source === undefined) return value;
  return rawJson(context.source);
}

function isJsonObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}

function syntaxProblem(text: string, error: SyntaxError): string {
  if (text.trim() === '') return 'an empty body';
  return withoutQuotedBody(error.message) || 'a syntax error';
}

/** V8 quotes what surrounds the mistake: `Unexpected token 'x', ..."ret": x}" is not valid JSON`. Logs must not have it. */
function withoutQuotedBody(message: string): string {
  return message.replace(/(?:^|, )(?:\.{3})?".*$/s, '');
}

function invalid(message: string): CacheError {
  return new CacheError('CACHE_INVALID_JSON', message);
}
