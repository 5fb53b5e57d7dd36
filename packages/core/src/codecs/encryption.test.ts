import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FrameCodec } from '../contract/codec.ts';
import { CacheError } from '../contract/errors.ts';
import { encryption } from './encryption.ts';
import type { EncryptionOptions } from './encryption.ts';

const HEX = '00112233445566778899aabbccddeeff0f1e2d3c4b5a69788796a5b4c3d2e1f0';
const OTHER_HEX = HEX.replaceAll('0', 'c');
const PLAIN = Buffer.from('the answer');

const codec = encryption({ keys: [{ key: HEX }] });
const other = encryption({ keys: [{ key: OTHER_HEX }] });

const encodedOf = (by: FrameCodec, key = 'key', bytes = PLAIN): Buffer => by.encode(bytes, key) as Buffer;

function damageOf(by: FrameCodec, bytes: Buffer, key = 'key'): string {
  try {
    void by.decode(bytes, key);
  } catch (error) {
    if (CacheError.is(error, 'CACHE_ENTRY_DAMAGED')) return error.message;
    throw error;
  }
  throw new Error('it was read');
}

function refusalOf(options: unknown): CacheError {
  try {
    encryption(options as EncryptionOptions);
  } catch (error) {
    if (CacheError.is(error, 'CACHE_INVALID_OPTION')) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('encryption', () => {
  it('gives back any bytes under any key of the cache', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: 'grapheme' }), (bytes, key) => {
        const given = Buffer.from(bytes);
        expect(codec.decode(encodedOf(codec, key, given), key)).toEqual(given);
      }),
    );
  });

  it('shows nothing of the bytes, and never says the same twice', () => {
    const [first, second] = [encodedOf(codec), encodedOf(codec)];
    expect(first.includes(PLAIN)).toBe(false);
    expect(first).not.toEqual(second);
    expect(first).toHaveLength(PLAIN.length + 34 + 16);
    const nonces = new Set(Array.from({ length: 1_000 }, () => encodedOf(codec).toString('hex', 22, 34)));
    expect(nonces.size).toBe(1_000);
  });

  it('finds every byte changed in turn, to anything', () => {
    const encoded = encodedOf(codec);
    for (let index = 0; index < encoded.length; index += 1) {
      const before = encoded.readUInt8(index);
      for (let bit = 0; bit < 8; bit += 1) {
        encoded.writeUInt8(before ^ (1 << bit), index);
        expect(damageOf(codec, encoded)).toContain('encrypted');
      }
      encoded.writeUInt8(before, index);
    }
    expect(codec.decode(encoded, 'key')).toEqual(PLAIN);
  });

  it('finds any truncation and any padding', () => {
    const encoded = encodedOf(codec);
    for (let length = 0; length < encoded.length; length += 1)
      expect(damageOf(codec, encoded.subarray(0, length))).toContain('encrypted');
    expect(damageOf(codec, Buffer.concat([encoded, Buffer.alloc(1)]))).toContain('changed since');
  });

  it('reads nothing else at all', () => {
    const beginnings = fc.constantFrom('', 'LRCE', 'LRCE\x01', 'LRCE\x01\x10', 'LRCF\x01', 'LRCZ\x01\x02');
    fc.assert(
      fc.property(beginnings, fc.uint8Array({ maxLength: 100 }), (beginning, bytes) => {
        const made = Buffer.concat([Buffer.from(beginning, 'latin1'), bytes]);
        expect(damageOf(codec, made)).toContain('encrypted');
      }),
    );
  });

  it('is good under its own key only: an answer cannot be put in the place of another', () => {
    const encoded = encodedOf(codec, 'tenant-a:1');
    expect(codec.decode(encoded, 'tenant-a:1')).toEqual(PLAIN);
    expect(damageOf(codec, encoded, 'tenant-b:1')).toContain('for another entry');
    expect(damageOf(codec, encoded, 'tenant-a:1\0')).toContain('for another entry');
  });

  it('does not read what is not encrypted: anybody may have left it there', () => {
    expect(damageOf(codec, PLAIN)).toBe('stored entry: it is not encrypted');
    expect(damageOf(codec, Buffer.alloc(0))).toBe('stored entry: it is not encrypted');
  });
});

describe('keys', () => {
  it('may be hex digits, base64 with its sign or without, or bytes: the same key is the same', () => {
    const bytes = Buffer.from(HEX, 'hex');
    const base64 = bytes.toString('base64');
    for (const key of [
      HEX.toUpperCase(),
      base64,
      base64.slice(0, -1),
      `${base64}\n`,
      bytes,
      new Uint8Array(bytes),
    ]) {
      expect(encryption({ keys: [{ key }] }).decode(encodedOf(codec), 'key')).toEqual(PLAIN);
    }
  });

  it('are rotated: the first encrypts, all decrypt, one taken away decrypts no more', () => {
    const rotated = encryption({ keys: [{ key: OTHER_HEX }, { key: HEX }] });
    expect(rotated.decode(encodedOf(codec), 'key')).toEqual(PLAIN);
    expect(other.decode(encodedOf(rotated), 'key')).toEqual(PLAIN);
    expect(damageOf(codec, encodedOf(rotated))).toBe(
      'stored entry: encrypted with a key that is not configured',
    );
  });

  it('may be named; another key under the same name does not read it', () => {
    const named = encryption({ keys: [{ id: '2026-11', key: HEX }] });
    const encoded = encodedOf(named);
    expect(encoded.toString('latin1', 6, 13)).toBe('2026-11');
    expect(named.decode(encoded, 'key')).toEqual(PLAIN);
    expect(damageOf(encryption({ keys: [{ id: '2026-11', key: OTHER_HEX }] }), encoded)).toContain(
      'another key',
    );
    expect(damageOf(codec, encoded)).toContain('not configured');
  });

  it('may be given twice, and are one key under each name', () => {
    const twice = encryption({ keys: [{ key: HEX }, { key: HEX }] });
    expect(twice.decode(encodedOf(codec), 'key')).toEqual(PLAIN);
    const two = encryption({
      keys: [
        { id: 'a', key: HEX },
        { id: 'b', key: HEX },
      ],
    });
    const renamed = encodedOf(two);
    renamed.write('b', 6, 'latin1');
    expect(damageOf(two, renamed)).toContain('changed since');
  });

  it('have a name of 16 hex digits otherwise, the same in every process and none of the key', () => {
    const id = encodedOf(codec).toString('latin1', 6, 22);
    expect(id).toBe('330655b1cf012499');
    expect(encodedOf(other).toString('latin1', 6, 22)).not.toBe(id);
    expect(HEX).not.toContain(id.slice(0, 6));
  });

  it.each([
    ['of the wrong length', 'c2VjcmV0LXZhbHVl', 'a text of 16 characters'],
    ['of hex digits, one too few', HEX.slice(1), 'a text of 63 characters'],
    ['of other signs', 'S'.repeat(43) + '!', 'a text of 44 characters'],
    ['whose last character no encoder writes', 'A'.repeat(42) + 'B', 'a text of 43 characters'],
    ['that is empty, as a variable not set might be', '', 'an empty text'],
    ['of too few bytes', Buffer.alloc(31, 'k'), '31 bytes'],
    ['that is missing', undefined, 'no key (undefined)'],
  ])('are refused %s, with how to make one and nothing of the key', (_what, key, found) => {
    const { message } = refusalOf({ keys: [{ key }] });
    expect(message).toBe(
      'encryption: keys[0].key must be 32 bytes, as base64, as 64 hex digits or as a Buffer; ' +
        `got ${found}. To make one: openssl rand -base64 32`,
    );
  });

  it.each<[string, unknown]>([
    ['the key where its object belongs', { keys: [HEX] }],
    ['the key where the list belongs', { keys: HEX }],
    ['the key where the id belongs', { keys: [{ id: HEX, key: OTHER_HEX }] }],
    ['a key too long', { keys: [{ key: `${HEX}00` }] }],
    [
      'two keys of one name',
      {
        keys: [
          { id: 'a', key: HEX },
          { id: 'a', key: OTHER_HEX },
        ],
      },
    ],
    ['no key', { keys: [] }],
    ['an unknown member', { keys: [{ key: HEX, salt: 'x' }] }],
    ['an unknown option', { keys: [{ key: HEX }], key: HEX }],
  ])('are never shown: %s', (_what, options) => {
    const shown = inspect(refusalOf(options), { depth: 9 });
    expect(shown).toContain('encryption: ');
    expect(shown).not.toContain(HEX.slice(0, 8));
    expect(shown).not.toContain(OTHER_HEX.slice(0, 8));
  });

  it('are not in what a codec shows of itself', () => {
    expect(inspect(codec, { depth: 9, showHidden: true })).not.toContain(HEX.slice(0, 8));
    expect(JSON.stringify(codec)).toBe('{"name":"encryption","encrypts":true}');
  });
});
