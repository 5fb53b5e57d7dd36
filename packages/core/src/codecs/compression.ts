import type { FrameCodec } from '../contract/codec.ts';
import { checkOptionNames, checkPositiveInteger, wrongOption } from '../engine/check-option.ts';
import { damaged } from '../engine/damaged.ts';
import { ALGORITHMS, algorithmOf } from './algorithms.ts';
import type { Algorithm, AlgorithmName } from './algorithms.ts';

/** Options of {@link compression}. 0 is refused everywhere. */
export interface CompressionOptions {
  /** How entries are written. `none`: as they are; what was compressed before is read all the same. */
  readonly algorithm: AlgorithmName | 'none';
  /** Entries (with their metadata) below this size are written as they are, in bytes. Default 1024. */
  readonly minBytes?: number;
  /** 1 to 9 with gzip (default 6), 1 to 22 with zstd (default 3). Higher is smaller and slower. */
  readonly level?: number;
  /**
   * Largest entry before compression, in bytes. Larger ones are written as they are; one that says it is larger is damage,
   * and not inflated. The same for everybody who reads the same store. Default 16,777,216 (16 MiB).
   */
  readonly maxInflatedBytes?: number;
}

const KNOWN_OPTIONS: readonly (keyof CompressionOptions)[] = [
  'algorithm',
  'minBytes',
  'level',
  'maxInflatedBytes',
];

/**
 * | offset | bytes | what                                               |
 * |--------|-------|----------------------------------------------------|
 * | 0      | 4     | magic `LRCZ`                                       |
 * | 4      | 1     | version, 1                                         |
 * | 5      | 1     | algorithm: 1 gzip (RFC 1952), 2 zstd (RFC 8878)    |
 * | 6      | 4     | length of the frame inside, unsigned, big-endian   |
 * | 10     |       | the compressed frame, whose own checksum covers it |
 */
const MAGIC = 0x4c52435a;
const VERSION = 1;
const HEAD_BYTES = 10;

const MAX_LENGTH = 0xffff_ffff;

/**
 * Compresses entries above a size, if they get smaller by it. Whatever is configured, it reads what was written as it is, by
 * gzip, and by zstd: the setting may be changed at any time.
 *
 * No entry takes more than `maxInflatedBytes` of memory: one that would inflate to another length than it announces is
 * damage. Large entries are compressed in a thread, so that nobody else waits.
 *
 * @throws CacheError `CACHE_INVALID_OPTION` for a wrong option.
 */
export function compression(options: CompressionOptions): FrameCodec {
  const owner = 'compression';
  checkOptionNames(owner, options, KNOWN_OPTIONS);
  const { algorithm, level, minBytes = 1024, maxInflatedBytes = 16 * 1024 * 1024 } = options;
  checkPositiveInteger(owner, 'minBytes', minBytes);
  checkPositiveInteger(owner, 'maxInflatedBytes', maxInflatedBytes);
  if (algorithm !== 'none' && !Object.hasOwn(ALGORITHMS, algorithm))
    throw wrongOption(owner, 'algorithm', '"zstd", "gzip" or "none"', algorithm);
  const chosen = algorithm === 'none' ? undefined : ALGORITHMS[algorithm];
  if (level !== undefined) checkLevel(owner, level, chosen);
  const bounds = { minBytes, maxBytes: Math.min(maxInflatedBytes, MAX_LENGTH) };
  return {
    name: owner,
    encode: (bytes) => (chosen === undefined ? bytes : pack(bytes, chosen, level, bounds)),
    decode: (bytes) => (isPacked(bytes) ? unpack(bytes, bounds) : bytes),
  };
}

interface Bounds {
  readonly minBytes: number;
  readonly maxBytes: number;
}

async function pack(
  bytes: Buffer,
  algorithm: Algorithm,
  level: number | undefined,
  { minBytes, maxBytes }: Bounds,
): Promise<Buffer> {
  if (bytes.length < minBytes || bytes.length > maxBytes) return bytes;
  const packed = await algorithm.deflate(bytes, level);
  if (HEAD_BYTES + packed.length >= bytes.length) return bytes;
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(MAGIC, 0);
  head.writeUInt8(VERSION, 4);
  head.writeUInt8(algorithm.mark, 5);
  head.writeUInt32BE(bytes.length, 6);
  return Buffer.concat([head, packed]);
}

async function unpack(bytes: Buffer, { maxBytes }: Bounds): Promise<Buffer> {
  if (bytes.length < HEAD_BYTES) throw damaged(`compressed, and cut to ${bytes.length} bytes`);
  const version = bytes.readUInt8(4);
  if (version !== VERSION) throw damaged(`compressed in version ${version}, this release reads ${VERSION}`);
  const mark = bytes.readUInt8(5);
  const algorithm = algorithmOf(mark);
  if (algorithm === undefined) throw damaged(`compressed in a way this release does not know (${mark})`);
  const length = bytes.readUInt32BE(6);
  if (length > maxBytes) throw damaged(`compressed from ${length} bytes, at most ${maxBytes} are inflated`);
  const inflated = await inflate(bytes.subarray(HEAD_BYTES), algorithm, length);
  if (inflated.length !== length)
    throw damaged(`compressed from ${length} bytes, inflated it has ${inflated.length}`);
  return inflated;
}

async function inflate(packed: Buffer, algorithm: Algorithm, length: number): Promise<Buffer> {
  try {
    return await algorithm.inflate(packed, length);
  } catch (cause) {
    throw damaged(`compressed from ${length} bytes, and cannot be inflated to that`, cause);
  }
}

function isPacked(bytes: Buffer): boolean {
  return bytes.length >= 4 && bytes.readUInt32BE(0) === MAGIC;
}

function checkLevel(owner: string, level: unknown, algorithm: Algorithm | undefined): void {
  if (algorithm === undefined)
    throw wrongOption(owner, 'level', 'absent where the algorithm is "none"', level);
  const { minLevel, maxLevel } = algorithm;
  if (Number.isInteger(level) && (level as number) >= minLevel && (level as number) <= maxLevel) return;
  throw wrongOption(owner, 'level', `an integer from ${minLevel} to ${maxLevel}`, level);
}
