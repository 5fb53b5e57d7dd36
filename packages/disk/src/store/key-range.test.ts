import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { endOfPrefix, successorOf } from './key-range.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Few different characters, so that prefixes happen; of one to four bytes, and the last there are. */
const text = fc.string({ unit: fc.constantFrom('a', '\0', 'é', '\u{ffff}', '\u{10ffff}'), maxLength: 6 });

describe('a range of keys', () => {
  it('holds the keys with the prefix and no others', () => {
    fc.assert(
      fc.property(text, text, (key, prefix) => {
        const [bytes, start, end] = [bytesOf(key), bytesOf(prefix), endOfPrefix(bytesOf(prefix))];
        const isWithin = Buffer.compare(bytes, start) >= 0 && Buffer.compare(bytes, end) < 0;
        expect(isWithin).toBe(key.startsWith(prefix));
      }),
      { numRuns: 2_000 },
    );
  });

  it('goes on behind a key with the very next one', () => {
    fc.assert(
      fc.property(text, text, (key, other) => {
        const isBehind = Buffer.compare(bytesOf(other), bytesOf(key)) > 0;
        expect(Buffer.compare(bytesOf(other), successorOf(bytesOf(key))) >= 0).toBe(isBehind);
      }),
      { numRuns: 2_000 },
    );
  });
});
