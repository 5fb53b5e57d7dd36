import assert from 'node:assert/strict';
import { assertBytes, assertStored, bytesOf, getMany, setMany } from './expectations.ts';
import type { BackendCase, BackendSubject } from './suite-case.ts';
import { group } from './suite-case.ts';

/** Several values at once are the same values. */
export const manyCases: readonly BackendCase[] = group('many', {
  'getMany answers in the order asked': async (subject) => {
    await setNames(subject, ['a', 'b', 'c']);
    await assertMany(subject, ['c', 'a', 'b'], ['c', 'a', 'b']);
  },

  'getMany has undefined where a key is missing': async (subject) => {
    await setNames(subject, ['a', 'c']);
    await assertMany(subject, ['x', 'a', 'y', 'c', 'z'], [undefined, 'a', undefined, 'c', undefined]);
  },

  'getMany answers a key named twice, twice': async (subject) => {
    await setNames(subject, ['a', 'b']);
    await assertMany(subject, ['a', 'b', 'a'], ['a', 'b', 'a']);
  },

  'getMany of no keys is an empty list': async (subject) => {
    await setNames(subject, ['a']);
    await assertMany(subject, [], []);
  },

  'getMany hands out bytes of their own': async ({ backend, prefix }) => {
    await backend.set(`${prefix}a`, bytesOf('before'));
    (await getMany(backend, [`${prefix}a`]))[0]?.fill(0);
    await assertStored(backend, `${prefix}a`, bytesOf('before'));
  },

  'setMany sets every value': async ({ backend, prefix }) => {
    await backend.set(`${prefix}b`, bytesOf('old'));
    const items = ['a', 'b', 'c'].map((name) => ({ key: prefix + name, bytes: bytesOf(name) }));
    await setMany(backend, items);
    for (const { key, bytes } of items) await assertStored(backend, key, bytes);
  },

  'setMany of nothing does nothing': async ({ backend, prefix }) => {
    await backend.set(`${prefix}a`, bytesOf('a'));
    await setMany(backend, []);
    await assertStored(backend, `${prefix}a`, bytesOf('a'));
  },

  'setMany keeps no reference to the bytes': async ({ backend, prefix }) => {
    const bytes = bytesOf('before');
    await setMany(backend, [{ key: `${prefix}a`, bytes }]);
    bytes.fill(0);
    await assertStored(backend, `${prefix}a`, bytesOf('before'));
  },

  'a thousand values are written and read at once': async (subject) => {
    const names = Array.from({ length: 1_000 }, (_, index) => `n${index}`);
    await setNames(subject, names);
    await assertMany(subject, names, names);
  },
});

async function setNames({ backend, prefix }: BackendSubject, names: readonly string[]): Promise<void> {
  await setMany(
    backend,
    names.map((name) => ({ key: prefix + name, bytes: bytesOf(name) })),
  );
}

async function assertMany(
  { backend, prefix }: BackendSubject,
  names: readonly string[],
  expected: readonly (string | undefined)[],
): Promise<void> {
  const actual = await getMany(
    backend,
    names.map((name) => prefix + name),
  );
  assert.equal(actual.length, expected.length, 'getMany: one answer for each key');
  for (const [index, value] of expected.entries()) {
    if (value === undefined)
      assert.equal(actual[index], undefined, `getMany: answer ${index} is a missing key`);
    else assertBytes(actual[index], bytesOf(value), `getMany: answer ${index}`);
  }
}
