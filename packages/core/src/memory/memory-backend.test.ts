import { describe, expect, it } from '@jest/globals';
import type { CacheBackend } from '../contract/backend.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { memoryBackend } from './memory-backend.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (found: Uint8Array | undefined): string | undefined => found && new TextDecoder().decode(found);

async function keysOf(backend: CacheBackend, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of backend.list?.(prefix) ?? []) keys.push(key);
  return keys.sort();
}

describe('the memory backend', () => {
  it('keeps any bytes under any key, the empty value and strange keys included', async () => {
    const backend = memoryBackend();
    const all = Uint8Array.from({ length: 256 }, (_, index) => index);
    await backend.set('__proto__', all);
    await backend.set('a\u0000b', bytes(''));
    expect(await backend.get('__proto__')).toEqual(all);
    expect(await backend.get('a\u0000b')).toEqual(bytes(''));
    expect(await backend.get('a')).toBeUndefined();
  });

  it('copies bytes in and out', async () => {
    const backend = memoryBackend();
    const given = bytes('hello');
    await backend.set('a', given);
    given.fill(0);
    (await backend.get('a'))?.fill(0);
    (await backend.getMany?.(['a']))?.[0]?.fill(0);
    expect(text(await backend.get('a'))).toBe('hello');
  });

  it('reads and writes several values, in the order of the keys', async () => {
    const backend = memoryBackend();
    await backend.setMany?.([
      { key: 'a', bytes: bytes('1') },
      { key: 'b', bytes: bytes('2') },
    ]);
    expect((await backend.getMany?.(['b', 'missing', 'a']))?.map(text)).toEqual(['2', undefined, '1']);
  });

  it('removes values at deleteAt, not before', async () => {
    const clock = new FakeClock(1_000);
    const backend = memoryBackend({ clock });
    await backend.set('a', bytes('1'), { deleteAt: 2_000 });
    await backend.setMany?.([{ key: 'b', bytes: bytes('2'), deleteAt: 2_000 }]);
    await clock.advance(999);
    expect(await keysOf(backend, '')).toEqual(['a', 'b']);
    await clock.advance(1);
    expect(await backend.get('a')).toBeUndefined();
    expect(await keysOf(backend, '')).toEqual([]);
    expect(await backend.delete(['b'])).toBe(0);
  });

  it('lists keys by literal prefix with their deleteAt', async () => {
    const backend = memoryBackend({ clock: new FakeClock(1_000) });
    await backend.set('a*1', bytes('1'), { deleteAt: 2_000 });
    await backend.set('a*2', bytes('2'));
    await backend.set('ab', bytes('3'));
    const listed = [];
    for await (const item of backend.list?.('a*') ?? []) listed.push(item);
    expect(listed).toEqual(expect.arrayContaining([{ key: 'a*1', deleteAt: 2_000 }, { key: 'a*2' }]));
    expect(listed).toHaveLength(2);
  });

  it('clears by literal prefix and counts', async () => {
    const backend = memoryBackend();
    for (const key of ['a*1', 'a*2', 'ab']) await backend.set(key, bytes('1'));
    expect(await backend.clear?.('a*')).toBe(2);
    expect(await keysOf(backend, '')).toEqual(['ab']);
  });

  it('refuses values and keys beyond its capabilities, and the empty key', async () => {
    const backend = memoryBackend({ maxValueBytes: 3 });
    await backend.set('a', bytes('123'));
    await expect(backend.set('a', bytes('1234'))).rejects.toMatchObject({ code: 'CACHE_ENTRY_TOO_LARGE' });
    await expect(backend.get('k'.repeat(1_025))).rejects.toMatchObject({ code: 'CACHE_INVALID_OPTION' });
    await expect(backend.get('')).rejects.toMatchObject({ code: 'CACHE_INVALID_OPTION' });
    expect(backend.capabilities).toMatchObject({ maxValueBytes: 3, maxKeyBytes: 1_024, shared: false });
  });

  it('stays within maxBytes', async () => {
    const backend = memoryBackend({ maxBytes: 2_000 });
    for (const key of ['a', 'b', 'c']) await backend.set(key, new Uint8Array(700));
    expect(await keysOf(backend, '')).toEqual(['b', 'c']);
  });

  it('rejects an aborted operation, a listing under way included', async () => {
    const backend = memoryBackend();
    await backend.set('a', bytes('1'));
    await backend.set('b', bytes('2'));
    const signal = AbortSignal.abort();
    await expect(backend.get('a', { signal })).rejects.toMatchObject({ code: 'CACHE_ABORTED' });
    await expect(backend.set('a', bytes('2'), { signal })).rejects.toMatchObject({ code: 'CACHE_ABORTED' });
    const controller = new AbortController();
    const listing = backend.list?.('', { signal: controller.signal })[Symbol.asyncIterator]();
    await listing?.next();
    controller.abort();
    await expect(listing?.next()).rejects.toMatchObject({ code: 'CACHE_ABORTED' });
  });

  it('rejects every operation after close(), which may be repeated', async () => {
    const backend = memoryBackend();
    await backend.close();
    await backend.close();
    const closed = expect.objectContaining({ code: 'CACHE_CLOSED' });
    await expect(backend.get('a')).rejects.toEqual(closed);
    await expect(backend.set('a', bytes('1'))).rejects.toEqual(closed);
    await expect(backend.delete(['a'])).rejects.toEqual(closed);
    await expect(backend.ping()).rejects.toEqual(closed);
    await expect(backend.clear?.('a')).rejects.toEqual(closed);
    await expect(keysOf(backend, '')).rejects.toEqual(closed);
  });
});
