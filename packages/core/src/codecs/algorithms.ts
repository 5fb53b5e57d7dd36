import { promisify } from 'node:util';
import {
  constants,
  gunzip,
  gunzipSync,
  gzip,
  gzipSync,
  zstdCompress,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib';
import type { MaybePromise } from '../contract/store.ts';

/** A way to make bytes smaller. */
export interface Algorithm {
  /** Its number in what is stored. Never given to another one. */
  readonly mark: number;
  readonly minLevel: number;
  readonly maxLevel: number;
  /** @param level undefined: the library's own default. */
  deflate(bytes: Buffer, level: number | undefined): MaybePromise<Buffer>;
  /** Throws or rejects if the result had more than `length` bytes, having made no more of them than that. */
  inflate(bytes: Buffer, length: number): MaybePromise<Buffer>;
}

export type AlgorithmName = 'gzip' | 'zstd';

/**
 * Up to these sizes the work is done at once, in about half a millisecond; a thread takes longer to be asked than that. Larger
 * ones go to a thread: 1 MiB of text keeps gzip busy for 90 ms. Measured: `docs/concepts/codecs.md`.
 */
const GZIP_INLINE_BYTES = 8 * 1024;
const ZSTD_INLINE_BYTES = 64 * 1024;
const INFLATE_INLINE_BYTES = 128 * 1024;

/** Room asked for at a time while inflating: an announced length is not believed further than that. */
const MAX_CHUNK_BYTES = 1024 * 1024;
const MIN_CHUNK_BYTES = 64;

const gzipAsync = promisify(gzip);
const gunzipAsync = promisify(gunzip);
const zstdCompressAsync = promisify(zstdCompress);
const zstdDecompressAsync = promisify(zstdDecompress);

export const ALGORITHMS: Readonly<Record<AlgorithmName, Algorithm>> = {
  gzip: {
    mark: 1,
    minLevel: 1,
    maxLevel: 9,
    deflate(bytes, level) {
      const options = level === undefined ? {} : { level };
      return bytes.length <= GZIP_INLINE_BYTES ? gzipSync(bytes, options) : gzipAsync(bytes, options);
    },
    inflate(bytes, length) {
      const options = boundsOf(length);
      return isInflatedInline(bytes, length) ? gunzipSync(bytes, options) : gunzipAsync(bytes, options);
    },
  },
  zstd: {
    mark: 2,
    minLevel: 1,
    maxLevel: 22,
    deflate(bytes, level) {
      const options = {
        // Keeps the window within the length; a reader refuses a wider one.
        pledgedSrcSize: bytes.length,
        ...(level === undefined ? {} : { params: { [constants.ZSTD_c_compressionLevel]: level } }),
      };
      return bytes.length <= ZSTD_INLINE_BYTES
        ? zstdCompressSync(bytes, options)
        : zstdCompressAsync(bytes, options);
    },
    inflate(bytes, length) {
      const params = { [constants.ZSTD_d_windowLogMax]: windowLogOf(length) };
      const options = { ...boundsOf(length), params };
      return isInflatedInline(bytes, length)
        ? zstdDecompressSync(bytes, options)
        : zstdDecompressAsync(bytes, options);
    },
  },
};

/** The algorithm with this number, if there is one. */
export function algorithmOf(mark: number): Algorithm | undefined {
  return Object.values(ALGORITHMS).find((algorithm) => algorithm.mark === mark);
}

function isInflatedInline(bytes: Buffer, length: number): boolean {
  return Math.max(bytes.length, length) <= INFLATE_INLINE_BYTES;
}

function boundsOf(length: number): { readonly maxOutputLength: number; readonly chunkSize: number } {
  return {
    // 0 would mean no bound.
    maxOutputLength: Math.max(length, 1),
    chunkSize: Math.min(Math.max(length, MIN_CHUNK_BYTES), MAX_CHUNK_BYTES),
  };
}

/** zstd takes a window's memory on the word of a frame, 128 MiB unless told otherwise (RFC 8878 section 3.1.1.1.2). */
function windowLogOf(length: number): number {
  const [smallest, largest] = [10, 31];
  return Math.min(Math.max(Math.ceil(Math.log2(Math.max(length, 1))), smallest), largest);
}
