import { createHmac, createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isUint8Array } from 'node:util/types';
import { CacheError } from '../contract/errors.ts';

const KEY_BYTES = 32;
const HEX = /^[0-9a-f]{64}$/i;
const BASE64 = /^[A-Za-z0-9+/]{43}=?$/;
/** Shorter than any spelling of a key, which would otherwise pass for an id and be stored in the clear. */
const GIVEN_ID = /^[A-Za-z0-9._-]{1,32}$/;

/** A key and the name under which stored entries point to it. */
export interface IdentifiedKey {
  readonly id: string;
  readonly key: KeyObject;
}

/**
 * Reads a key of 32 bytes: base64, 64 hex digits, or the bytes. White space around a text is a file's last line end.
 * @throws CacheError `CACHE_INVALID_OPTION`, whose message says how to make a key and nothing of this one.
 */
export function readKey(owner: string, option: string, value: unknown): KeyObject {
  const bytes = typeof value === 'string' ? bytesOf(value.trim()) : isUint8Array(value) ? value : undefined;
  if (bytes?.byteLength === KEY_BYTES) return createSecretKey(bytes);
  const message =
    `${owner}: ${option} must be ${KEY_BYTES} bytes, as base64, as ${2 * KEY_BYTES} hex digits or as a Buffer; ` +
    `got ${kindOf(value)}. To make one: openssl rand -base64 ${KEY_BYTES}`;
  throw new CacheError('CACHE_INVALID_OPTION', message, { param: option });
}

/**
 * The id given, or one made of the key: the same in every process, and nothing that helps to find the key.
 * @throws CacheError `CACHE_INVALID_OPTION` if the id given has other characters than it may.
 */
export function identified(owner: string, option: string, key: KeyObject, id: unknown): IdentifiedKey {
  if (id === undefined) return { id: derivedId(key), key };
  if (typeof id === 'string' && GIVEN_ID.test(id)) return { id, key };
  const message = `${owner}: ${option} must be 1 to 32 letters, digits, dots, dashes or underscores`;
  throw new CacheError('CACHE_INVALID_OPTION', message, { param: option });
}

function derivedId(key: KeyObject): string {
  return createHmac('sha256', key).update('llm-cache encryption key id').digest('hex').slice(0, 16);
}

function bytesOf(text: string): Buffer | undefined {
  if (HEX.test(text)) return Buffer.from(text, 'hex');
  if (!BASE64.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  // The last of 43 characters has two bits to spare. Where they are set, it was not written by an encoder.
  return bytes.toString('base64').startsWith(text) ? bytes : undefined;
}

function kindOf(value: unknown): string {
  if (typeof value === 'string')
    return value === '' ? 'an empty text' : `a text of ${value.length} characters`;
  return isUint8Array(value) ? `${value.byteLength} bytes` : `no key (${typeof value})`;
}
