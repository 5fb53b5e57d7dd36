import { crc32 } from 'node:zlib';
import type { CacheEntry, EntryMetadata } from '../contract/entry.ts';
import { damaged } from './damaged.ts';
import { isMetadata } from './frame-metadata.ts';

/**
 * The bytes of an entry outside the process. Integers are unsigned and big-endian.
 *
 * | offset | bytes | what                                                          |
 * |--------|-------|---------------------------------------------------------------|
 * | 0      | 4     | magic `LRCF`                                                  |
 * | 4      | 1     | version, 1                                                    |
 * | 5      | 3     | flags: 1 if there are events, else 0                          |
 * | 8      | 4     | length of the metadata                                        |
 * | 12     | 4     | length of the body                                            |
 * | 16     | 4     | length of the events                                          |
 * | 20     | 4     | CRC-32 (as in zlib) of everything before and after this field |
 * | 24     |       | metadata as JSON in UTF-8, then the body, then the events     |
 *
 * The lengths add up to the whole exactly, so a cut or padded frame is found without reading it. The checksum finds
 * every change of up to 32 bits in a row; at 4 GB/s it takes half a microsecond for a body of 2 kB.
 */
const MAGIC = 0x4c524346;
const VERSION = 1;
const HAS_EVENTS = 1;
const HEAD_BYTES = 24;
const CHECKSUM_OFFSET = 20;

/** Three bytes that what our codecs write begins with too, for a message that helps. */
const FAMILY = MAGIC >>> 8;

/** The frame of `entry`; see the table in `frame.ts`. */
export function encodeFrame(entry: CacheEntry): Buffer {
  const { body, events } = entry;
  const metadata = Buffer.from(JSON.stringify(metadataOf(entry)));
  const frame = Buffer.allocUnsafe(HEAD_BYTES + metadata.length + body.length + (events?.length ?? 0));
  frame.writeUInt32BE(MAGIC, 0);
  frame.writeUInt8(VERSION, 4);
  frame.writeUIntBE(events === undefined ? 0 : HAS_EVENTS, 5, 3);
  frame.writeUInt32BE(metadata.length, 8);
  frame.writeUInt32BE(body.length, 12);
  frame.writeUInt32BE(events?.length ?? 0, 16);
  metadata.copy(frame, HEAD_BYTES);
  body.copy(frame, HEAD_BYTES + metadata.length);
  events?.copy(frame, HEAD_BYTES + metadata.length + body.length);
  frame.writeUInt32BE(checksumOf(frame), CHECKSUM_OFFSET);
  return frame;
}

/**
 * The entry in a frame. Body and events are views on `bytes`, neither parsed nor copied: whoever keeps the entry keeps
 * `bytes`, and nobody may write to them.
 *
 * @throws CacheError `CACHE_ENTRY_DAMAGED` if `bytes` is anything but a frame {@link encodeFrame} made. Nothing else is
 * thrown, and no memory is taken on the word of a length in it.
 */
export function decodeFrame(bytes: Uint8Array): CacheEntry {
  if (!ArrayBuffer.isView(bytes)) throw damaged(`it is not bytes but ${typeof bytes}`);
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (frame.length < HEAD_BYTES)
    throw damaged(`it has ${frame.length} bytes, a frame at least ${HEAD_BYTES}`);
  if (frame.readUInt32BE(0) !== MAGIC) throw damaged(whatItIsInstead(frame));
  const version = frame.readUInt8(4);
  if (version !== VERSION) throw damaged(`it is of version ${version}, this release reads ${VERSION}`);
  const bodyAt = HEAD_BYTES + frame.readUInt32BE(8);
  const eventsAt = bodyAt + frame.readUInt32BE(12);
  const end = eventsAt + frame.readUInt32BE(16);
  if (end !== frame.length) throw damaged(`it has ${frame.length} bytes and should have ${end}`);
  if (frame.readUInt32BE(CHECKSUM_OFFSET) !== checksumOf(frame)) throw damaged('its checksum does not fit');
  const flags = frame.readUIntBE(5, 3);
  if (flags > HAS_EVENTS) throw damaged(`it has flags this release does not know (${flags})`);
  if (flags === 0 && eventsAt !== end) throw damaged('it has events but says it has none');
  const metadata = parseMetadata(frame.toString('utf8', HEAD_BYTES, bodyAt));
  const entry = { ...metadataOf(metadata), body: frame.subarray(bodyAt, eventsAt) };
  return flags === 0 ? entry : { ...entry, events: frame.subarray(eventsAt) };
}

function whatItIsInstead(bytes: Buffer): string {
  const isPacked = bytes.readUIntBE(0, 3) === FAMILY;
  return isPacked
    ? 'it is compressed or encrypted, and no codec here undoes that'
    : 'it does not begin like a frame';
}

function checksumOf(frame: Buffer): number {
  return crc32(frame.subarray(HEAD_BYTES), crc32(frame.subarray(0, CHECKSUM_OFFSET)));
}

function parseMetadata(text: string): EntryMetadata {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw damaged('its metadata is not JSON', cause);
  }
  if (!isMetadata(parsed)) throw damaged('its metadata has a member missing or of the wrong kind');
  return parsed;
}

/** Exactly the members of the contract, in both directions: no other one is written or believed. */
function metadataOf(entry: EntryMetadata): EntryMetadata {
  const {
    createdAt,
    expiresAt,
    staleUntil,
    callType,
    model,
    contentType,
    headers,
    assembled,
    usage,
    costUsd,
    tags,
  } = entry;
  return {
    createdAt,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(staleUntil === undefined ? {} : { staleUntil }),
    callType,
    model,
    contentType,
    headers,
    ...(assembled === undefined ? {} : { assembled }),
    ...(usage === undefined ? {} : { usage }),
    ...(costUsd === undefined ? {} : { costUsd }),
    ...(tags === undefined ? {} : { tags }),
  };
}
