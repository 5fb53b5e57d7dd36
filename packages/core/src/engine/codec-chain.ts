import type { FrameCodec } from '../contract/codec.ts';
import type { CacheEntry } from '../contract/entry.ts';
import { CacheError } from '../contract/errors.ts';
import { wrongOption } from './check-option.ts';
import { damaged } from './damaged.ts';
import { decodeFrame, encodeFrame } from './frame.ts';

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

  /** Rejects with what a codec throws. */
  async encode(entry: CacheEntry, key: string): Promise<Buffer> {
    let bytes = encodeFrame(entry);
    for (const codec of this.#codecs) bytes = await codec.encode(bytes, key);
    return bytes;
  }

  /** Rejects with `CACHE_ENTRY_DAMAGED` if `bytes` are anything but what {@link encode} made for this key. */
  async decode(bytes: Uint8Array, key: string): Promise<CacheEntry> {
    if (this.#reversed.length === 0 || !ArrayBuffer.isView(bytes)) return decodeFrame(bytes);
    let unpacked = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const codec of this.#reversed) unpacked = await decodeWith(codec, unpacked, key);
    return decodeFrame(unpacked);
  }
}

async function decodeWith(codec: FrameCodec, bytes: Buffer, key: string): Promise<Buffer> {
  try {
    return await codec.decode(bytes, key);
  } catch (error) {
    throw CacheError.is(error, 'CACHE_ENTRY_DAMAGED')
      ? error
      : damaged(`${codec.name} cannot read it`, error);
  }
}

function isCodec(value: unknown): value is FrameCodec {
  if (typeof value !== 'object' || value === null) return false;
  const { name, encode, decode } = value as Partial<Record<keyof FrameCodec, unknown>>;
  return typeof name === 'string' && typeof encode === 'function' && typeof decode === 'function';
}
