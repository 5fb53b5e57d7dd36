import { describe, it } from '@jest/globals';
import type { CacheEntry } from '../../contract/entry.ts';
import { CacheError } from '../../contract/errors.ts';
import type { CacheStore } from '../../contract/store.ts';
import { proveCases } from './prove-cases.ts';
import type { StoreSubject } from './store-cases.ts';
import { storeCases } from './store-cases.ts';

type Breakage = (inner: Required<CacheStore>, entries: Map<string, CacheEntry>) => CacheStore;

const isCacheShaped = (key: string) => /:[0-9a-f]{64}$/u.test(key);

function mapSubject(breakage: Breakage = (inner) => inner): StoreSubject {
  const entries = new Map<string, CacheEntry>();
  const remove = (keys: readonly string[]) => keys.filter((key) => entries.delete(key)).length;
  const store: Required<CacheStore> = {
    name: 'map',
    defaultTtlSeconds: 600,
    remote: false,
    peek: (key) => entries.get(key),
    get: (key) => entries.get(key),
    set: (key, entry) => void entries.set(key, entry),
    delete: remove,
    clear: (prefix) =>
      remove(
        [...entries.keys()].filter((key) => (prefix === '' ? isCacheShaped(key) : key.startsWith(prefix))),
      ),
    ping: () => undefined,
    close: () => undefined,
  };
  return { store: breakage(store, entries), prefix: 'test:', now: () => Date.UTC(2026, 0, 1) };
}

const reading =
  (change: (entry: CacheEntry) => CacheEntry | undefined): Breakage =>
  (inner, entries) => ({
    ...inner,
    get: async (key) => {
      const entry = entries.get(key);
      return entry && change(entry);
    },
  });

const broken: Record<string, Breakage> = {
  'store: has a name, and a default lifetime above zero if any': (inner) => ({
    ...inner,
    defaultTtlSeconds: 0,
  }),
  'store: gives back every member of an entry': reading(({ tags: _, ...entry }) => entry),
  'store: adds no member to a small entry': reading((entry) => ({ ...entry, tags: entry.tags ?? [] })),
  'store: gives back a body that is no text, and an empty one': reading((entry) => ({
    ...entry,
    body: Buffer.from(entry.body.toString()),
  })),
  'store: gives back a body that is part of a larger buffer': reading((entry) => ({
    ...entry,
    body: Buffer.from(entry.body.buffer),
  })),
  'store: returns a stale entry like a fresh one': reading((entry) =>
    (entry.expiresAt ?? Infinity) < Date.UTC(2026, 0, 1) ? undefined : entry,
  ),
  'store: has undefined for a missing key': (inner) => ({
    ...inner,
    peek: (key) => inner.peek(key) ?? (null as never),
  }),
  'store: replaces': (inner, entries) => ({
    ...inner,
    set(key, entry) {
      if (!entries.has(key)) entries.set(key, entry);
    },
  }),
  'store: keeps keys apart': (inner) => ({
    ...inner,
    get: (key) => inner.get(key.toLowerCase()),
    set: (key, entry) => inner.set(key.toLowerCase(), entry),
  }),
  'store: deletes what is named': (inner) => ({ ...inner, delete: () => 1 }),
  'store: counts what was there to delete': (inner) => ({
    ...inner,
    delete: async (keys) => (await inner.delete(keys), keys.length),
  }),
  'store: deletes nothing where no key is named': (inner, entries) => ({
    ...inner,
    delete: (keys) => (keys.length === 0 ? (entries.clear(), 0) : inner.delete(keys)),
  }),
  'store: clears a prefix, literally, and nothing else': (inner) => ({
    ...inner,
    clear: (prefix) => inner.clear(prefix.replace('*', '')),
  }),
  'store: counts what it cleared': (inner) => ({
    ...inner,
    clear: async (prefix) => (await inner.clear(prefix), 0),
  }),
  'store: clears, without a prefix, keys of the cache and no others': (inner, entries) => ({
    ...inner,
    clear: (prefix) => (prefix === '' ? (entries.clear(), 0) : inner.clear(prefix)),
  }),
  'store: sees by peek what it sees by get': (inner) => {
    const seen = new Map<string, CacheEntry>();
    return {
      ...inner,
      set: (key, entry) => (seen.set(key, entry), inner.set(key, entry)),
      peek: (key) => seen.get(key),
    };
  },
  'store: has peek, or says that it is remote': ({ peek: _, ...inner }) => ({ ...inner }),
  'store: answers ping': (inner) => ({ ...inner, ping: () => refuse() }),
  'store: may be closed twice': (inner) => {
    let isClosed = false;
    return {
      ...inner,
      close: () => {
        if (isClosed) refuse();
        isClosed = true;
      },
    };
  },
};

function refuse(): never {
  throw new CacheError('CACHE_CLOSED', 'refuses');
}

describe('conformance, stores: each case is killed by its broken store', () => {
  proveCases({ test: it, cases: storeCases, broken, subject: mapSubject });
});
