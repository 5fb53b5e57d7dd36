import { isUtf8 } from 'node:buffer';
import { CacheError } from '../contract/errors.ts';
import type { JsonObject } from '../json.ts';
import { parseWithNumberSources, rawJson } from './raw-json.ts';

/** Deeper bodies are refused: no real request comes near it, and many a parser behind us recurses. */
const MAX_DEPTH = 512;

/**
 * Where a number may stand that a double would change: sixteen digits in a row (2^53 has sixteen), or an exponent. It
 * also matches such text inside strings; that only costs time.
 */
const MAYBE_INEXACT = /\d{16}|\d[eE][+-]?\d/;

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Parses a request body so that what is keyed, and serialised again with `JSON.stringify`, is what was sent: numbers a
 * double would change keep their source text (`JSON.rawJSON`), `__proto__` is a member like any other, of duplicate
 * members the last wins.
 *
 * @throws CacheError `CACHE_INVALID_JSON` for invalid UTF-8, invalid JSON or a top level that is no object;
 *   `CACHE_NESTING_TOO_DEEP` beyond 512 levels.
 */
export function parseJsonBody(body: Uint8Array | string): JsonObject {
  const text = textOf(body);
  const value = parsed(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`the request body must be a JSON object, got ${nameOf(value)}`);
  }
  assertDepth(value);
  return (MAYBE_INEXACT.test(text) ? parseWithNumberSources(text, exactNumber) : value) as JsonObject;
}

function textOf(body: Uint8Array | string): string {
  if (typeof body === 'string') return body;
  if (!isUtf8(body)) throw invalid('the request body must be UTF-8, got bytes that are not');
  return UTF8.decode(body);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const found = text.trim() === '' ? 'an empty body' : (error as Error).message;
    throw invalid(`the request body must be JSON, got ${found.slice(0, 200)}`, error);
  }
}

/** Integers beyond 2^53 and numbers beyond what a double holds are not what they seem; everything else is. */
function exactNumber(value: number, source: string): unknown {
  const exact = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  return exact ? value : rawJson(source);
}

/** Walks level by level instead of recursing: the depth is the attacker's choice. */
function assertDepth(root: object): void {
  let level: object[] = [root];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) {
      throw new CacheError('CACHE_NESTING_TOO_DEEP', `the request body must not nest deeper than ${MAX_DEPTH} levels`);
    }
    const next: object[] = [];
    for (const container of level) {
      for (const child of Array.isArray(container) ? container : Object.values(container)) {
        if (typeof child === 'object' && child !== null) next.push(child as object);
      }
    }
    level = next;
  }
}

function invalid(message: string, cause?: unknown): CacheError {
  return new CacheError('CACHE_INVALID_JSON', message, cause === undefined ? {} : { cause });
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
