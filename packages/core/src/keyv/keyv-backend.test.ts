import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { BigMap } from '@keyv/bigmap';
import fc from 'fast-check';
import { createKeyv, Keyv, KeyvMemoryAdapter } from 'keyv';
import { CacheError } from '../contract/errors.ts';
import { framed } from '../engine/framed.ts';
import { FULL } from '../engine/entries.fixture.ts';
import { backendSuite } from '../testing/conformance.ts';
import { spelled, unspelled } from './key-spelling.ts';
import { keyvBackend } from './keyv-backend.ts';
import type { KeyvAdapter, KeyvInstance } from './shapes.ts';

type Given = KeyvInstance | KeyvAdapter;

/** Serializes as JSON.stringify alone does, which makes something else of bytes. */
const plainJson = {
  stringify: (value: unknown) => JSON.stringify(value),
  parse: (text: string) => JSON.parse(text) as never,
};

const prefixing = {
  compress: async (text: string) => `packed ${text}`,
  decompress: async (text: string) => text.slice(7),
};

describe.each<[string, () => Given]>([
  ['Keyv 6.1 over @keyv/bigmap', () => new Keyv({ store: new BigMap<string, unknown>() })],
  ['Keyv 6.1 over a Map', () => new Keyv()],
  ['Keyv 6.1 with a namespace', () => new Keyv({ store: new Map(), namespace: 'team' })],
  ['Keyv 6.1 with a plain JSON serializer', () => new Keyv({ serialization: plainJson })],
  ['Keyv 6.1 without a serializer', () => createKeyv(new Map())],
  ['Keyv 6.1 with compression', () => new Keyv({ compression: prefixing })],
  [
    'Keyv 6.1 that takes characters out of keys',
    () => new Keyv({ sanitize: { keys: true, namespace: true } }),
  ],
  ['a bare adapter of Keyv 6', () => new KeyvMemoryAdapter(new Map(), { namespace: 'team' })],
  ['a bare @keyv/bigmap', () => new BigMap<string, unknown>()],
  ['a bare Map', () => new Map<string, unknown>()],
])('%s as a backend', (_name, make) => {
  const realNow = Date.now;
  let skippedMilliseconds = 0;

  afterEach(() => {
    Date.now = realNow;
    skippedMilliseconds = 0;
  });

  backendSuite({
    test: it,
    create: async () => {
      Date.now = () => realNow() + skippedMilliseconds;
      const backend = keyvBackend(make(), { maxValueBytes: 1024 * 1024 });
      const advance = async (milliseconds: number): Promise<void> => {
        skippedMilliseconds += milliseconds;
      };
      return { backend, now: () => Date.now(), advance };
    },
  });
});

describe('keys of a Keyv', () => {
  it('are those of the cache, unchanged', () => {
    for (const key of ['litellm.caching.caching:ab12', 'team:key-1:ffff', 'A_b.C-d'])
      expect(spelled(key, 'keyv')).toBe(key);
  });

  it('come back, whatever they hold, and are in no namespace by accident', () => {
    const texts = fc.string({
      unit: fc.constantFrom('a', ':', '-', '%', '/', '\0', '\u20ac', '\u{1F600}', '*'),
    });
    fc.assert(
      fc.property(texts, fc.constantFrom(undefined, 'a', 'a:a'), (key, namespace) => {
        const text = spelled(key, namespace);
        expect(text).toMatch(/^[A-Za-z0-9._:%-]*$/);
        expect(text).not.toMatch(/::|--/);
        expect(namespace !== undefined && text.startsWith(`${namespace}:`)).toBe(false);
        expect(unspelled(text, namespace)).toBe(key);
      }),
    );
  });

  it('written by others are not listed', async () => {
    const map = new Map<string, unknown>([
      ['a b', 1],
      ['%', 2],
      ['a::b', 3],
    ]);
    const backend = keyvBackend(map);
    await backend.set('a b', Buffer.from('1'));
    const listed: string[] = [];
    for await (const { key } of backend.list?.('') ?? []) listed.push(key);
    expect(listed).toEqual(['a b']);
  });
});

describe('namespaces of a Keyv', () => {
  it('are kept apart, in listing and clearing too', async () => {
    const store = new Map();
    const [one, two] = ['one', 'two'].map((namespace) => framed(keyvBackend(new Keyv({ store, namespace }))));
    const { expiresAt, staleUntil, ...entry } = FULL;
    expect([expiresAt, staleUntil]).not.toContain(undefined);
    await one?.set('p:a', entry);
    await two?.set('p:a', { ...entry, model: 'other' });
    expect(await one?.clear('p:')).toBe(1);
    expect(await one?.get('p:a')).toBeUndefined();
    expect(await two?.get('p:a')).toMatchObject({ model: 'other' });
    expect([...store.keys()]).toEqual(['two::p:a']);
  });
});

describe('lifetimes', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('end when Keyv says, and never at the default of the instance', async () => {
    jest.useFakeTimers({ now: 1_000_000 });
    const backend = keyvBackend(new Keyv({ ttl: 5_000 }));
    expect(backend.defaultTtlSeconds).toBe(5);
    await backend.set('short', Buffer.from('1'), { deleteAt: Date.now() + 1_000.5 });
    await backend.set('kept', Buffer.from('1'));
    jest.setSystemTime(1_001_000);
    expect(await backend.get('short')).toBeDefined();
    jest.setSystemTime(1_001_002);
    expect(await backend.get('short')).toBeUndefined();
    jest.setSystemTime(1_900_000);
    expect(await backend.get('kept')).toBeDefined();
  });

  it.each<[string, (adapter: Map<string, unknown>) => Given]>([
    ['a Keyv that does not look', (map) => new Keyv({ store: map, checkExpired: false })],
    ['a bare adapter that does not', (map) => map],
  ])('end with %s', async (_name, make) => {
    jest.useFakeTimers({ now: 1_000_000 });
    const backend = keyvBackend(make(new Map()));
    expect(backend.defaultTtlSeconds).toBeUndefined();
    await backend.set('a', Buffer.from('1'), { deleteAt: Date.now() + 1_000 });
    jest.setSystemTime(1_001_001);
    expect(await backend.get('a')).toBeUndefined();
  });

  it('are given to a bare adapter as it wants them', async () => {
    jest.useFakeTimers({ now: 1_000_000 });
    const given: unknown[] = [];
    const legacy = {
      get: () => undefined,
      set: (...all: unknown[]) => given.push(all[2]),
      delete: () => false,
    };
    await keyvBackend(legacy).set('a', Buffer.from('1'), { deleteAt: 1_001_500.5 });
    await keyvBackend({ ...legacy, capabilities: { expires: true } } as KeyvAdapter).set(
      'a',
      Buffer.from('1'),
      {
        deleteAt: 1_001_500.5,
      },
    );
    await keyvBackend(legacy).set('a', Buffer.from('1'));
    expect(given).toEqual([1_501, 1_001_501, undefined]);
  });
});

/** An adapter as many are: a failure is an event, and an answer as if nothing had been there. */
class SwallowingAdapter extends EventEmitter {
  readonly #error: Error;
  readonly opts = {};

  constructor(error: Error) {
    super();
    this.#error = error;
  }

  async get(): Promise<undefined> {
    await this.#fail();
  }

  async getMany(keys: string[]): Promise<undefined[]> {
    await this.#fail();
    return keys.map(() => undefined);
  }

  async set(): Promise<void> {
    await this.#fail();
  }

  async delete(): Promise<boolean> {
    await this.#fail();
    return false;
  }

  async clear(): Promise<void> {
    await this.#fail();
  }

  async *iterator(): AsyncGenerator<[string, unknown]> {
    await this.#fail();
  }

  async #fail(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.emit('error', this.#error);
  }
}

/** An adapter that rejects: Keyv makes an event of it, and an answer. */
function rejectingAdapter(error: Error): KeyvAdapter {
  const fail = (): Promise<never> => Promise.reject(error);
  return { get: fail, set: fail, delete: fail, clear: fail, has: fail, getMany: fail } as KeyvAdapter;
}

const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
const broken = new Error('disk I/O error');

describe('a failure inside of Keyv', () => {
  it.each<[string, (error: Error) => Given]>([
    ['an adapter that swallows, in a Keyv', (error) => new Keyv({ store: new SwallowingAdapter(error) })],
    ['an adapter that rejects, in a Keyv', (error) => new Keyv({ store: rejectingAdapter(error) })],
    ['a bare adapter that swallows', (error) => new SwallowingAdapter(error)],
    ['a bare adapter that rejects', (error) => rejectingAdapter(error)],
  ])('is a failure of every operation: %s', async (_name, make) => {
    for (const [error, code] of [
      [refused, 'CACHE_BACKEND_UNAVAILABLE'],
      [broken, 'CACHE_BACKEND_FAILED'],
    ] as const) {
      const backend = keyvBackend(make(error), { name: 'mine' });
      const bytes = Buffer.from('1');
      const operations: [string, () => Promise<unknown>][] = [
        ['get', () => backend.get('a')],
        ['getMany', () => backend.getMany?.(['a', 'b']) ?? Promise.resolve()],
        ['set', () => backend.set('a', bytes)],
        ['setMany', () => backend.setMany?.([{ key: 'a', bytes }]) ?? Promise.resolve()],
        ['delete', () => backend.delete(['a'])],
        ['ping', () => backend.ping()],
      ];
      for (const [operation, run] of operations) {
        const expected = { code, backend: 'mine', operation, cause: error };
        await expect(run()).rejects.toMatchObject(expected);
      }
    }
  });

  it('while listing does not pass for the end of the list', async () => {
    const backend = keyvBackend(new Keyv({ store: new SwallowingAdapter(broken) }));
    const listing = async (): Promise<void> => {
      for await (const { key } of backend.list?.('') ?? []) expect(key).toBe('never');
    };
    await expect(listing()).rejects.toMatchObject({ code: 'CACHE_BACKEND_FAILED', operation: 'list' });
  });

  it('concerns the operation it happened in, and no other', async () => {
    const map = new Map<string, string>();
    const adapter = new SwallowingAdapter(broken);
    const picky = Object.assign(adapter, {
      get: async (key: string): Promise<string | undefined> => {
        await new Promise((resolve) => setImmediate(resolve));
        if (key === 'bad') adapter.emit('error', broken);
        return map.get(key);
      },
      set: async (key: string, value: string): Promise<boolean> => Boolean(map.set(key, value)),
    });
    const backend = keyvBackend(new Keyv({ store: picky }));
    await backend.set('good', Buffer.from('1'));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) => backend.get(['good', 'bad', 'missing'][index % 3] ?? '')),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(
      Array.from({ length: 50 }, (_, index) => (index % 3 === 1 ? 'rejected' : 'fulfilled')),
    );
  });

  it('outside of any operation is nobody\u2019s, and ends no process', async () => {
    const adapter = new SwallowingAdapter(broken);
    const backend = keyvBackend(new Keyv({ store: adapter }));
    expect(() => adapter.emit('error', refused)).not.toThrow();
    await backend.close();
  });

  it('is damage where somebody else wrote what Keyv cannot read', async () => {
    const map = new Map<string, unknown>();
    const store = new KeyvMemoryAdapter(map);
    for (const [given, foreign] of [
      [new Keyv({ store }), '{"value":'],
      [new Keyv({ store }), '"text"'],
      [new Keyv({ store }), '{"value":{"other":1}}'],
      [map, '{"value":'],
      [map, 'null and void'],
    ] as const) {
      if (given === map) map.set('a', foreign);
      else map.set('a', { value: foreign });
      await expect(keyvBackend(given).get('a')).rejects.toMatchObject({ code: 'CACHE_ENTRY_DAMAGED' });
    }
  });
});

describe('an aborted operation', () => {
  it('rejects at once, whatever Keyv is doing', async () => {
    const never = (): Promise<never> => new Promise(() => undefined);
    const hanging = { get: never, set: never, delete: never, clear: never, has: never };
    for (const given of [hanging, new Keyv({ store: hanging })]) {
      const backend = keyvBackend(given as KeyvAdapter);
      const abort = new AbortController();
      const pending = [
        backend.get('a', abort),
        backend.set('a', Buffer.from('1'), abort),
        backend.delete(['a'], abort),
      ];
      abort.abort(new Error('too late'));
      for (const outcome of await Promise.allSettled(pending)) {
        const reason: unknown = outcome.status === 'rejected' ? outcome.reason : undefined;
        expect(CacheError.is(reason, 'CACHE_ABORTED')).toBe(true);
      }
    }
  });
});

describe('what a backend says of a Keyv', () => {
  it('depends on the store', () => {
    expect(keyvBackend(new Map()).capabilities.shared).toBe(false);
    expect(keyvBackend(new Keyv()).capabilities.shared).toBe(false);
    expect(keyvBackend(new Keyv({ store: new SwallowingAdapter(broken) })).capabilities.shared).toBe(true);
    expect(
      keyvBackend(new Map(), { shared: true, name: 'etcd', maxValueBytes: 9, maxKeyBytes: 8 }),
    ).toMatchObject({
      name: 'etcd',
      capabilities: {
        expiry: 'native',
        expiryResolutionMilliseconds: 1,
        maxValueBytes: 9,
        maxKeyBytes: 8,
        shared: true,
      },
    });
  });

  it('has list only where the store can be iterated, so that clearing is refused rather than half done', async () => {
    const { get, set, delete: remove } = new Map() as unknown as Record<string, () => unknown>;
    const blind = { get, set, delete: remove, clear: get, has: get } as unknown as KeyvAdapter;
    const asynchronous = {
      ...blind,
      get: async () => undefined,
      has: async () => false,
    } as unknown as KeyvAdapter;
    for (const given of [blind, new Keyv({ store: blind }), asynchronous, new Keyv({ store: asynchronous })])
      expect(keyvBackend(given).list).toBeUndefined();
    await expect(framed(keyvBackend(blind)).clear('a:')).rejects.toMatchObject({
      code: 'CACHE_NOT_SUPPORTED',
    });
  });

  it('ends with it, while the Keyv stays open', async () => {
    const keyv = new Keyv();
    const backend = keyvBackend(keyv);
    await backend.set('a', Buffer.from('1'));
    await backend.close();
    await expect(backend.get('a')).rejects.toMatchObject({ code: 'CACHE_CLOSED' });
    expect(await keyv.get('a')).toBe('MQ==');
  });

  it.each<[string, unknown, object, string]>([
    ['nothing', undefined, {}, 'expected a Keyv instance'],
    ['an address', 'redis://localhost', {}, 'expected a Keyv instance'],
    [
      'a Keyv 5 that hides its errors',
      { opts: { emitErrors: false }, store: new Map(), getRaw: () => undefined },
      {},
      'hides its errors',
    ],
    ['an unknown option', new Map(), { ttl: 1 }, 'ttl must be one of name'],
    ['a limit of 0', new Map(), { maxValueBytes: 0 }, 'maxValueBytes must be a positive integer'],
    ['an empty name', new Map(), { name: '' }, 'name must be a non-empty text'],
    ['a word for yes', new Map(), { shared: 'yes' }, 'shared must be true or false'],
  ])('is refused for %s', (_what, keyv, options, message) => {
    const making = (): unknown => keyvBackend(keyv as Given, options);
    expect(making).toThrow(expect.objectContaining({ code: 'CACHE_INVALID_OPTION' }));
    expect(making).toThrow(message);
  });
});
