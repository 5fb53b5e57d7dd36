import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Keyv } from 'keyv';
import type { CacheBackend } from '../contract/backend.ts';
import { memoryBackend } from '../memory/memory-backend.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { fail } from '../testing/faults.ts';
import { faultyBackend } from '../testing/faulty-backend.ts';
import { keyvStore } from './keyv-store.ts';

function keyvOver(backend: CacheBackend, namespace?: string): Keyv {
  const keyv = new Keyv({ store: keyvStore(backend), ...(namespace === undefined ? {} : { namespace }) });
  keyv.on('error', () => undefined);
  return keyv;
}

async function keysOf(backend: CacheBackend): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of backend.list?.('') ?? []) keys.push(key);
  return keys.sort();
}

/** `backend` without some of its optional members. */
function without(backend: CacheBackend, ...names: string[]): CacheBackend {
  return new Proxy(backend, {
    get: (target, name) => {
      if (names.includes(String(name))) return undefined;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

describe('a backend as the store of Keyv 6.1', () => {
  it('keeps any JSON value, bytes and big integers', async () => {
    const keyv = keyvOver(memoryBackend());
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.jsonValue(), async (key, value) => {
        await keyv.set(`k${key}`, value);
        expect(await keyv.get(`k${key}`)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
    await keyv.set('bytes', Buffer.from([0, 255]));
    expect(await keyv.get('bytes')).toEqual(Buffer.from([0, 255]));
    await keyv.set('big', 2n ** 70n);
    expect(await keyv.get('big')).toBe(2n ** 70n);
  });

  it('has, deletes, and does several at once', async () => {
    const keyv = keyvOver(memoryBackend());
    expect(
      await keyv.setMany([
        { key: 'a', value: 1 },
        { key: 'b', value: 2 },
      ]),
    ).toEqual([true, true]);
    expect(await keyv.getMany(['b', 'x', 'a'])).toEqual([2, undefined, 1]);
    expect(await keyv.hasMany(['a', 'x'])).toEqual([true, false]);
    expect([await keyv.has('a'), await keyv.has('x')]).toEqual([true, false]);
    expect([await keyv.delete('a'), await keyv.delete('a')]).toEqual([true, false]);
    expect(await keyv.deleteMany(['b', 'x'])).toEqual([true, true]);
    expect(await keyv.deleteMany(['b', 'x'])).toEqual([false, false]);
  });

  it('tells the backend when a value may go', async () => {
    const clock = new FakeClock(Date.now());
    const backend = memoryBackend({ clock });
    const keyv = keyvOver(backend);
    await keyv.set('short', 1, 60_000);
    await keyv.set('kept', 1);
    await clock.advance(61_000);
    expect(await keysOf(backend)).toEqual(['keyv::kept']);
  });

  it('keeps namespaces apart, colons in them or not, and clears one', async () => {
    const backend = memoryBackend();
    const [a, ab, plain] = [keyvOver(backend, 'a'), keyvOver(backend, 'a:b'), keyvOver(backend)];
    await a.set('b:c', 1);
    await ab.set('c', 2);
    await plain.set('a:b:c', 3);
    expect([await a.get('b:c'), await ab.get('c'), await plain.get('a:b:c')]).toEqual([1, 2, 3]);
    expect(await keysOf(backend)).toEqual(['keyv::a:b:c', 'keyv:a%3Ab:c', 'keyv:a:b:c']);
    await a.clear();
    expect([await a.get('b:c'), await ab.get('c'), await plain.get('a:b:c')]).toEqual([undefined, 2, 3]);
  });

  it('clears what Keyv wrote and nothing else', async () => {
    for (const backend of [memoryBackend(), without(memoryBackend(), 'clear')]) {
      await backend.set('team:1234', Buffer.from('an answer of the cache'));
      for (const namespace of [undefined, 'a']) await keyvOver(backend, namespace).set('b', 1);
      await keyvOver(backend).clear();
      expect(await keysOf(backend)).toEqual(['team:1234']);
    }
  });

  it('is iterated, by namespace, past several hundred keys', async () => {
    const backend = memoryBackend();
    const keyv = keyvOver(backend, 'a');
    await keyvOver(backend, 'b').set('other', 0);
    for (let index = 0; index < 250; index += 1) await keyv.set(`k${index}`, index);
    const found = new Map<string, unknown>();
    for await (const [key, value] of keyv.iterator()) found.set(key, value);
    expect(found.size).toBe(250);
    expect(found.get('k249')).toBe(249);
  });

  it('does without what a backend has not', async () => {
    const keyv = keyvOver(without(memoryBackend(), 'getMany', 'setMany', 'list', 'clear'));
    const errors: unknown[] = [];
    keyv.on('error', (error) => errors.push(error));
    await keyv.setMany([{ key: 'a', value: 1 }]);
    expect(await keyv.getMany(['a'])).toEqual([1]);
    expect(keyvStore(without(memoryBackend(), 'list')).iterator).toBeUndefined();
    await keyv.clear();
    expect(errors).toEqual([expect.objectContaining({ code: 'CACHE_NOT_SUPPORTED' })]);
    expect(await keyv.get('a')).toBe(1);
  });

  it('makes failures of the backend events of Keyv', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const keyv = keyvOver(faultyBackend(memoryBackend(), { get: fail(refused), set: fail(refused) }));
    const errors: unknown[] = [];
    keyv.on('error', (error) => errors.push(error));
    expect(await keyv.set('a', 1)).toBe(false);
    expect(await keyv.get('a')).toBeUndefined();
    expect(errors).toEqual([refused, refused]);
  });

  it('closes the backend when Keyv disconnects', async () => {
    const backend = memoryBackend();
    await keyvOver(backend).disconnect();
    await expect(backend.get('a')).rejects.toMatchObject({ code: 'CACHE_CLOSED' });
  });

  it('refuses what is neither text nor bytes, and damage', async () => {
    const backend = memoryBackend();
    const store = keyvStore(backend);
    await expect(store.set('a', { value: 1 })).rejects.toMatchObject({ code: 'CACHE_NOT_SUPPORTED' });
    await expect(store.set('a', '\ud800')).rejects.toMatchObject({ code: 'CACHE_NOT_SUPPORTED' });
    await expect(store.set('\ud800', 'a')).rejects.toMatchObject({ code: 'CACHE_INVALID_OPTION' });
    await backend.set('keyv::a', Buffer.from('other'));
    await expect(store.get('a')).rejects.toMatchObject({ code: 'CACHE_ENTRY_DAMAGED' });
  });

  it('refuses options it does not know, and an empty prefix', () => {
    expect(() => keyvStore(memoryBackend(), { prefix: '' })).toThrow('prefix must be a non-empty text');
    expect(() => keyvStore(memoryBackend(), { namespace: 'a' } as never)).toThrow(
      'namespace must be one of prefix',
    );
  });
});
