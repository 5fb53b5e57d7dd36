import { crc32 } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CacheError } from '../contract/errors.ts';
import { entries, FULL } from './entries.fixture.ts';
import { decodeFrame, encodeFrame } from './frame.ts';

/** A frame with the metadata given, whatever it is, and a good checksum: only another program would write it. */
function forged(metadata: string): Buffer {
  const frame = Buffer.concat([encodeFrame(FULL).subarray(0, 24), Buffer.from(metadata)]);
  frame.writeUIntBE(0, 5, 3);
  frame.writeUInt32BE(Buffer.byteLength(metadata), 8);
  frame.writeUInt32BE(0, 12);
  frame.writeUInt32BE(0, 16);
  return sealed(frame);
}

function sealed(frame: Buffer): Buffer {
  frame.writeUInt32BE(crc32(frame.subarray(24), crc32(frame.subarray(0, 20))), 20);
  return frame;
}

function damageOf(frame: Uint8Array): CacheError {
  try {
    decodeFrame(frame);
  } catch (error) {
    if (CacheError.is(error, 'CACHE_ENTRY_DAMAGED')) return error;
    throw error;
  }
  throw new Error('the frame was read as an entry');
}

describe('the frame of an entry', () => {
  it('gives back every entry as it was', () => {
    fc.assert(fc.property(entries, (entry) => expect(decodeFrame(encodeFrame(entry))).toEqual(entry)));
  });

  it('tells no events from empty events', () => {
    const { events, ...without } = FULL;
    expect(events).toBeDefined();
    expect(decodeFrame(encodeFrame(without))).not.toHaveProperty('events');
    expect(decodeFrame(encodeFrame({ ...without, events: Buffer.alloc(0) })).events).toHaveLength(0);
  });

  it('writes no member the contract does not know', () => {
    const extra = { ...FULL, secret: 'sk-123' };
    expect(encodeFrame(extra).includes('sk-123')).toBe(false);
    expect(decodeFrame(forged(JSON.stringify({ ...FULL, body: 'x', events: 'y', secret: 1 })))).toEqual({
      ...FULL,
      body: Buffer.alloc(0),
      events: undefined,
    });
  });

  it('neither copies nor parses the body: it is a view on the bytes given, at any offset', () => {
    const frame = encodeFrame({ ...FULL, body: Buffer.from('not json {') });
    const around = new Uint8Array(frame.length + 20);
    around.set(frame, 7);
    const entry = decodeFrame(around.subarray(7, 7 + frame.length));
    expect(entry.body.toString()).toBe('not json {');
    expect(entry.body.buffer).toBe(around.buffer);
    expect(entry.events?.buffer).toBe(around.buffer);
  });
});

describe('peer defect 16: what is damaged or of an unknown version is recognised, and nothing else is thrown', () => {
  it('any single byte changed', () => {
    fc.assert(
      fc.property(entries, fc.nat(), fc.integer({ min: 1, max: 255 }), (entry, position, mask) => {
        const frame = encodeFrame(entry);
        const index = position % frame.length;
        frame.writeUInt8(frame.readUInt8(index) ^ mask, index);
        expect(damageOf(frame).retryable).toBe(false);
      }),
    );
  });

  it('every byte of one frame changed in turn', () => {
    const frame = encodeFrame(FULL);
    for (let index = 0; index < frame.length; index += 1) {
      frame.writeUInt8(frame.readUInt8(index) ^ 0x40, index);
      expect(damageOf(frame).code).toBe('CACHE_ENTRY_DAMAGED');
      frame.writeUInt8(frame.readUInt8(index) ^ 0x40, index);
    }
    expect(decodeFrame(frame)).toEqual(FULL);
  });

  it('any truncation and any padding', () => {
    const frame = encodeFrame(FULL);
    for (let length = 0; length < frame.length; length += 1) {
      expect(damageOf(frame.subarray(0, length)).code).toBe('CACHE_ENTRY_DAMAGED');
    }
    expect(damageOf(Buffer.concat([frame, Buffer.alloc(1)])).message).toContain('bytes and should have');
  });

  it('any bytes at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (given) => expect(damageOf(given)).toBeDefined()),
    );
  });

  it('another version, by name', () => {
    const frame = encodeFrame(FULL);
    frame.writeUInt8(2, 4);
    expect(damageOf(sealed(frame)).message).toBe('stored entry: it is of version 2, this release reads 1');
  });

  it('flags of a later release, and events that are not announced', () => {
    const frame = encodeFrame(FULL);
    frame.writeUIntBE(2, 5, 3);
    expect(damageOf(sealed(frame)).message).toContain('flags');
    frame.writeUIntBE(0, 5, 3);
    expect(damageOf(sealed(frame)).message).toContain('events');
  });

  it('lengths far beyond the bytes there are, without taking memory for them', () => {
    const frame = encodeFrame(FULL);
    for (const offset of [8, 12, 16]) frame.writeUInt32BE(0xffffffff, offset);
    const before = process.memoryUsage().arrayBuffers;
    expect(damageOf(sealed(frame)).message).toContain(`and should have ${24 + 3 * 0xffffffff}`);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
  });

  const good = { createdAt: 1, callType: 'c', model: 'm', contentType: 't', headers: [] };

  it.each([
    ['not JSON', '{'],
    ['null', 'null'],
    ['an array', '[]'],
    ['a time missing', JSON.stringify({ ...good, createdAt: undefined })],
    ['a time as a string', JSON.stringify({ ...good, createdAt: '1' })],
    ['an infinite time', JSON.stringify(good).replace('1', '1e999')],
    ['an expiry as null', JSON.stringify({ ...good, expiresAt: null })],
    ['a stale time as a string', JSON.stringify({ ...good, staleUntil: '1' })],
    ['a call type as a number', JSON.stringify({ ...good, callType: 1 })],
    ['a model missing', JSON.stringify({ ...good, model: undefined })],
    ['a content type as null', JSON.stringify({ ...good, contentType: null })],
    ['headers as an object', JSON.stringify({ ...good, headers: {} })],
    ['a header of three', JSON.stringify({ ...good, headers: [['a', 'b', 'c']] })],
    ['a header of numbers', JSON.stringify({ ...good, headers: [[1, 2]] })],
    ['a header with a line end', JSON.stringify({ ...good, headers: [['a', 'b\r\nc: d']] })],
    ['a header with more than bytes', JSON.stringify({ ...good, headers: [['a', '\u0100']] })],
    ['a header without a name', JSON.stringify({ ...good, headers: [['', 'a']] })],
    ['a header whose name is none', JSON.stringify({ ...good, headers: [['a b', 'c']] })],
    ['a header that frames', JSON.stringify({ ...good, headers: [['Transfer-Encoding', 'chunked']] })],
    ['a content type with a line end', JSON.stringify({ ...good, contentType: 'a\nb' })],
    ['assembled as a number', JSON.stringify({ ...good, assembled: 1 })],
    ['usage as null', JSON.stringify({ ...good, usage: null })],
    ['usage incomplete', JSON.stringify({ ...good, usage: { promptTokens: 1, completionTokens: 2 } })],
    ['a cost as a string', JSON.stringify({ ...good, costUsd: '1' })],
    ['tags as a string', JSON.stringify({ ...good, tags: 'a' })],
    ['a tag as a number', JSON.stringify({ ...good, tags: [1] })],
  ])('metadata with %s', (_what, metadata) => {
    expect(decodeFrame(forged(JSON.stringify(good)))).toMatchObject(good);
    expect(damageOf(forged(metadata)).message).toContain('metadata');
  });

  it('what is not bytes', () => {
    expect(damageOf('LRCF' as unknown as Uint8Array).message).toBe(
      'stored entry: it is not bytes but string',
    );
  });
});
