import assert from 'node:assert/strict';
import { assertStored, bytesOf, clear, setMany } from './expectations.ts';
import type { BackendCase, BackendSubject } from './suite-case.ts';
import { group } from './suite-case.ts';

const MORE_THAN_A_PAGE = 1_050;

/** Cases for backends with `clear`, or with `list`, by which the cache clears; on others they have nothing to say. */
export const clearCases: readonly BackendCase[] = group('clear', {
  'removes every key with the prefix': async (subject) => {
    await assertCleared(subject, { set: ['a1', 'a2', 'a'], clear: 'a', left: [] });
  },

  'counts what it removed': async (subject) => {
    await setNames(subject, ['a1', 'a2', 'b1']);
    const count = await clear(subject.backend, `${subject.prefix}a`);
    assert.ok(count === undefined || count === 2, `clear: two keys had the prefix, got ${count}`);
  },

  'leaves all others': async (subject) => {
    await assertCleared(subject, { set: ['a1', 'b1', 'ba1', 'A1'], clear: 'a', left: ['b1', 'ba1', 'A1'] });
  },

  'leaves a namespace that starts like the one cleared': async (subject) => {
    const left = ['team2:a', 'team:a', 'team1', 'team10:a'];
    await assertCleared(subject, { set: ['team1:a', 'team1:b', ...left], clear: 'team1:', left });
  },

  'takes glob and pattern characters literally': async (subject) => {
    for (const prefix of ['a*', 'a?', '[ab]', 'a.', 'a\\', 'a%', 'a_']) {
      await assertCleared(subject, {
        set: [`${prefix}1`, 'ab1', 'b1', 'aab1'],
        clear: prefix,
        left: ['ab1', 'b1', 'aab1'],
      });
    }
  },

  'of a prefix without keys is zero': async (subject) => {
    await setNames(subject, ['a1']);
    const count = await clear(subject.backend, `${subject.prefix}b`);
    assert.ok(count === undefined || count === 0, `clear: no key had the prefix, got ${count}`);
  },

  'removes more than a thousand keys': async (subject) => {
    if (!canClear(subject)) return;
    const names = Array.from({ length: MORE_THAN_A_PAGE }, (_, index) => `p${index}`);
    await setNames(subject, names);
    assert.equal(await clear(subject.backend, `${subject.prefix}p`), names.length, 'all had the prefix');
    for (const name of ['p0', 'p999', 'p1049'])
      await assertStored(subject.backend, subject.prefix + name, undefined);
  },

  'leaves the prefix usable': async (subject) => {
    await assertCleared(subject, { set: ['a1'], clear: 'a', left: [] });
    await setNames(subject, ['a1', 'a2']);
    await assertStored(subject.backend, `${subject.prefix}a1`, bytesOf('a1'));
  },
});

function canClear({ backend }: BackendSubject): boolean {
  return backend.clear !== undefined || backend.list !== undefined;
}

function setNames({ backend, prefix }: BackendSubject, names: readonly string[]): Promise<void> {
  return setMany(
    backend,
    names.map((name) => ({ key: prefix + name, bytes: bytesOf(name) })),
  );
}

interface Clearing {
  readonly set: readonly string[];
  readonly clear: string;
  readonly left: readonly string[];
}

async function assertCleared(subject: BackendSubject, clearing: Clearing): Promise<void> {
  if (!canClear(subject)) return;
  await setNames(subject, clearing.set);
  await clear(subject.backend, subject.prefix + clearing.clear);
  for (const name of clearing.set) {
    const expected = clearing.left.includes(name) ? bytesOf(name) : undefined;
    await assertStored(subject.backend, subject.prefix + name, expected);
  }
}
