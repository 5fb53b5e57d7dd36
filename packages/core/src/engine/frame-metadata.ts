import type { EntryMetadata } from '../contract/entry.ts';
import { isServable } from './headers.ts';

/**
 * Whether what was parsed out of a frame is metadata. By hand: it runs on every read from a remote store, and a frame
 * with a good checksum is wrong only if another program wrote it.
 */
export function isMetadata(value: unknown): value is EntryMetadata {
  if (typeof value !== 'object' || value === null) return false;
  const {
    createdAt,
    expiresAt,
    staleUntil,
    callType,
    model,
    contentType,
    headers,
    assembled,
    usage,
    costUsd,
    tags,
  } = value as Partial<Record<keyof EntryMetadata, unknown>>;
  return (
    isNumber(createdAt) &&
    isAbsentOr(isNumber, expiresAt) &&
    isAbsentOr(isNumber, staleUntil) &&
    isString(callType) &&
    isString(model) &&
    isHeader(['content-type', contentType]) &&
    isArrayOf(isHeader, headers) &&
    isAbsentOr(isBoolean, assembled) &&
    isAbsentOr(isUsage, usage) &&
    isAbsentOr(isNumber, costUsd) &&
    isAbsentOr(isTags, tags)
  );
}

type Check = (value: unknown) => boolean;

const isString: Check = (value) => typeof value === 'string';
const isBoolean: Check = (value) => typeof value === 'boolean';
/** JSON can say 1e400. */
const isNumber: Check = (value) => Number.isFinite(value);
const isTags: Check = (value) => isArrayOf(isString, value);

/** With a line end in it, or a length of its own, it would break the answer it is served with. */
function isHeader(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [name, content] = value as unknown[];
  return typeof name === 'string' && typeof content === 'string' && isServable(name, content);
}

function isUsage(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { promptTokens, completionTokens, totalTokens } = value as Record<string, unknown>;
  return isNumber(promptTokens) && isNumber(completionTokens) && isNumber(totalTokens);
}

function isAbsentOr(check: Check, value: unknown): boolean {
  return value === undefined || check(value);
}

function isArrayOf(check: Check, value: unknown): boolean {
  return Array.isArray(value) && value.every(check);
}
