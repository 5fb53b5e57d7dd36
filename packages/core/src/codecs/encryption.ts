import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { FrameCodec } from '../contract/codec.ts';
import { CacheError } from '../contract/errors.ts';
import { checkOptionNames, wrongOption } from '../engine/check-option.ts';
import { damaged } from '../engine/damaged.ts';
import { identified, readKey } from './encryption-key.ts';
import type { IdentifiedKey } from './encryption-key.ts';

/** One key of {@link encryption}. */
export interface EncryptionKey {
  /**
   * Stands beside each entry in the clear, so that a reader knows which key to take. 1 to 32 of `A-Za-z0-9._-`. Default:
   * made of the key by HMAC, the same everywhere, which tells nothing of it.
   */
  readonly id?: string;
  /** 32 bytes: base64, 64 hex digits, or the bytes. `openssl rand -base64 32` makes one. */
  readonly key: string | Uint8Array;
}

/** Options of {@link encryption}. */
export interface EncryptionOptions {
  /** The first encrypts; all of them decrypt. At least one. */
  readonly keys: readonly EncryptionKey[];
}

/**
 * | offset | bytes | what                                                   |
 * |--------|-------|--------------------------------------------------------|
 * | 0      | 4     | magic `LRCE`                                           |
 * | 4      | 1     | version, 1                                             |
 * | 5      | 1     | length of the key id, n                                |
 * | 6      | n     | key id                                                 |
 * | 6 + n  | 12    | nonce, random                                          |
 * | 18 + n | 16    | tag                                                    |
 * | 34 + n |       | what was encrypted; as long as it was before           |
 *
 * Additional data are everything before the nonce, then the entry's key in UTF-8. The first part knows its own length, so no
 * two pairs of them read the same.
 */
const MAGIC = 0x4c524345;
const VERSION = 1;
const HEAD_BYTES = 6;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

/**
 * AES-256-GCM. An entry is good under its own key only: whoever can write to the store can neither change an answer nor put
 * it in the place of another. What is not encrypted is not read, or anybody could leave answers there.
 *
 * Nonces are random, 96 bits: one key is good for 2^32 writes of all processes together (NIST SP 800-38D section 8.3).
 *
 * @throws CacheError `CACHE_INVALID_OPTION` for a wrong option; the message never shows a key.
 */
export function encryption(options: EncryptionOptions): FrameCodec {
  const owner = 'encryption';
  checkOptionNames(owner, options, ['keys']);
  if (!Array.isArray(options.keys)) throw wrongOption(owner, 'keys', 'an array', typeof options.keys);
  const keys = options.keys.map((given: unknown, index) => keyOf(owner, `keys[${index}]`, given));
  return encryptionWith(owner, keys);
}

/** @throws CacheError `CACHE_INVALID_OPTION` if there is no key, or one id stands for two. */
export function encryptionWith(owner: string, keys: readonly IdentifiedKey[]): FrameCodec {
  const [first] = keys;
  if (first === undefined)
    throw new CacheError('CACHE_INVALID_OPTION', `${owner}: keys is empty`, { param: 'keys' });
  const byId = new Map<string, IdentifiedKey>();
  for (const each of keys) {
    const other = byId.get(each.id);
    if (other !== undefined && !other.key.equals(each.key)) {
      const message = `${owner}: two keys have the id ${each.id}`;
      throw new CacheError('CACHE_INVALID_OPTION', message, { param: 'keys' });
    }
    byId.set(each.id, each);
  }
  return {
    name: 'encryption',
    encrypts: true,
    encode: (bytes, entryKey) => encrypt(bytes, entryKey, first),
    decode: (bytes, entryKey) => decrypt(bytes, entryKey, byId),
  };
}

function encrypt(bytes: Buffer, entryKey: string, { id, key }: IdentifiedKey): Buffer {
  const head = headOf(id);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(additionalData(head, entryKey));
  const encrypted = cipher.update(bytes);
  cipher.final();
  return Buffer.concat([head, nonce, cipher.getAuthTag(), encrypted]);
}

function decrypt(bytes: Buffer, entryKey: string, keys: ReadonlyMap<string, IdentifiedKey>): Buffer {
  if (bytes.length < HEAD_BYTES || bytes.readUInt32BE(0) !== MAGIC) throw damaged('it is not encrypted');
  const version = bytes.readUInt8(4);
  if (version !== VERSION) throw damaged(`encrypted in version ${version}, this release reads ${VERSION}`);
  const nonceAt = HEAD_BYTES + bytes.readUInt8(5);
  const tagAt = nonceAt + NONCE_BYTES;
  const encryptedAt = tagAt + TAG_BYTES;
  if (bytes.length < encryptedAt) throw damaged(`encrypted, and cut to ${bytes.length} bytes`);
  const head = bytes.subarray(0, nonceAt);
  const identifiedKey = keys.get(head.toString('latin1', HEAD_BYTES));
  if (identifiedKey === undefined) throw damaged('encrypted with a key that is not configured');
  const nonce = bytes.subarray(nonceAt, tagAt);
  const decipher = createDecipheriv(CIPHER, identifiedKey.key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(additionalData(head, entryKey));
  decipher.setAuthTag(bytes.subarray(tagAt, encryptedAt));
  const decrypted = decipher.update(bytes.subarray(encryptedAt));
  try {
    decipher.final();
  } catch (cause) {
    throw damaged('encrypted with another key, for another entry, or changed since', cause);
  }
  return decrypted;
}

function headOf(id: string): Buffer {
  const head = Buffer.alloc(HEAD_BYTES + id.length);
  head.writeUInt32BE(MAGIC, 0);
  head.writeUInt8(VERSION, 4);
  head.writeUInt8(id.length, 5);
  head.write(id, HEAD_BYTES, 'latin1');
  return head;
}

function additionalData(head: Buffer, entryKey: string): Buffer {
  return Buffer.concat([head, Buffer.from(entryKey)]);
}

function keyOf(owner: string, option: string, given: unknown): IdentifiedKey {
  // Not shown: who forgets the braces has given the key itself.
  if (typeof given !== 'object' || given === null) {
    const message = `${owner}: ${option} must be an object with key and, if wanted, id; got ${typeof given}`;
    throw new CacheError('CACHE_INVALID_OPTION', message, { param: option });
  }
  checkOptionNames(`${owner}: ${option}`, given, ['id', 'key']);
  const { id, key } = given as Partial<Record<keyof EncryptionKey, unknown>>;
  return identified(owner, `${option}.id`, readKey(owner, `${option}.key`, key), id);
}
