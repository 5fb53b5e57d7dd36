import type { FrameCodec } from '../contract/codec.ts';
import type { CacheEntry } from '../contract/entry.ts';
import { CacheError } from '../contract/errors.ts';
import type { MaybePromise } from '../contract/store.ts';
import { wrongOption } from './check-option.ts';
import { damaged } from './damaged.ts';
import { decodeFrame, encodeFrame } from './frame.ts';
import { isPending } from './store-wrappers/wrapper.ts';

/** From an entry to the bytes of a backend and back: the frame, then the codecs. */
export class CodecChain {
  readonly #codecs: readonly FrameCodec[];
  readonly #reversed: readonly FrameCodec[];

  /** @throws CacheError `CACHE_INVALID_OPTION` if one is no codec, or one that encrypts is not the last. */
  constructor(owner: string, codecs: readonly FrameCodec[]) {
    const given: unknown = codecs;
    if (!Array.isArray(given)) throw wrongOption(owner, 'codecs', 'an array', typeof given);
    this.#codecs = given.map((codec: unknown, index) => {
      if (isCodec(codec)) return codec;
      throw wrongOption(owner, `codecs[${index}]`, 'a codec with name, encode and decode', typeof codec);
    });
    this.#reversed = this.#codecs.toReversed();
    const encrypting = this.#codecs.findIndex(({ encrypts }) => encrypts === true);
    const behind = encrypting === -1 ? undefined : this.#codecs[encrypting + 1];
    if (behind !== undefined) {
      const message = `${owner}: codecs must end with the one that encrypts, as what is encrypted gets no smaller; ${behind.name} comes after it`;
      throw new CacheError('CACHE_INVALID_OPTION', message, { param: 'codecs' });
    }
  }

  /** At once unless a codec takes its time. Throws or rejects with what a codec throws. */
  encode(entry: CacheEntry, key: string): MaybePromise<Buffer> {
    let bytes: MaybePromise<Buffer> = encodeFrame(entry);
    for (const codec of this.#codecs) bytes = then(bytes, (given) => codec.encode(given, key));
    return bytes;
  }

  /** Throws or rejects with `CACHE_ENTRY_DAMAGED` if `bytes` are anything but what {@link encode} made for this key. */
  decode(bytes: Uint8Array, key: string): MaybePromise<CacheEntry> {
    if (this.#reversed.length === 0 || !ArrayBuffer.isView(bytes)) return decodeFrame(bytes);
    let unpacked: MaybePromise<Buffer> = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const codec of this.#reversed) unpacked = then(unpacked, (given) => decodeWith(codec, given, key));
    return then(unpacked, decodeFrame);
  }
}

function decodeWith(codec: FrameCodec, bytes: Buffer, key: string): MaybePromise<Buffer> {
  const refuse = (error: unknown): never => {
    throw CacheError.is(error, 'CACHE_ENTRY_DAMAGED')
      ? error
      : damaged(`${codec.name} cannot read it`, error);
  };
  try {
    const decoded = codec.decode(bytes, key);
    return isPending(decoded) ? decoded.then(undefined, refuse) : decoded;
  } catch (error) {
    return refuse(error);
  }
}

function then<Given, Result>(
  value: MaybePromise<Given>,
  use: (given: Given) => MaybePromise<Result>,
): MaybePromise<Result> {
  return isPending(value) ? value.then(use) : use(value);
}

function isCodec(value: unknown): value is FrameCodec {
  if (typeof value !== 'object' || value === null) return false;
  const { name, encode, decode } = value as Partial<Record<keyof FrameCodec, unknown>>;
  return typeof name === 'string' && typeof encode === 'function' && typeof decode === 'function';
}
