import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CacheBackend } from '../contract/backend.ts';
import { systemClock } from '../contract/clock.ts';
import type { FrameCodec } from '../contract/codec.ts';
import type { CacheEntry } from '../contract/entry.ts';
import type { CacheEvent } from '../contract/observer.ts';
import type { CacheStore } from '../contract/store.ts';
import { entries, FULL } from '../engine/entries.fixture.ts';
import { encodeFrame } from '../engine/frame.ts';
import { framed } from '../engine/framed.ts';
import { memoryBackend } from '../memory/memory-backend.ts';
import { storeSuite } from '../testing/conformance.ts';
import { compression } from './compression.ts';
import { encryption } from './encryption.ts';

const KEY = 'ab'.repeat(32);
const OTHER_KEY = 'cd'.repeat(32);

const zstd = compression({ algorithm: 'zstd', minBytes: 1 });
const gzip = compression({ algorithm: 'gzip', minBytes: 1 });
const encrypted = encryption({ keys: [{ key: KEY }] });

const CHAINS: readonly [string, readonly FrameCodec[]][] = [
  ['none', []],
  ['zstd', [zstd]],
  ['gzip', [gzip]],
  ['encryption', [encrypted]],
  ['zstd, then encryption', [zstd, encrypted]],
  ['gzip, then encryption', [gzip, encrypted]],
];

/** Before every time there is, so that nothing has expired. */
const clock = { ...systemClock, now: () => -Number.MAX_VALUE };

interface Watched {
  readonly backend: CacheBackend;
  readonly store: CacheStore;
  readonly events: CacheEvent[];
}

function watched(codecs: readonly FrameCodec[], backend: CacheBackend = memoryBackend({ clock })): Watched {
  const events: CacheEvent[] = [];
  const store = framed(backend, { codecs, observer: (event) => events.push(event) });
  return { backend, store, events };
}

async function storedBytes(backend: CacheBackend, key = 'key'): Promise<Buffer> {
  const bytes = await backend.get(key);
  if (bytes === undefined) throw new Error('nothing is stored');
  return Buffer.from(bytes);
}

/** That `bytes` under `key` are a miss, and counted once as damage. */
async function expectDamage(
  { backend, store, events }: Watched,
  bytes: Uint8Array,
  key = 'key',
): Promise<void> {
  await backend.set(key, bytes);
  events.length = 0;
  expect(await store.get(key)).toBeUndefined();
  expect(events).toEqual([
    expect.objectContaining({ type: 'backend_failure', operation: 'get', code: 'CACHE_ENTRY_DAMAGED' }),
  ]);
}

const long: CacheEntry = { ...FULL, body: Buffer.from('the same again, '.repeat(500)) };

describe.each(CHAINS)('a framed backend with codecs: %s', (_name, codecs) => {
  storeSuite({ test: it, create: async () => ({ store: framed(memoryBackend(), { codecs }) }) });

  it('gives back every entry as it was', async () => {
    const { store } = watched(codecs);
    await fc.assert(
      fc.asyncProperty(entries, async (entry) => {
        await store.set('key', entry);
        expect(await store.get('key')).toEqual(entry);
      }),
    );
    await store.set('key', long);
    expect(await store.get('key')).toEqual(long);
  });

  it('takes any bytes that are no entry of it for damage, and never throws', async () => {
    const subject = watched(codecs);
    const beginnings = fc.constantFrom(
      '',
      'LRCF\x01',
      'LRCZ\x01\x01\0\0\0\x09',
      'LRCZ\x01\x02\0\0\0\x09',
      'LRCE\x01',
    );
    await fc.assert(
      fc.asyncProperty(beginnings, fc.uint8Array({ maxLength: 100 }), async (beginning, bytes) => {
        await expectDamage(subject, Buffer.concat([Buffer.from(beginning, 'latin1'), bytes]));
      }),
    );
  });

  it('never makes another entry of one that was changed', async () => {
    const subject = watched(codecs);
    await subject.store.set('key', long);
    const bytes = await storedBytes(subject.backend);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (index, mask) => {
        await subject.backend.set('key', bytes.with(index, bytes.readUInt8(index) ^ mask));
        const entry = await subject.store.get('key');
        // The time a gzip was made, say, may be any: the entry is the same.
        if (entry !== undefined) expect(encodeFrame(entry).equals(encodeFrame(long))).toBe(true);
      }),
    );
  });
});

describe('an encrypted entry', () => {
  it('is a miss with any single byte changed', async () => {
    const subject = watched([zstd, encrypted]);
    await fc.assert(
      fc.asyncProperty(entries, fc.nat(), fc.integer({ min: 1, max: 255 }), async (entry, position, mask) => {
        await subject.store.set('key', entry);
        const bytes = await storedBytes(subject.backend);
        const index = position % bytes.length;
        await expectDamage(subject, bytes.with(index, bytes.readUInt8(index) ^ mask));
      }),
    );
  });

  it('is a miss under another key', async () => {
    const subject = watched([encrypted]);
    await subject.store.set('tenant-a:1', FULL);
    await expectDamage(subject, await storedBytes(subject.backend, 'tenant-a:1'), 'tenant-b:1');
    expect(await subject.store.get('tenant-a:1')).toEqual(FULL);
  });

  it('is a miss, never garbage, to who has another key, no key or no codec', async () => {
    const { backend, store } = watched([zstd, encrypted]);
    await store.set('key', long);
    const bytes = await storedBytes(backend);
    for (const codecs of [[encryption({ keys: [{ key: OTHER_KEY }] })], [zstd], []])
      await expectDamage(watched(codecs), bytes);
  });

  it('is the only one read where encryption is configured', async () => {
    await expectDamage(watched([zstd, encrypted]), encodeFrame(FULL));
    await expectDamage(watched([zstd, encrypted]), await zstd.encode(encodeFrame(long), 'key'));
  });

  it('is replaced by the next answer where it was damaged', async () => {
    const subject = watched([zstd, encrypted]);
    await expectDamage(subject, encodeFrame(FULL));
    await subject.store.set('key', FULL);
    expect(await subject.store.get('key')).toEqual(FULL);
  });
});

describe('entries written without codecs, or with others', () => {
  it('are read by every compression', async () => {
    for (const writer of [[], [zstd], [gzip]]) {
      const { backend, store } = watched(writer);
      await store.set('key', long);
      for (const reader of [zstd, gzip, compression({ algorithm: 'none' })])
        expect(await framed(backend, { codecs: [reader] }).get('key')).toEqual(long);
    }
  });

  it('are a miss where no codec is configured, and said to be packed', async () => {
    const { backend, store } = watched([zstd]);
    await store.set('key', long);
    const plain = watched([], backend);
    expect(await plain.store.get('key')).toBeUndefined();
    expect(plain.events).toEqual([
      expect.objectContaining({
        code: 'CACHE_ENTRY_DAMAGED',
        error: expect.objectContaining({
          message: 'stored entry: it is compressed or encrypted, and no codec here undoes that',
        }),
      }),
    ]);
  });
});

describe('the limit of a backend', () => {
  it('is compared with what the backend is given', async () => {
    const room = encodeFrame(FULL).length + 10;
    const small = watched([zstd], memoryBackend({ clock, maxValueBytes: room }));
    await small.store.set('key', long);
    expect(encodeFrame(long).length).toBeGreaterThan(room);
    expect(await small.store.get('key')).toEqual(long);
    const grown = watched([encrypted], memoryBackend({ clock, maxValueBytes: room }));
    await grown.backend.set('key', Buffer.from('old'));
    await grown.store.set('key', FULL);
    expect(grown.events).toEqual([{ type: 'not_stored', key: 'key', reason: 'too_large' }]);
    expect(await grown.backend.get('key')).toBeUndefined();
  });
});

describe('codecs of your own', () => {
  const reversing: FrameCodec = {
    name: 'reversing',
    encode: (bytes) => Buffer.from(bytes).reverse(),
    decode: (bytes) => Buffer.from(bytes).reverse(),
  };

  it('are used in order, and undone in reverse', async () => {
    const { backend, store } = watched([reversing, zstd]);
    await store.set('key', long);
    expect((await storedBytes(backend)).toString('latin1', 0, 4)).toBe('LRCZ');
    expect(await store.get('key')).toEqual(long);
  });

  it('may throw anything when they read: it is damage', async () => {
    const throwing = watched([{ ...reversing, decode: () => Promise.reject(new RangeError('no')) }]);
    await expectDamage(throwing, Buffer.from('anything'));
  });

  it('fail the write, coded, when they throw', async () => {
    const { store } = watched([{ ...reversing, encode: () => Promise.reject(new RangeError('no')) }]);
    await expect(store.set('key', FULL)).rejects.toMatchObject({
      code: 'CACHE_BACKEND_FAILED',
      operation: 'set',
    });
  });

  it.each<[string, unknown, string]>([
    ['that is none', ['zstd'], 'codecs[0] must be a codec with name, encode and decode'],
    ['without its list', zstd, 'codecs must be an array'],
    ['behind one that encrypts', [encrypted, zstd], 'compression comes after it'],
    ['that encrypts what is encrypted', [encrypted, encrypted], 'encryption comes after it'],
  ])('are refused: one %s', (_what, codecs, message) => {
    const making = (): unknown => framed(memoryBackend(), { codecs: codecs as FrameCodec[] });
    expect(making).toThrow(expect.objectContaining({ code: 'CACHE_INVALID_OPTION' }));
    expect(making).toThrow(message);
  });
});
