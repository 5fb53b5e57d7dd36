import { describe, expect, it } from '@jest/globals';
import type { CacheBackend } from '../contract/backend.ts';
import type { CacheEntry } from '../contract/entry.ts';
import type { CacheStore } from '../contract/store.ts';
import { memoryBackend } from '../memory/memory-backend.ts';
import { FakeClock } from './fake-clock.ts';
import { corrupt, delay, fail, failOnce, failTimes, never } from './faults.ts';
import { faultyBackend } from './faulty-backend.ts';
import { faultyStore } from './faulty-store.ts';

const bytes = Buffer.from('value');
const error = new Error('reset by peer');
const upperCase = (value: Uint8Array) => Buffer.from(Buffer.from(value).toString().toUpperCase());

const listed = async (backend: CacheBackend): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of backend.list?.('') ?? []) keys.push(key);
  return keys;
};

const isPendingAfterAnHour = async (promise: Promise<unknown>, clock: FakeClock): Promise<boolean> => {
  let isPending = true;
  promise.then(
    () => (isPending = false),
    () => (isPending = false),
  );
  await clock.advance(3_600_000);
  return isPending;
};

describe('faultyBackend', () => {
  it('without faults is the backend it wraps', async () => {
    const backend = faultyBackend(memoryBackend());
    await backend.set('a', bytes, { deleteAt: Date.now() + 60_000 });
    await backend.setMany?.([{ key: 'b', bytes }]);
    expect(await backend.get('a')).toEqual(new Uint8Array(bytes));
    expect(await backend.getMany?.(['b', 'c'])).toEqual([new Uint8Array(bytes), undefined]);
    expect((await listed(backend)).sort()).toEqual(['a', 'b']);
    expect(await backend.clear?.('b')).toBe(1);
    expect(await backend.delete(['a'])).toBe(1);
    await backend.ping();
    await backend.close();
    await expect(backend.get('a')).rejects.toMatchObject({ code: 'CACHE_CLOSED' });
  });

  it('records what was asked, whether it went wrong or not', async () => {
    const backend = faultyBackend(memoryBackend(), { get: fail(error) });
    await backend.set('a', bytes);
    await expect(backend.get('a')).rejects.toBe(error);
    await backend.delete(['a', 'b']);
    await backend.ping();
    expect(backend.operations).toEqual([
      { name: 'set', keys: ['a'], values: [bytes] },
      { name: 'get', keys: ['a'], values: [] },
      { name: 'delete', keys: ['a', 'b'], values: [] },
      { name: 'ping', keys: [], values: [] },
    ]);
  });

  it('has only the optional operations the backend has', () => {
    const { contract, name, capabilities, get, set, delete: remove, ping, close } = memoryBackend();
    const minimal: CacheBackend = { contract, name, capabilities, get, set, delete: remove, ping, close };
    const backend = faultyBackend(minimal);
    expect(['getMany', 'setMany', 'list', 'clear'].filter((member) => member in backend)).toEqual([]);
  });

  it('fails in every operation, the backend unasked', async () => {
    const inner = faultyBackend(memoryBackend());
    const everything = fail(error);
    const backend = faultyBackend(inner, {
      get: everything,
      set: everything,
      delete: everything,
      ping: everything,
      close: everything,
      getMany: everything,
      setMany: everything,
      list: everything,
      clear: everything,
    });
    const attempts = [
      backend.get('a'),
      backend.set('a', bytes),
      backend.delete(['a']),
      backend.ping(),
      backend.close(),
      backend.getMany?.(['a']),
      backend.setMany?.([{ key: 'a', bytes }]),
      listed(backend),
      backend.clear?.(''),
    ];
    for (const attempt of attempts) await expect(attempt).rejects.toBe(error);
    expect(inner.operations).toEqual([]);
  });

  it('fails once, or so many times, and then works', async () => {
    const backend = faultyBackend(memoryBackend(), { get: failOnce(error), ping: failTimes(2, error) });
    await expect(backend.get('a')).rejects.toBe(error);
    expect(await backend.get('a')).toBeUndefined();
    await expect(backend.ping()).rejects.toBe(error);
    await expect(backend.ping()).rejects.toBe(error);
    await expect(backend.ping()).resolves.toBeUndefined();
  });

  it('never answers, an aborted signal notwithstanding', async () => {
    const backend = faultyBackend(memoryBackend(), { get: never() });
    const abort = new AbortController();
    const pending = backend.get('a', { signal: abort.signal });
    abort.abort();
    expect(await isPendingAfterAnHour(pending, new FakeClock())).toBe(true);
  });

  it('delays by the clock, and asks the backend only then', async () => {
    const clock = new FakeClock();
    const inner = faultyBackend(memoryBackend());
    const pending = faultyBackend(inner, { get: delay(1_000, clock) }).get('a');
    await clock.advance(999);
    expect(inner.operations).toEqual([]);
    await clock.advance(1);
    expect(await pending).toBeUndefined();
    expect(inner.operations).toHaveLength(1);
  });

  it('changes what is read, or what is written', async () => {
    const inner = memoryBackend();
    await inner.set('a', bytes);
    const read = faultyBackend(inner, { get: corrupt(upperCase), getMany: corrupt(upperCase) });
    expect(Buffer.from((await read.get('a')) ?? []).toString()).toBe('VALUE');
    expect(await read.get('missing')).toBeUndefined();
    expect((await read.getMany?.(['missing', 'a']))?.map(String)).toEqual(['undefined', 'VALUE']);

    const written = faultyBackend(inner, { set: corrupt(upperCase), setMany: corrupt(upperCase) });
    await written.set('b', bytes);
    await written.setMany?.([{ key: 'c', bytes }]);
    const kept = [await inner.get('b'), await inner.get('c')];
    expect(kept.map((value) => Buffer.from(value ?? []).toString())).toEqual(['VALUE', 'VALUE']);
  });

  it('meets several faults in their order', async () => {
    const clock = new FakeClock();
    const backend = faultyBackend(memoryBackend(), { get: [delay(10, clock), failOnce(error)] });
    const failed = expect(backend.get('a')).rejects.toBe(error);
    expect(clock.pending).toBe(1);
    await clock.advance(10);
    await failed;
  });
});

describe('faultyStore', () => {
  const entry: CacheEntry = {
    createdAt: 0,
    callType: 'chat_completion',
    model: 'm',
    contentType: 'application/json',
    headers: [],
    body: bytes,
  };
  const mapStore = (entries = new Map<string, CacheEntry>()): CacheStore => ({
    name: 'map',
    peek: (key) => entries.get(key),
    get: (key) => entries.get(key),
    set: (key, value) => void entries.set(key, value),
    delete: (keys) => keys.filter((key) => entries.delete(key)).length,
    clear: () => 0,
    ping: () => undefined,
    close: () => undefined,
  });

  it('answers at once where nothing goes wrong, and records, peek included', () => {
    const store = faultyStore(mapStore());
    void store.set('a', entry);
    expect(store.get('a')).toBe(entry);
    expect(store.peek?.('a')).toBe(entry);
    expect(store.delete(['a'])).toBe(1);
    expect(store.operations.map(({ name, keys }) => `${name} ${keys.join()}`)).toEqual([
      'set a',
      'get a',
      'peek a',
      'delete a',
    ]);
  });

  it('fails, delays and corrupts like a backend', async () => {
    const clock = new FakeClock();
    const store = faultyStore(mapStore(), {
      get: [failOnce(error), corrupt<CacheEntry>((read) => ({ ...read, model: 'other' }))],
      ping: [delay(5, clock), fail(error)],
      close: never(),
    });
    await store.set('a', entry);
    await expect(store.get('a')).rejects.toBe(error);
    expect(await store.get('a')).toEqual({ ...entry, model: 'other' });
    const failed = expect(store.ping()).rejects.toBe(error);
    await clock.advance(5);
    await failed;
    expect(await isPendingAfterAnHour(Promise.resolve(store.close()), clock)).toBe(true);
  });

  it('has a peek only where the store has one', () => {
    const { peek: _, ...remote } = mapStore();
    expect('peek' in faultyStore({ ...remote, remote: true })).toBe(false);
  });
});
