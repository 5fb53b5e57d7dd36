import { describe, expect, it } from '@jest/globals';
import type { CacheEntry } from '../../contract/entry.ts';
import { CacheError } from '../../contract/errors.ts';
import type { CacheEvent } from '../../contract/observer.ts';
import type { CacheStore } from '../../contract/store.ts';
import { memoryStore } from '../../memory/memory-store.ts';
import { failOpen } from './fail-open.ts';

const ENTRY: CacheEntry = {
  createdAt: 0,
  callType: 'chat_completion',
  model: 'm',
  contentType: 'application/json',
  headers: [],
  body: Buffer.from('{}'),
};

/** A store that does nothing but fail. */
function failingStore(fail: () => never | Promise<never>): CacheStore {
  return { name: 'redis', get: fail, set: fail, delete: fail, clear: fail, ping: fail, close: fail };
}

function watched(inner: CacheStore): { store: CacheStore; events: CacheEvent[] } {
  const events: CacheEvent[] = [];
  return { store: failOpen(inner, { observer: (event) => events.push(event) }), events };
}

const REFUSED = new CacheError('CACHE_BACKEND_UNAVAILABLE', 'redis: refused');
const failure = (
  operation: string,
  error: unknown = REFUSED,
  code = 'CACHE_BACKEND_UNAVAILABLE',
): unknown => ({
  type: 'backend_failure',
  backend: 'redis',
  operation,
  code,
  error,
});

const KINDS: readonly [string, (error: unknown) => never | Promise<never>][] = [
  ['rejects', (error) => Promise.reject(error)],
  [
    'throws',
    (error) => {
      throw error;
    },
  ],
];

describe.each(KINDS)('a fail-open store around one that %s', (_kind, failWith) => {
  it('peer defect 12: turns a failed read into a miss and a failed write into nothing, each reported', async () => {
    const { store, events } = watched(failingStore(() => failWith(REFUSED)));
    expect(await store.get('a')).toBeUndefined();
    expect(await store.set('a', ENTRY)).toBeUndefined();
    expect(events).toEqual([failure('get'), failure('set')]);
  });

  it('lets whoever deletes, clears or pings learn that it failed, and reports it', async () => {
    const { store, events } = watched(failingStore(() => failWith(REFUSED)));
    await expect((async () => store.delete(['a']))()).rejects.toBe(REFUSED);
    await expect((async () => store.clear('a'))()).rejects.toBe(REFUSED);
    await expect((async () => store.ping())()).rejects.toBe(REFUSED);
    expect(events).toEqual([failure('delete'), failure('clear'), failure('ping')]);
  });

  it('reports an error without a code as CACHE_BACKEND_FAILED', async () => {
    const bug = new TypeError('a bug in a backend');
    const { store, events } = watched(failingStore(() => failWith(bug)));
    expect(await store.get('a')).toBeUndefined();
    expect(events).toEqual([failure('get', bug, 'CACHE_BACKEND_FAILED')]);
  });

  it('does not call it a failure when the caller has gone', async () => {
    const { store, events } = watched(failingStore(() => failWith(new CacheError('CACHE_ABORTED', 'gone'))));
    expect(await store.get('a')).toBeUndefined();
    expect(await store.set('a', ENTRY)).toBeUndefined();
    expect(events).toEqual([]);
  });

  it('works without an observer and with one that throws', async () => {
    const inner = failingStore(() => failWith(REFUSED));
    expect(await failOpen(inner).get('a')).toBeUndefined();
    const observer = (): never => {
      throw new Error('observer');
    };
    expect(await failOpen(inner, { observer }).get('a')).toBeUndefined();
  });
});

describe('a fail-open store', () => {
  it('leaves a synchronous store synchronous', () => {
    const { store, events } = watched(memoryStore());
    expect(store.set('a', ENTRY)).toBeUndefined();
    expect(store.get('a')).toEqual(ENTRY);
    expect(store.peek?.('a')).toEqual(ENTRY);
    expect(store.delete(['a'])).toBe(1);
    expect(events).toEqual([]);
  });

  it('finds nothing at hand in a store that was closed', () => {
    const inner = memoryStore();
    const { store, events } = watched(inner);
    inner.close();
    expect(store.peek?.('a')).toBeUndefined();
    expect(store.get('a')).toBeUndefined();
    expect(events).toMatchObject([
      { operation: 'peek', code: 'CACHE_CLOSED' },
      { operation: 'get', code: 'CACHE_CLOSED' },
    ]);
  });

  it('has peek only where the store has it', () => {
    expect(failOpen(failingStore(() => Promise.reject(REFUSED))).peek).toBeUndefined();
  });
});
