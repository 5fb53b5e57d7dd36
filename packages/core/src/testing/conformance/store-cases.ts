import assert from 'node:assert/strict';
import type { CacheEntry } from '../../contract/entry.ts';
import type { CacheStore } from '../../contract/store.ts';
import type { SuiteCase } from './suite-case.ts';
import { group } from './suite-case.ts';

/** A store under test with what a case needs around it. */
export interface StoreSubject {
  readonly store: CacheStore;
  /** What every key of the case starts with. */
  readonly prefix: string;
  /** The time as the store sees it. */
  readonly now: () => number;
}

/** Every case of `storeSuite`. */
export const storeCases: readonly SuiteCase<StoreSubject>[] = group<StoreSubject>('store', {
  'has a name, and a default lifetime above zero if any': async ({ store }) => {
    assert.ok(typeof store.name === 'string' && store.name !== '', 'name is a non-empty string');
    const { defaultTtlSeconds } = store;
    assert.ok(
      defaultTtlSeconds === undefined || defaultTtlSeconds > 0,
      `defaultTtlSeconds: got ${defaultTtlSeconds}`,
    );
  },

  'gives back every member of an entry': async (subject) => {
    await assertKept(subject, 'full', fullEntry(subject));
  },

  'adds no member to a small entry': async (subject) => {
    await assertKept(subject, 'small', smallEntry(subject));
  },

  'gives back a body that is no text, and an empty one': async (subject) => {
    const bytes = Buffer.from(Array.from({ length: 512 }, (_, index) => 255 - (index % 256)));
    await assertKept(subject, 'bytes', { ...smallEntry(subject), body: bytes });
    await assertKept(subject, 'none', { ...smallEntry(subject), body: Buffer.alloc(0) });
  },

  'gives back a body that is part of a larger buffer': async (subject) => {
    const memory = Buffer.alloc(100_000, 'x');
    memory.write('{"part":true}', 500);
    await assertKept(subject, 'part', { ...smallEntry(subject), body: memory.subarray(500, 513) });
  },

  'returns a stale entry like a fresh one': async (subject) => {
    const now = subject.now();
    const stale = {
      ...smallEntry(subject),
      createdAt: now - 60_000,
      expiresAt: now - 30_000,
      staleUntil: now + 60_000,
    };
    await assertKept(subject, 'stale', stale);
  },

  'has undefined for a missing key': async ({ store, prefix }) => {
    assert.equal(await store.get(`${prefix}missing`), undefined, 'get');
    assert.equal(store.peek?.(`${prefix}missing`), undefined, 'peek');
  },

  replaces: async (subject) => {
    await subject.store.set(`${subject.prefix}a`, fullEntry(subject));
    await assertKept(subject, 'a', { ...smallEntry(subject), body: Buffer.from('{"second":true}') });
  },

  'keeps keys apart': async (subject) => {
    for (const name of ['a', 'A', 'ab', 'a:b', '__proto__']) {
      await subject.store.set(`${subject.prefix}${name}`, { ...smallEntry(subject), model: name });
    }
    for (const name of ['a', 'A', 'ab', 'a:b', '__proto__']) {
      assert.equal((await subject.store.get(subject.prefix + name))?.model, name, `the entry of ${name}`);
    }
  },

  'deletes what is named': async (subject) => {
    await setNames(subject, ['a', 'b']);
    await subject.store.delete([`${subject.prefix}a`]);
    await assertNames(subject, { kept: ['b'], gone: ['a'] });
  },

  'counts what was there to delete': async (subject) => {
    await setNames(subject, ['a', 'b']);
    const keys = ['a', 'missing', 'b', 'a'].map((name) => subject.prefix + name);
    assert.equal(await subject.store.delete(keys), 2, 'two of the keys existed');
    assert.equal(await subject.store.delete(keys), 0, 'none is left');
  },

  'deletes nothing where no key is named': async (subject) => {
    await setNames(subject, ['a']);
    assert.equal(await subject.store.delete([]), 0, 'no key was named');
    await assertNames(subject, { kept: ['a'], gone: [] });
  },

  'clears a prefix, literally, and nothing else': async (subject) => {
    await setNames(subject, ['t*1', 't*2', 'ta1', 't1', 'x:t*1']);
    await subject.store.clear(`${subject.prefix}t*`);
    await assertNames(subject, { kept: ['ta1', 't1', 'x:t*1'], gone: ['t*1', 't*2'] });
  },

  'counts what it cleared': async (subject) => {
    await setNames(subject, ['a1', 'a2', 'b1']);
    assert.equal(await subject.store.clear(`${subject.prefix}a`), 2, 'two keys had the prefix');
    assert.equal(await subject.store.clear(`${subject.prefix}a`), 0, 'none is left');
  },

  'clears, without a prefix, keys of the cache and no others': async (subject) => {
    const cacheKey = `${subject.prefix}${'0123456789abcdef'.repeat(4)}`;
    await subject.store.set(cacheKey, smallEntry(subject));
    await setNames(subject, ['somebody else']);
    await subject.store.clear('');
    assert.equal(await subject.store.get(cacheKey), undefined, 'the cache key');
    await assertNames(subject, { kept: ['somebody else'], gone: [] });
  },

  'sees by peek what it sees by get': async (subject) => {
    const { store, prefix } = subject;
    await setNames(subject, ['a']);
    const got = await store.get(`${prefix}a`);
    if (store.peek === undefined) return;
    assert.deepEqual(comparable(store.peek(`${prefix}a`)), comparable(got), 'peek after get');
    await store.delete([`${prefix}a`]);
    assert.equal(store.peek(`${prefix}a`), undefined, 'peek after delete');
  },

  'has peek, or says that it is remote': async ({ store }) => {
    assert.ok(store.peek !== undefined || store.remote === true, 'neither peek nor remote');
  },

  'answers ping': async ({ store }) => {
    await store.ping();
  },

  'may be closed twice': async (subject) => {
    await setNames(subject, ['a']);
    await subject.store.close();
    await subject.store.close();
  },
});

function smallEntry({ now }: StoreSubject): CacheEntry {
  return {
    createdAt: now(),
    callType: 'chat_completion',
    model: 'gpt-4o-mini',
    contentType: 'application/json',
    headers: [],
    body: Buffer.from('{"id":"chatcmpl-1"}'),
  };
}

function fullEntry(subject: StoreSubject): CacheEntry {
  const now = subject.now();
  return {
    ...smallEntry(subject),
    expiresAt: now + 60_000,
    staleUntil: now + 120_000,
    contentType: 'application/json; charset=utf-8',
    headers: [
      ['x-request-id', 'req_1'],
      ['openai-version', '2020-10-01'],
    ],
    assembled: true,
    usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3 },
    costUsd: 0.000_01,
    tags: ['one', 'gr\u00fc\u00df'],
    events: Buffer.from('{"choices":[]}\n[DONE]\n'),
  };
}

async function assertKept({ store, prefix }: StoreSubject, name: string, entry: CacheEntry): Promise<void> {
  await store.set(prefix + name, entry);
  assert.deepEqual(comparable(await store.get(prefix + name)), comparable(entry), `the entry ${name}`);
}

async function setNames(subject: StoreSubject, names: readonly string[]): Promise<void> {
  for (const name of names)
    await subject.store.set(`${subject.prefix}${name}`, { ...smallEntry(subject), model: name });
}

async function assertNames(
  { store, prefix }: StoreSubject,
  { kept, gone }: { readonly kept: readonly string[]; readonly gone: readonly string[] },
): Promise<void> {
  for (const name of kept) assert.equal((await store.get(prefix + name))?.model, name, `${name} is kept`);
  for (const name of gone) assert.equal(await store.get(prefix + name), undefined, `${name} is gone`);
}

/** Bytes as text: two Buffers are equal whatever memory they are views on. */
function comparable(entry: CacheEntry | undefined): unknown {
  if (entry === undefined) return undefined;
  const { body, events, ...metadata } = entry;
  return {
    ...metadata,
    body: Buffer.from(body).toString('hex'),
    ...(events === undefined ? {} : { events: Buffer.from(events).toString('hex') }),
  };
}
