import assert from 'node:assert/strict';
import type { SharedState } from '../../../contract/shared-state.ts';
import { assertRejects } from '../expectations.ts';
import { group } from '../suite-case.ts';
import type { SharedStateCase, SharedStateSubject } from './subject.ts';

const HOUR_MILLISECONDS = 3_600_000;

/** Small texts under keys, for cooldowns and the like. */
export const valueCases: readonly SharedStateCase[] = group<SharedStateSubject>('values', {
  'are answered in the order asked, undefined where there is none': async ({ state, prefix }) => {
    await state.setMany([
      { key: `${prefix}a`, value: '1' },
      { key: `${prefix}b`, value: '2' },
    ]);
    await assertValues(state, prefix, ['b', 'x', 'a', 'b'], ['2', undefined, '1', '2']);
  },

  'are seen by the other process': async ({ state, other, prefix }) => {
    await state.setMany([{ key: `${prefix}a`, value: '1' }]);
    await assertValues(other, prefix, ['a'], ['1']);
  },

  'replace what was there, the last of one call too': async ({ state, prefix }) => {
    await state.setMany([{ key: `${prefix}a`, value: 'old' }]);
    await state.setMany([
      { key: `${prefix}a`, value: 'first' },
      { key: `${prefix}a`, value: 'last' },
    ]);
    await assertValues(state, prefix, ['a'], ['last']);
  },

  'come back unchanged': async ({ state, prefix }) => {
    const values = [
      '',
      ' ',
      '0',
      'null',
      'a\0b',
      'a\r\nb',
      '\u00e9',
      'e\u0301',
      '\u{1F600}',
      'x'.repeat(100_000),
    ];
    await state.setMany(values.map((value, index) => ({ key: `${prefix}${index}`, value })));
    await assertValues(state, prefix, [...values.keys()].map(String), values);
  },

  'are kept under keys that differ in every character': async ({ state, prefix }) => {
    const names = [
      'a',
      'A',
      'a ',
      'a:',
      'a*',
      '{a}',
      'a\n',
      'a\0',
      '\u00e9',
      'e\u0301',
      '__proto__',
      'length',
    ];
    await assertValues(
      state,
      prefix,
      names,
      names.map(() => undefined),
    );
    await state.setMany(names.map((name) => ({ key: prefix + name, value: `value of ${name}` })));
    await assertValues(
      state,
      prefix,
      names,
      names.map((name) => `value of ${name}`),
    );
  },

  'none asked is none answered, none set is nothing': async ({ state }) => {
    await state.setMany([]);
    assert.deepEqual(await state.getMany([]), []);
  },

  'a thousand are set and read at once': async ({ state, prefix }) => {
    const names = Array.from({ length: 1_000 }, (_, index) => `n${index}`);
    await state.setMany(names.map((name) => ({ key: prefix + name, value: name })));
    await assertValues(state, prefix, names, names);
  },

  'end at their expiresAt, each at its own': async (subject) => {
    const { state, prefix, now } = subject;
    await state.setMany([
      { key: `${prefix}soon`, value: '1', expiresAt: now() + 300 },
      { key: `${prefix}later`, value: '2', expiresAt: now() + HOUR_MILLISECONDS },
      { key: `${prefix}never`, value: '3' },
    ]);
    if (!(await subject.elapse(400))) return;
    await assertValues(state, prefix, ['soon', 'later', 'never'], [undefined, '2', '3']);
  },

  'live as long as they were last told to': async (subject) => {
    const { state, prefix, now } = subject;
    const soon = now() + 300;
    await state.setMany([
      { key: `${prefix}a`, value: 'old', expiresAt: soon },
      { key: `${prefix}b`, value: 'old', expiresAt: soon },
    ]);
    await state.setMany([
      { key: `${prefix}a`, value: 'new', expiresAt: now() + HOUR_MILLISECONDS },
      { key: `${prefix}b`, value: 'new' },
    ]);
    if (!(await subject.elapse(400))) return;
    await assertValues(state, prefix, ['a', 'b'], ['new', 'new']);
  },

  'are gone at once if their expiresAt has passed': async ({ state, prefix, now }) => {
    await state.setMany([{ key: `${prefix}a`, value: 'old' }]);
    await state.setMany([{ key: `${prefix}a`, value: 'new', expiresAt: now() - 60_000 }]);
    await assertValues(state, prefix, ['a'], [undefined]);
  },

  'with an expiresAt that is no finite number are refused, all of them': async ({ state, prefix }) => {
    const items = [
      { key: `${prefix}a`, value: '1' },
      { key: `${prefix}b`, value: '2', expiresAt: Number.NaN },
    ];
    await assertRejects('setMany', () => state.setMany(items), 'CACHE_INVALID_OPTION');
    await assertValues(state, prefix, ['a', 'b'], [undefined, undefined]);
  },
});

async function assertValues(
  state: SharedState,
  prefix: string,
  names: readonly string[],
  expected: readonly (string | undefined)[],
): Promise<void> {
  const actual = await state.getMany(names.map((name) => prefix + name));
  assert.equal(actual.length, expected.length, 'getMany: one answer for each key');
  for (const [index, value] of expected.entries()) {
    const isEqual = actual[index] === value;
    assert.ok(
      isEqual,
      `the value of ${JSON.stringify(names[index])} is ${JSON.stringify(actual[index])?.slice(0, 80)}`,
    );
  }
}
