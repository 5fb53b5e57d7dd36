import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CacheEntry } from '../contract/entry.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { entrySizeBytes, memoryStore } from './memory-store.ts';

const HASH = 'a1'.repeat(32);

function entryOf(
  text: string,
  times: Partial<Pick<CacheEntry, 'expiresAt' | 'staleUntil'>> = {},
): CacheEntry {
  const body = Buffer.alloc(Buffer.byteLength(text), text);
  const model = 'gpt-4o';
  return {
    createdAt: 0,
    callType: 'chat_completion',
    model,
    contentType: 'application/json',
    headers: [],
    body,
    ...times,
  };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function arrayBufferBytes(): number {
  // What the first one found is freed beside it; the second one waits for that.
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

/** Room for `count` entries like `entryOf('x')` under one-letter keys. */
const roomFor = (count: number): number => count * entrySizeBytes('a', entryOf('x'));

describe('the memory store', () => {
  it('hands out the entry it was given, at once and without copying it', () => {
    const store = memoryStore();
    const entry = entryOf('hello');
    expect(store.set('a', entry)).toBeUndefined();
    expect(store.get('a')).toBe(entry);
    expect(store.peek('a')).toBe(entry);
    expect(store.get('b')).toBeUndefined();
  });

  it('is called local, keeps answers 600 seconds by default and sees no further than peek', () => {
    expect(memoryStore()).toMatchObject({ name: 'local', defaultTtlSeconds: 600 });
    expect(memoryStore().remote).toBeUndefined();
  });

  it('deletes by key and says how many there were', () => {
    const store = memoryStore();
    store.set('a', entryOf('1'));
    store.set('b', entryOf('2'));
    expect(store.delete(['a', 'missing', 'a'])).toBe(1);
    expect(store.get('a')).toBeUndefined();
    expect(store.get('b')).toBeDefined();
  });

  it('keeps an entry no longer than it is told to, and leaves the times of the entry alone', async () => {
    const clock = new FakeClock(0);
    const store = memoryStore({ clock });
    const entry = entryOf('1', { expiresAt: 5_000 });
    store.set('short', entry, { keepUntil: 1_000 });
    store.set('long', entry, { keepUntil: 9_000 });
    store.set('endless', entryOf('2'), { keepUntil: 1_000 });
    await clock.advance(999);
    expect([store.get('short'), store.get('long')]).toEqual([entry, entry]);
    await clock.advance(1);
    expect([store.get('short'), store.get('long'), store.get('endless')]).toEqual([
      undefined,
      entry,
      undefined,
    ]);
    await clock.advance(4_000);
    expect(store.get('long')).toBeUndefined();
    store.set('a', entryOf('old'));
    store.set('a', entryOf('new'), { keepUntil: clock.now() });
    expect(store.get('a')).toBeUndefined();
  });

  it('can be inspected without counting, or putting off what goes next for room', async () => {
    const clock = new FakeClock(0);
    const store = memoryStore({ clock, maxBytes: roomFor(2) });
    store.set('a', entryOf('x'));
    store.set('b', entryOf('x', { expiresAt: 10 }));
    expect(store.inspect('a')).toBeDefined();
    expect(store.inspect('c')).toBeUndefined();
    expect(store.statistics()).toMatchObject({ hits: 0, misses: 0 });
    store.set('c', entryOf('x'));
    expect([store.inspect('a'), store.inspect('b')]).toEqual([undefined, entryOf('x', { expiresAt: 10 })]);
    await clock.advance(10);
    expect(store.inspect('b')).toBeUndefined();
    store.close();
    expect(store.inspect('c')).toBeUndefined();
  });

  it('can be emptied, whatever the keys', () => {
    const store = memoryStore();
    for (const key of [HASH, 'any', '']) store.set(key, entryOf('1'));
    store.empty();
    expect(store.statistics()).toMatchObject({ entries: 0, bytes: 0 });
    store.close();
    expect(() => store.empty()).toThrow('local: empty after close()');
  });

  it('clears by prefix, literally', () => {
    const store = memoryStore();
    for (const key of ['a*:1', 'a*:2', 'ab:1', 'xa*:1']) store.set(key, entryOf(key));
    expect(store.clear('a*:')).toBe(2);
    expect(store.get('ab:1')).toBeDefined();
    expect(store.get('xa*:1')).toBeDefined();
  });

  it('clears every key of the cache, and no other, with an empty prefix', () => {
    const store = memoryStore();
    for (const key of [HASH, `team:${HASH}`, 'somebody-else']) store.set(key, entryOf(key));
    expect(store.clear('')).toBe(2);
    expect(store.get('somebody-else')).toBeDefined();
  });

  it.each(['get', 'set', 'delete', 'clear', 'ping'] as const)(
    'refuses %s after close(), which may be repeated',
    (name) => {
      const store = memoryStore();
      store.set('a', entryOf('1'));
      store.close();
      store.close();
      const operations = {
        get: () => store.get('a'),
        set: () => store.set('a', entryOf('1')),
        delete: () => store.delete(['a']),
        clear: () => store.clear('a'),
        ping: () => store.ping(),
      };
      expect(operations[name]).toThrow(expect.objectContaining({ code: 'CACHE_CLOSED', operation: name }));
      expect(store.statistics()).toMatchObject({ entries: 0, bytes: 0 });
    },
  );

  it.each([
    ['maxBytes', -1, 'memoryStore: maxBytes must be a positive integer, got -1 (number)'],
    ['maxBytes', 0, 'memoryStore: maxBytes must be a positive integer, got 0 (number)'],
    ['maxEntries', 1.5, 'memoryStore: maxEntries must be a positive integer, got 1.5 (number)'],
    ['maxEntryBytes', '1MB', 'memoryStore: maxEntryBytes must be a positive integer, got "1MB" (string)'],
    ['maxBytes', Infinity, 'memoryStore: maxBytes must be a positive integer, got Infinity (number)'],
  ])('refuses %s: %p', (option, value, message) => {
    const making = (): unknown => memoryStore({ [option]: value });
    expect(making).toThrow(expect.objectContaining({ code: 'CACHE_INVALID_OPTION', message, param: option }));
  });
});

describe('expiry in the memory store', () => {
  it('keeps an entry until deleteAt and not a millisecond longer', async () => {
    const clock = new FakeClock(1_000);
    const store = memoryStore({ clock });
    store.set('a', entryOf('1', { expiresAt: 2_000 }));
    await clock.advance(999);
    expect(store.get('a')).toBeDefined();
    await clock.advance(1);
    expect(store.get('a')).toBeUndefined();
    expect(store.statistics()).toMatchObject({
      entries: 0,
      bytes: 0,
      expired: 1,
      hits: 1,
      misses: 1,
      evictions: 0,
    });
  });

  it('keeps a stale entry as long as it may be served stale', async () => {
    const clock = new FakeClock(1_000);
    const store = memoryStore({ clock });
    store.set('a', entryOf('1', { expiresAt: 2_000, staleUntil: 5_000 }));
    await clock.advance(3_999);
    expect(store.get('a')).toBeDefined();
    await clock.advance(1);
    expect(store.get('a')).toBeUndefined();
  });

  it('keeps an entry without expiry', async () => {
    const clock = new FakeClock(1_000);
    const store = memoryStore({ clock });
    store.set('a', entryOf('1'));
    await clock.advance(365 * 24 * 3_600_000);
    expect(store.get('a')).toBeDefined();
  });

  it('gives a rewritten key the expiry of the new entry, longer or shorter', async () => {
    const clock = new FakeClock(1_000);
    const store = memoryStore({ clock });
    store.set('longer', entryOf('old', { expiresAt: 2_000 }));
    store.set('longer', entryOf('new', { expiresAt: 9_000 }));
    store.set('shorter', entryOf('old', { expiresAt: 9_000 }));
    store.set('shorter', entryOf('new', { expiresAt: 2_000 }));
    await clock.advance(1_000);
    store.set('other', entryOf('1'));
    expect(store.get('longer')?.body.toString()).toBe('new');
    expect(store.get('shorter')).toBeUndefined();
  });

  it('neither counts nor finds an expired entry in delete and clear', async () => {
    const clock = new FakeClock(1_000);
    const store = memoryStore({ clock });
    for (const key of ['a:1', 'a:2']) store.set(key, entryOf('1', { expiresAt: 2_000 }));
    await clock.advance(1_000);
    expect(store.delete(['a:1'])).toBe(0);
    expect(store.clear('a:')).toBe(0);
  });

  it('does not store what has already expired, and removes what it would have replaced', () => {
    const store = memoryStore({ clock: new FakeClock(1_000) });
    store.set('a', entryOf('old'));
    store.set('a', entryOf('new', { expiresAt: 1_000 }));
    expect(store.get('a')).toBeUndefined();
    expect(store.statistics().rejected).toBe(0);
  });

  it('does not store what ends at no time that can be told, and lets others expire all the same', async () => {
    const clock = new FakeClock(1_000);
    const store = memoryStore({ clock });
    store.set('a', entryOf('old'));
    for (let index = 0; index < 10; index += 1) store.set(`old${index}`, entryOf('x', { expiresAt: 2_000 }));
    store.set('a', entryOf('new', { expiresAt: Number.NaN }));
    store.set('b', entryOf('new', { expiresAt: 9_000, staleUntil: Number.NaN }));
    expect(store.statistics().entries).toBe(10);
    await clock.advance(1_000);
    store.set('c', entryOf('x'));
    expect(store.statistics()).toMatchObject({ entries: 1, expired: 10, rejected: 0 });
  });

  it('removes expired entries before it evicts a live one, even one not used for longer', async () => {
    const clock = new FakeClock(1_000);
    const store = memoryStore({ clock, maxBytes: roomFor(3) });
    store.set('a', entryOf('x', { expiresAt: 99_000 }));
    store.set('b', entryOf('x', { expiresAt: 2_000 }));
    store.set('c', entryOf('x', { expiresAt: 99_000 }));
    store.get('b');
    await clock.advance(1_000);
    store.set('d', entryOf('x', { expiresAt: 99_000 }));
    expect(['a', 'b', 'c', 'd'].filter((key) => store.get(key) !== undefined)).toEqual(['a', 'c', 'd']);
    expect(store.statistics()).toMatchObject({ evictions: 0, expired: 1 });
  });

  it('removes as many expired entries as a large one needs the room of, and no live one', async () => {
    const clock = new FakeClock(1_000);
    const store = memoryStore({ clock, maxBytes: 200_000 });
    const live = entryOf('x', { expiresAt: 99_000 });
    store.set('live', live);
    const body = Buffer.alloc(2_000);
    for (let index = 0; index < 40; index += 1) store.set(`${index}`, { ...live, body, expiresAt: 2_000 });
    await clock.advance(1_000);
    store.set('large', { ...live, body: Buffer.alloc(197_000) });
    expect(store.get('live')).toBe(live);
    expect(store.statistics()).toMatchObject({ entries: 2, evictions: 0, expired: 40 });
  });

  it('lets go of expired entries nobody asks for, a few with every write', async () => {
    const clock = new FakeClock(1_000);
    const store = memoryStore({ clock });
    for (let index = 0; index < 100; index += 1) store.set(`old${index}`, entryOf('x', { expiresAt: 2_000 }));
    await clock.advance(1_000);
    for (let index = 0; index < 10; index += 1) store.set(`new${index}`, entryOf('x'));
    expect(store.statistics()).toMatchObject({ entries: 10, expired: 100 });
  });
});

describe('peer defect 13: memory is bounded in bytes and number, with metrics', () => {
  it('evicts the least recently used entry for room and counts it', () => {
    const store = memoryStore({ maxBytes: roomFor(2) });
    for (const key of ['a', 'b']) store.set(key, entryOf('x'));
    store.get('a');
    store.set('c', entryOf('x'));
    expect(['a', 'b', 'c'].filter((key) => store.get(key) !== undefined)).toEqual(['a', 'c']);
    expect(store.statistics()).toMatchObject({ entries: 2, evictions: 1, bytes: roomFor(2) });
  });

  it('bounds the number of entries where that is asked for', () => {
    const store = memoryStore({ maxEntries: 2 });
    for (const key of ['a', 'b', 'c']) store.set(key, entryOf('x'));
    store.set('c', entryOf('again'));
    expect(store.statistics()).toMatchObject({ entries: 2, evictions: 1 });
    expect(store.get('a')).toBeUndefined();
  });

  it('drops an entry above maxEntryBytes, with the outdated one under its key, and counts it', () => {
    const store = memoryStore({ maxEntryBytes: 10 });
    store.set('a', entryOf('0123456789'));
    expect(store.get('a')).toBeDefined();
    store.set('a', { ...entryOf('01234'), events: Buffer.from('567890') });
    expect(store.get('a')).toBeUndefined();
    expect(store.statistics()).toMatchObject({ entries: 0, rejected: 1 });
  });

  it('drops an entry larger than the whole store and evicts nothing for it', () => {
    const store = memoryStore({ maxBytes: roomFor(2) });
    store.set('a', entryOf('x'));
    store.set('b', entryOf('x'.repeat(roomFor(2))));
    expect(store.get('a')).toBeDefined();
    expect(store.statistics()).toMatchObject({ entries: 1, rejected: 1, evictions: 0 });
  });

  it('counts key, text, body and recorded events', () => {
    const plain = entryOf('body');
    const base = entrySizeBytes('key', plain);
    expect(entrySizeBytes('key12', plain) - base).toBe(4);
    expect(entrySizeBytes('key', { ...plain, headers: [['x-name', 'value']] }) - base).toBe(22);
    expect(entrySizeBytes('key', { ...plain, tags: ['one', 'two'] }) - base).toBe(12);
    expect(entrySizeBytes('key', { ...plain, events: Buffer.alloc(100) }) - base).toBe(100);
    expect(entrySizeBytes('key', entryOf('')) - base).toBe(-4);
  });

  it('counts memory once that body and events are both views on', () => {
    const read = Buffer.alloc(3_000);
    const [body, events] = [read.subarray(0, 1_000), read.subarray(1_000)];
    const apart = { ...entryOf(''), body: Buffer.alloc(1_000), events: Buffer.alloc(2_000) };
    expect(entrySizeBytes('key', { ...apart, body, events })).toBe(entrySizeBytes('key', apart));
  });

  it('holds no value that has been replaced', () => {
    const store = memoryStore({ clock: new FakeClock(0) });
    const before = arrayBufferBytes();
    for (let index = 0; index < 900; index += 1) {
      store.set('a', { ...entryOf(''), body: Buffer.alloc(100_000), expiresAt: 9e12 });
    }
    // All of them are 90 MB.
    expect(arrayBufferBytes() - before).toBeLessThan(10_000_000);
    expect(store.get('a')).toBeDefined();
  });

  it('does not keep a large read alive for the small body cut out of it', () => {
    const read = Buffer.alloc(1_000_000, 'r');
    const store = memoryStore();
    store.set('a', { ...entryOf(''), body: read.subarray(10, 20), events: read.subarray(20, 25) });
    const found = store.get('a');
    expect(found?.body.toString()).toBe('rrrrrrrrrr');
    expect(found?.events?.toString()).toBe('rrrrr');
    expect(found?.body.buffer.byteLength).toBe(10);
    expect(found?.events?.buffer.byteLength).toBe(5);
    expect(store.statistics().bytes).toBeLessThan(2_000);
  });

  it('never holds more than its bounds, whatever is written, and never answers with another key or an old value', () => {
    const write = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
      bodyBytes: fc.integer({ min: 0, max: 3_000 }),
      ttl: fc.option(fc.integer({ min: 0, max: 500 }), { nil: undefined }),
      pause: fc.integer({ min: 0, max: 200 }),
    });
    const maxBytes = 9_000;
    fc.assert(
      fc.property(
        fc.array(write, { maxLength: 60 }),
        fc.integer({ min: 1, max: 6 }),
        (writes, maxEntries) => {
          let now = 1_000;
          const clock = { now: () => now, schedule: () => () => undefined };
          const store = memoryStore({ maxBytes, maxEntries, maxEntryBytes: 2_500, clock });
          const last = new Map<string, CacheEntry>();
          for (const { key, bodyBytes, ttl, pause } of writes) {
            now += pause;
            const entry = {
              ...entryOf(''),
              body: Buffer.alloc(bodyBytes),
              ...(ttl === undefined ? {} : { expiresAt: now + ttl }),
            };
            store.set(key, entry);
            last.set(key, entry);
            const { bytes, entries } = store.statistics();
            expect(bytes).toBeLessThanOrEqual(maxBytes);
            expect(entries).toBeLessThanOrEqual(maxEntries);
            for (const [written, newest] of last) {
              const found = store.get(written);
              if (found === undefined) continue;
              expect(found).toBe(newest);
              expect(found.expiresAt ?? Infinity).toBeGreaterThan(now);
            }
          }
          const kept = [...last.keys()].map((key) => store.get(key)).filter((entry) => entry !== undefined);
          expect(store.statistics().entries).toBe(kept.length);
        },
      ),
    );
  });
});
