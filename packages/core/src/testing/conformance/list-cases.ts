import assert from 'node:assert/strict';
import { bytesOf, listed, setMany } from './expectations.ts';
import type { BackendCase, BackendSubject } from './suite-case.ts';
import { group } from './suite-case.ts';

/** Servers list by the thousand. */
const MORE_THAN_A_PAGE = 1_050;

/** Cases for backends with `list`; on others they have nothing to say. */
export const listCases: readonly BackendCase[] = group('list', {
  'reports the keys with the prefix and no others': async (subject) => {
    await setNames(subject, ['a1', 'a2', 'b1', 'ba1']);
    await assertListed(subject, 'a', ['a1', 'a2']);
  },

  'reports each key once': async (subject) => {
    const names = Array.from({ length: 100 }, (_, index) => `k${index}`);
    await setNames(subject, names);
    await setNames(subject, names);
    await assertListed(subject, 'k', names);
  },

  'takes glob and pattern characters literally': async (subject) => {
    const prefixes = ['a*', 'a?', '[ab]', 'a.', 'a\\', 'a%', 'a_'];
    await setNames(subject, ['ab1', 'aab1', 'b1', ...prefixes.map((prefix) => `${prefix}1`)]);
    for (const prefix of prefixes) await assertListed(subject, prefix, [`${prefix}1`]);
  },

  'tells upper from lower case': async (subject) => {
    await setNames(subject, ['key1', 'KEY1']);
    await assertListed(subject, 'key', ['key1']);
  },

  'reports a key that equals the prefix': async (subject) => {
    await setNames(subject, ['a', 'ab']);
    await assertListed(subject, 'a', ['a', 'ab']);
  },

  'reports keys as they were set': async (subject) => {
    const names = [
      'o/1',
      'o%2F2',
      'o \n3',
      'o\u00e94',
      'oe\u03015',
      'o\u{1F600}6',
      'o:7',
      'o&<8',
      'o+9',
      'o\u00009',
    ];
    await setNames(subject, names);
    await assertListed(subject, 'o', names);
  },

  'an empty prefix means every key': async (subject) => {
    if (subject.isPrefixRequired) return;
    await setNames(subject, ['a', 'b']);
    const keys = (await listed(subject.backend, ''))?.map(({ key }) => key);
    if (keys === undefined) return;
    for (const name of ['a', 'b']) {
      assert.equal(keys.filter((key) => key === subject.prefix + name).length, 1, `${name} is listed once`);
    }
  },

  'a prefix without keys gives nothing': async (subject) => {
    await setNames(subject, ['a']);
    await assertListed(subject, 'b', []);
  },

  'does not report what was deleted': async (subject) => {
    await setNames(subject, ['a1', 'a2']);
    await subject.backend.delete([`${subject.prefix}a1`]);
    await assertListed(subject, 'a', ['a2']);
  },

  'goes on past a thousand keys': async (subject) => {
    if (subject.backend.list === undefined) return;
    const names = Array.from({ length: MORE_THAN_A_PAGE }, (_, index) => `p${index}`);
    await setNames(subject, names);
    await assertListed(subject, 'p', names);
  },

  'can be left early and begun anew': async (subject) => {
    const { backend, prefix } = subject;
    await setNames(subject, ['a1', 'a2', 'a3']);
    for await (const { key } of backend.list?.(`${prefix}a`) ?? []) {
      assert.ok(key.startsWith(prefix), 'a key of this case');
      break;
    }
    await assertListed(subject, 'a', ['a1', 'a2', 'a3']);
  },

  'reports deleteAt as it was set, or not at all': async ({ backend, prefix, now }) => {
    const deleteAt = Math.ceil(now()) + 3_600_000;
    await backend.set(`${prefix}a`, bytesOf('a'), { deleteAt });
    await backend.set(`${prefix}b`, bytesOf('b'));
    for (const item of (await listed(backend, prefix)) ?? []) {
      const expected = item.key === `${prefix}a` ? deleteAt : undefined;
      const tolerance = backend.capabilities.expiryResolutionMilliseconds;
      const isRight =
        item.deleteAt === undefined || Math.abs(item.deleteAt - (expected ?? Infinity)) <= tolerance;
      assert.ok(isRight, `deleteAt of ${item.key}: expected ${expected}, got ${item.deleteAt}`);
    }
  },
});

function setNames({ backend, prefix }: BackendSubject, names: readonly string[]): Promise<void> {
  return setMany(
    backend,
    names.map((name) => ({ key: prefix + name, bytes: bytesOf(name) })),
  );
}

async function assertListed(
  { backend, prefix }: BackendSubject,
  namePrefix: string,
  names: readonly string[],
): Promise<void> {
  const found = await listed(backend, prefix + namePrefix);
  if (found === undefined) return;
  const expected = names.map((name) => prefix + name).sort();
  assert.deepEqual(found.map(({ key }) => key).sort(), expected, `list(${JSON.stringify(namePrefix)})`);
}
