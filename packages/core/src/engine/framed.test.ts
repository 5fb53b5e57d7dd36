import { describe, expect, it } from '@jest/globals';
import type { CacheBackend } from '../contract/backend.ts';
import type { CacheEntry } from '../contract/entry.ts';
import { CacheError } from '../contract/errors.ts';
import type { CacheEvent } from '../contract/observer.ts';
import { memoryBackend } from '../memory/memory-backend.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { framed } from './framed.ts';

const HASH = 'b2'.repeat(32);

function entryOf(
  text: string,
  times: Partial<Pick<CacheEntry, 'expiresAt' | 'staleUntil'>> = {},
): CacheEntry {
  const body = Buffer.from(text);
  return {
    createdAt: 0,
    callType: 'chat_completion',
    model: 'm',
    contentType: 'application/json',
    headers: [],
    body,
    ...times,
  };
}

/** `backend` with some members replaced; methods keep their own `this`. */
function altered(backend: CacheBackend, members: Partial<Record<keyof CacheBackend, unknown>>): CacheBackend {
  return new Proxy(backend, {
    get: (target, name) => {
      if (name in members) return members[name as keyof CacheBackend];
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

describe('a framed backend', () => {
  it('stores and finds entries', async () => {
    const store = framed(memoryBackend());
    const entry = { ...entryOf('hello'), events: Buffer.from('event') };
    await store.set('a', entry);
    expect(await store.get('a')).toEqual(entry);
    expect(await store.get('b')).toBeUndefined();
    expect(await store.delete(['a', 'b'])).toBe(1);
    expect(await store.get('a')).toBeUndefined();
  });

  it('takes name and lifetime from the backend and says that it reaches further than peek', () => {
    const store = framed(altered(memoryBackend(), { name: 'redis', defaultTtlSeconds: 60 }));
    expect(store).toMatchObject({ name: 'redis', defaultTtlSeconds: 60, remote: true });
    expect(store.peek).toBeUndefined();
    expect(framed(memoryBackend()).defaultTtlSeconds).toBeUndefined();
  });

  it('tells the backend when the bytes may go: the later of expiry and stale time, or never', async () => {
    const clock = new FakeClock(1_000);
    const store = framed(memoryBackend({ clock }));
    await store.set('a', entryOf('1', { expiresAt: 2_000, staleUntil: 3_000 }));
    await store.set('b', entryOf('1'));
    await clock.advance(1_999);
    expect(await store.get('a')).toBeDefined();
    await clock.advance(1);
    expect(await store.get('a')).toBeUndefined();
    await clock.advance(1_000_000);
    expect(await store.get('b')).toBeDefined();
  });

  it('refuses a backend of another contract by name', () => {
    const making = (): unknown => framed(altered(memoryBackend(), { contract: 2 }));
    const message = 'memory: speaks backend contract 2, this release speaks 1';
    expect(making).toThrow(expect.objectContaining({ code: 'CACHE_NOT_SUPPORTED', message }));
  });

  it('refuses wrong options', () => {
    const making = (): unknown => framed(memoryBackend(), { maxConcurrentOperations: 0 });
    expect(making).toThrow('framed: maxConcurrentOperations must be a positive integer, got 0 (number)');
  });

  it('takes null for a missing key, as clients do', async () => {
    const events: CacheEvent[] = [];
    const store = framed(altered(memoryBackend(), { get: async () => null }), {
      observer: (event) => events.push(event),
    });
    expect(await store.get('a')).toBeUndefined();
    expect(events).toEqual([]);
  });

  it('gives failures a code and keeps those that have one', async () => {
    const cause = new Error('ECONNRESET');
    const coded = new CacheError('CACHE_BACKEND_UNAVAILABLE', 'redis: refused');
    const failing = framed(
      altered(memoryBackend(), {
        get: () => Promise.reject(cause),
        delete: () => Promise.reject(coded),
        ping: () => {
          throw cause;
        },
      }),
    );
    const message = 'memory: get failed: ECONNRESET';
    await expect(failing.get('a')).rejects.toMatchObject({
      code: 'CACHE_BACKEND_FAILED',
      backend: 'memory',
      message,
      cause,
    });
    await expect(failing.delete(['a'])).rejects.toBe(coded);
    await expect(failing.ping()).rejects.toMatchObject({ code: 'CACHE_BACKEND_FAILED', operation: 'ping' });
  });

  it('calls what an aborted client throws CACHE_ABORTED', async () => {
    const controller = new AbortController();
    const get = async (): Promise<never> => {
      controller.abort();
      throw new DOMException('aborted', 'AbortError');
    };
    const store = framed(altered(memoryBackend(), { get }));
    await expect(store.get('a', { signal: controller.signal })).rejects.toMatchObject({
      code: 'CACHE_ABORTED',
    });
  });

  it('passes close on, and rejects afterwards', async () => {
    const store = framed(memoryBackend());
    await store.close();
    await expect(store.get('a')).rejects.toMatchObject({ code: 'CACHE_CLOSED' });
  });

  it('never has more operations in flight than allowed', async () => {
    let running = 0;
    let most = 0;
    const get = async (): Promise<undefined> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    };
    const store = framed(altered(memoryBackend(), { get }), { maxConcurrentOperations: 3 });
    await Promise.all(Array.from({ length: 20 }, async (_, index) => store.get(`key${index}`)));
    expect(most).toBe(3);
  });
});

describe('peer defect 16: damaged entries in a backend', () => {
  it.each([
    ['cut', (frame: Uint8Array) => frame.slice(0, -1)],
    ['changed', (frame: Uint8Array) => frame.with(frame.length - 1, 0)],
    ['of another version', (frame: Uint8Array) => frame.with(4, 9)],
    ['foreign', () => new TextEncoder().encode('{"timestamp": 1, "response": "{}"}')],
    ['empty', () => new Uint8Array()],
  ])('are a miss, counted, and replaced by the next answer: %s', async (_what, damage) => {
    const backend = memoryBackend();
    const events: CacheEvent[] = [];
    const store = framed(backend, { observer: (event) => events.push(event) });
    await store.set('a', entryOf('hello'));
    await backend.set('a', damage((await backend.get('a')) as Uint8Array));
    expect(await store.get('a')).toBeUndefined();
    expect(events).toEqual([
      expect.objectContaining({
        type: 'backend_failure',
        backend: 'memory',
        operation: 'get',
        code: 'CACHE_ENTRY_DAMAGED',
      }),
    ]);
    await store.set('a', entryOf('again'));
    expect((await store.get('a'))?.body.toString()).toBe('again');
  });

  it('are a miss even if the observer throws or rejects', async () => {
    const backend = memoryBackend();
    await backend.set('a', new Uint8Array([1]));
    const throwing = framed(backend, {
      observer: () => {
        throw new Error('observer');
      },
    });
    const rejecting = framed(backend, {
      observer: () => Promise.reject(new Error('observer')) as unknown as undefined,
    });
    expect(await throwing.get('a')).toBeUndefined();
    expect(await rejecting.get('a')).toBeUndefined();
  });
});

describe('what a framed backend cannot hold', () => {
  it('a value too large is dropped and reported, and the outdated one goes', async () => {
    const events: CacheEvent[] = [];
    const store = framed(memoryBackend({ maxValueBytes: 400 }), { observer: (event) => events.push(event) });
    await store.set('a', entryOf('small'));
    expect(await store.get('a')).toBeDefined();
    await store.set('a', entryOf('x'.repeat(400)));
    expect(await store.get('a')).toBeUndefined();
    expect(events).toEqual([{ type: 'not_stored', key: 'a', reason: 'too_large' }]);
  });

  it('a key too long, counted in bytes, is never sent', async () => {
    const events: CacheEvent[] = [];
    const asked: string[] = [];
    const backend = memoryBackend();
    const remove = (keys: readonly string[]): Promise<number> => {
      asked.push(...keys);
      return backend.delete(keys);
    };
    const store = framed(altered(backend, { delete: remove }), { observer: (event) => events.push(event) });
    const long = '\u20ac'.repeat(342);
    await store.set(long, entryOf('1'));
    expect(events).toEqual([{ type: 'not_stored', key: long, reason: 'key_too_long' }]);
    expect(await store.get(long)).toBeUndefined();
    expect(await store.delete([long])).toBe(0);
    expect(await store.delete([long, 'b'])).toBe(0);
    expect(asked).toEqual(['b']);
    expect(await store.clear(long)).toBe(0);
  });
});

describe('clear of a framed backend', () => {
  it.each([
    ['its own clear', {}],
    ['list and delete', { clear: undefined }],
  ])('removes by literal prefix with %s', async (_how, members) => {
    const store = framed(altered(memoryBackend(), members));
    for (const key of ['a*:1', 'a*:2', 'ab:1']) await store.set(key, entryOf(key));
    expect(await store.clear('a*:')).toBe(2);
    expect(await store.get('ab:1')).toBeDefined();
    expect(await store.get('a*:1')).toBeUndefined();
  });

  it('deletes in batches', async () => {
    const backend = memoryBackend();
    const batches: number[] = [];
    const remove = (keys: readonly string[]): Promise<number> => {
      batches.push(keys.length);
      return backend.delete(keys);
    };
    const store = framed(altered(backend, { clear: undefined, delete: remove }));
    for (let index = 0; index < 1_001; index += 1) await backend.set(`a:${index}`, new Uint8Array());
    expect(await store.clear('a:')).toBe(1_001);
    expect(batches).toEqual([500, 500, 1]);
  });

  it('removes only keys of the cache where no prefix is given: others share the server', async () => {
    const backend = memoryBackend();
    const store = framed(backend);
    for (const key of [HASH, `team:${HASH}`, 'session:42']) await backend.set(key, new Uint8Array());
    expect(await store.clear('')).toBe(2);
    expect(await backend.get('session:42')).toBeDefined();
  });

  it('does not wait for slots that clears hold', async () => {
    const backend = memoryBackend();
    const store = framed(altered(backend, { clear: undefined }), { maxConcurrentOperations: 1 });
    for (const key of ['a:1', 'b:1']) await backend.set(key, new Uint8Array());
    expect(await Promise.all([store.clear('a:'), store.clear('b:')])).toEqual([1, 1]);
  });

  it('says so where it cannot be done', async () => {
    const without = framed(altered(memoryBackend(), { clear: undefined, list: undefined }));
    await expect(without.clear('a:')).rejects.toMatchObject({
      code: 'CACHE_NOT_SUPPORTED',
      message: 'memory: cannot clear by prefix: it has no list',
    });
    const clearOnly = framed(altered(memoryBackend(), { list: undefined }));
    expect(await clearOnly.clear('a:')).toBe(0);
    await expect(clearOnly.clear('')).rejects.toMatchObject({ code: 'CACHE_NOT_SUPPORTED' });
  });
});
