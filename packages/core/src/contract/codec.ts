import type { MaybePromise } from './store.ts';

/**
 * Repacks the frame of an entry on its way to a backend, and unpacks it on the way back. Several form a chain: encoded in
 * order, decoded in reverse.
 *
 * - `decode` gives back exactly what `encode` was given, under the same key.
 * - Bytes it did not pack are passed on, if they may be read at all: entries written before a codec was configured stay.
 * - Whatever `decode` throws is a damaged entry: a miss, counted. Better no answer than a wrong one.
 * - The bytes given are only read. They may be returned as they are.
 */
export interface FrameCodec {
  /** For messages. */
  readonly name: string;
  /** True where nothing can be made of the result but the original: such a codec is the last of a chain. */
  readonly encrypts?: boolean;
  /** @param key the entry's key, in case the result is to be good under no other one. */
  encode(bytes: Buffer, key: string): MaybePromise<Buffer>;
  decode(bytes: Buffer, key: string): MaybePromise<Buffer>;
}
