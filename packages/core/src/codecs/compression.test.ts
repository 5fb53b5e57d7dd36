import { randomBytes } from 'node:crypto';
import {
  constants,
  createZstdCompress,
  gunzipSync,
  gzipSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FrameCodec } from '../contract/codec.ts';
import { CacheError } from '../contract/errors.ts';
import { ALGORITHMS } from './algorithms.ts';
import { compression } from './compression.ts';
import type { CompressionOptions } from './compression.ts';

const HEAD_BYTES = 10;
const MIB = 1024 * 1024;

const zstd = compression({ algorithm: 'zstd', minBytes: 1 });
const gzip = compression({ algorithm: 'gzip', minBytes: 1 });
const none = compression({ algorithm: 'none' });

/** Repetitive, as JSON is. */
function textOf(length: number): Buffer {
  return Buffer.from(
    '{"role":"assistant","content":"The answer."},'.repeat(Math.ceil(length / 45)).slice(0, length),
  );
}

/** What is stored, with `length` announced and `packed` in it, whatever that is. */
function stored(mark: number, length: number, packed: Buffer): Buffer {
  const head = Buffer.from('LRCZ\x01', 'latin1');
  const rest = Buffer.alloc(5);
  rest.writeUInt8(mark, 0);
  rest.writeUInt32BE(length, 1);
  return Buffer.concat([head, rest, packed]);
}

async function damageOf(codec: FrameCodec, bytes: Buffer): Promise<string> {
  try {
    await codec.decode(bytes, 'key');
  } catch (error) {
    if (CacheError.is(error, 'CACHE_ENTRY_DAMAGED')) return error.message;
    throw error;
  }
  throw new Error('it was read');
}

describe.each([
  ['zstd', zstd, zstdDecompressSync],
  ['gzip', gzip, gunzipSync],
] as const)('%s', (_name, codec, decompress) => {
  it('gives back what it was given, whatever it is and however large', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), fc.nat(2_000), async (bytes, zeros) => {
        const given = Buffer.concat([bytes, Buffer.alloc(zeros)]);
        const decoded = await codec.decode(await codec.encode(given, 'key'), 'key');
        expect(decoded.equals(given)).toBe(true);
      }),
    );
    // Both sides of the sizes at which the work goes to a thread.
    for (const length of [8_192, 8_193, 65_536, 65_537, 131_072, 131_073, 3 * MIB]) {
      const given = textOf(length);
      const encoded = await codec.encode(given, 'key');
      expect(encoded.length).toBeLessThan(length / 10);
      expect((await codec.decode(encoded, 'key')).equals(given)).toBe(true);
    }
  });

  it('writes a head, and behind it what any tool of that name reads', async () => {
    const given = textOf(5_000);
    const encoded = await codec.encode(given, 'key');
    expect(encoded.toString('latin1', 0, 4)).toBe('LRCZ');
    expect(encoded.readUInt32BE(6)).toBe(5_000);
    expect(decompress(encoded.subarray(HEAD_BYTES))).toEqual(given);
  });

  it('leaves alone what does not get smaller, head included', async () => {
    const random = randomBytes(5_000);
    expect(await codec.encode(random, 'key')).toBe(random);
    expect(await codec.encode(Buffer.from('aa'), 'key')).toHaveLength(2);
    for (let repeated = 1; repeated <= 400; repeated += 1) {
      const given = Buffer.concat([random, Buffer.alloc(repeated)]);
      const encoded = await codec.encode(given, 'key');
      expect(encoded === given || encoded.length < given.length).toBe(true);
    }
  });

  it('finds what was cut, padded or replaced', async () => {
    const encoded = await codec.encode(textOf(5_000), 'key');
    for (let length = 4; length < encoded.length; length += 1)
      expect(await damageOf(codec, encoded.subarray(0, length))).toContain('compressed');
    expect(await damageOf(codec, Buffer.concat([encoded, Buffer.from('more')]))).toContain('compressed');
    expect(await damageOf(codec, Buffer.concat([encoded, encoded.subarray(HEAD_BYTES)]))).toContain(
      'compressed',
    );
  });

  it('gives the bytes back or calls them damage where any are changed, and does nothing else', async () => {
    const given = textOf(3_000);
    const encoded = await codec.encode(given, 'key');
    await fc.assert(
      fc.asyncProperty(fc.nat(encoded.length - 1), fc.integer({ min: 1, max: 255 }), async (index, mask) => {
        const changed = Buffer.from(encoded);
        changed.writeUInt8(changed.readUInt8(index) ^ mask, index);
        const outcome = await Promise.resolve(codec.decode(changed, 'key')).catch((error: unknown) => error);
        const isFine = Buffer.isBuffer(outcome) || CacheError.is(outcome, 'CACHE_ENTRY_DAMAGED');
        expect(isFine).toBe(true);
      }),
    );
  });

  it('takes any level it says it takes', async () => {
    const name = codec === zstd ? 'zstd' : 'gzip';
    for (const level of [ALGORITHMS[name].minLevel, ALGORITHMS[name].maxLevel]) {
      const leveled = compression({ algorithm: name, level });
      for (const length of [3_000, 300_000]) {
        const given = textOf(length);
        const decoded = await leveled.decode(await leveled.encode(given, 'key'), 'key');
        expect(decoded.equals(given)).toBe(true);
      }
    }
  });

  it('does not hold up anything else while a large entry is worked on', async () => {
    const given = Buffer.from(randomBytes(2 * MIB).toString('hex'));
    const encoding = codec.encode(given, 'key');
    let turns = 0;
    const turning = setInterval(() => (turns += 1), 0);
    const decoding = codec.decode(await encoding, 'key');
    const before = turns;
    await decoding;
    clearInterval(turning);
    expect(before).toBeGreaterThan(0);
    expect(turns).toBeGreaterThan(before);
  });
});

describe('compression', () => {
  it('reads what any setting has written', async () => {
    const given = textOf(5_000);
    const written = [given, await zstd.encode(given, 'key'), await gzip.encode(given, 'key')];
    for (const codec of [zstd, gzip, none]) {
      for (const bytes of written) expect(await codec.decode(bytes, 'key')).toEqual(given);
    }
    expect(await none.encode(given, 'key')).toBe(given);
  });

  it('begins at the size asked for', async () => {
    const codec = compression({ algorithm: 'zstd', minBytes: 2_000 });
    const below = textOf(1_999);
    expect(await codec.encode(below, 'key')).toBe(below);
    expect((await codec.encode(textOf(2_000), 'key')).length).toBeLessThan(200);
    const byDefault = compression({ algorithm: 'zstd' });
    expect(await byDefault.encode(textOf(1_023), 'key')).toHaveLength(1_023);
    expect((await byDefault.encode(textOf(1_024), 'key')).length).toBeLessThan(200);
  });

  it('writes as it is what it would not read again', async () => {
    const codec = compression({ algorithm: 'zstd', maxInflatedBytes: 4_000 });
    const tooLarge = textOf(4_001);
    expect(await codec.encode(tooLarge, 'key')).toBe(tooLarge);
    expect(await codec.decode(await codec.encode(textOf(4_000), 'key'), 'key')).toEqual(textOf(4_000));
  });

  it.each<[string, Partial<CompressionOptions>, string]>([
    ['an unknown algorithm', { algorithm: 'brotli' as never }, 'algorithm must be "zstd", "gzip" or "none"'],
    ['a size of 0', { minBytes: 0 }, 'minBytes must be a positive integer'],
    ['a bound of 0', { maxInflatedBytes: 0 }, 'maxInflatedBytes must be a positive integer'],
    ['a level zstd has not', { level: 23 }, 'level must be an integer from 1 to 22'],
    ['a level gzip has not', { algorithm: 'gzip', level: 10 }, 'level must be an integer from 1 to 9'],
    ['a level for nothing', { algorithm: 'none', level: 3 }, 'level must be absent'],
    ['an unknown option', { minByte: 1 } as never, 'minByte must be one of algorithm, minBytes'],
  ])('refuses %s', (_what, options, message) => {
    const making = (): unknown => compression({ algorithm: 'zstd', ...options });
    expect(making).toThrow(expect.objectContaining({ code: 'CACHE_INVALID_OPTION' }));
    expect(making).toThrow(message);
  });
});

describe('a compressed entry that would take memory', () => {
  const bomb = Buffer.alloc(64 * MIB);

  it.each([
    ['gzip', 1, gzipSync(bomb)],
    ['zstd', 2, zstdCompressSync(bomb)],
  ])('is damage before it takes any: %s that says how large it is', async (_name, mark, packed) => {
    expect(packed.length).toBeLessThan(100_000);
    expect(await damageOf(none, stored(mark, bomb.length, packed))).toContain(
      'at most 16777216 are inflated',
    );
  });

  it.each([
    ['gzip', 1, gzipSync(bomb)],
    ['zstd', 2, zstdCompressSync(bomb, { params: { [constants.ZSTD_c_windowLog]: 18 } })],
  ])('is damage at the length it announced: %s that says it is small', async (_name, mark, packed) => {
    for (const length of [0, 100, 5_000_000]) {
      const before = process.memoryUsage().arrayBuffers;
      expect(await damageOf(none, stored(mark, length, packed))).toContain('cannot be inflated to that');
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(24 * MIB);
    }
  });

  it('is damage if it is shorter than announced, and the announced room is not taken', async () => {
    for (const [mark, packed] of [
      [1, gzipSync('abc')],
      [2, zstdCompressSync('abc')],
    ] as const) {
      expect(await damageOf(none, stored(mark, 4, packed))).toContain(
        'compressed from 4 bytes, inflated it has 3',
      );
      const before = process.memoryUsage().arrayBuffers;
      expect(await damageOf(none, stored(mark, 16 * MIB, packed))).toContain('inflated it has 3');
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * MIB);
    }
  });

  it('is damage if zstd asks for a window wider than the entry', async () => {
    // Written in two pieces, so that the frame does not know how long it will be.
    const wide = createZstdCompress({ params: { [constants.ZSTD_c_windowLog]: 27 } });
    wide.write('the first half, ');
    await new Promise<void>((resolve) => wide.flush(() => resolve()));
    wide.end('the second half');
    const packed = Buffer.concat((await wide.toArray()) as Buffer[]);
    expect(zstdDecompressSync(packed)).toHaveLength(31);
    expect(await damageOf(none, stored(2, 31, packed))).toContain('cannot be inflated');
  });

  it('is damage if it is of a later release', async () => {
    const later = stored(2, 3, zstdCompressSync('abc'));
    later.writeUInt8(2, 4);
    expect(await damageOf(none, later)).toBe('stored entry: compressed in version 2, this release reads 1');
    expect(await damageOf(none, stored(3, 3, Buffer.from('abc')))).toContain('does not know (3)');
  });
});
