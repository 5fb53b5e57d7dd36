import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { piecesOf } from './pieces.ts';

describe('piecesOf', () => {
  it('cuts a text into words with the space after them', () => {
    expect([...piecesOf('Hello  there,\nworld. ', 100)]).toEqual(['Hello  ', 'there,\n', 'world. ']);
  });

  it('cuts a long text without spaces too', () => {
    expect([...piecesOf('語'.repeat(100), 100)].length).toBeGreaterThan(1);
  });

  it.each(['', 'a'])('never cuts a surrogate pair, beginning with %j', (start) => {
    const pieces = [...piecesOf(start + '🦆'.repeat(200), 100)];
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
  });

  it('loses nothing, keeps to the number of pieces and never cuts a surrogate pair', () => {
    const text = fc.array(fc.constantFrom('a', ' ', '\n', '🦆', 'é', 'word'), { maxLength: 300 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 50 }), (parts, maxPieces) => {
        const pieces = [...piecesOf(parts.join(''), maxPieces)];
        expect(pieces.join('')).toBe(parts.join(''));
        expect(pieces.length).toBeLessThanOrEqual(maxPieces);
        expect(pieces.every((piece) => piece !== '' && piece.isWellFormed())).toBe(true);
      }),
    );
  });
});
