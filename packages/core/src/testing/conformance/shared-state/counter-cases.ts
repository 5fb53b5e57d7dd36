import assert from 'node:assert/strict';
import type { Increment, IncrementResult, SharedState } from '../../../contract/shared-state.ts';
import { assertRejects } from '../expectations.ts';
import { group } from '../suite-case.ts';
import type { SharedStateCase, SharedStateSubject } from './subject.ts';

const HOUR_MILLISECONDS = 3_600_000;

/** How far a reported `expiresAt` may be from the one given, where the state counts what remains. */
const EXPIRY_TOLERANCE_MILLISECONDS = 1_000;

/** Counters change together or not at all, and never pass a limit, however many ask at once. */
export const counterCases: readonly SharedStateCase[] = group<SharedStateSubject>('counters', {
  'a counter starts at 0 and grows by what is given': async (subject) => {
    await assertRaised(subject, [{ name: 'a', by: 2 }], [2]);
    await assertRaised(subject, [{ name: 'a', by: 3 }], [5]);
  },

  'it may be raised by a fraction, and lowered': async (subject) => {
    await assertRaised(subject, [{ name: 'a', by: 0.25 }], [0.25]);
    await assertRaised(subject, [{ name: 'a', by: 1e-7 }], [0.2500001]);
    await assertRaised(subject, [{ name: 'a', by: -0.5 }], [-0.2499999]);
  },

  'it counts exactly up to 2^53': async (subject) => {
    await assertRaised(subject, [{ name: 'a', by: 2 ** 53 - 2 }], [2 ** 53 - 2]);
    await assertRaised(subject, [{ name: 'a', by: 1 }], [2 ** 53 - 1]);
  },

  'several change together, answered in the order given': async (subject) => {
    await assertRaised(subject, [{ name: 'b', by: 7 }], [7]);
    await assertRaised(
      subject,
      [
        { name: 'c', by: 1 },
        { name: 'b', by: 1 },
        { name: 'a', by: 5 },
      ],
      [1, 8, 5],
    );
  },

  'one named twice is raised twice': async (subject) => {
    await assertRaised(
      subject,
      [
        { name: 'a', by: 1 },
        { name: 'a', by: 2 },
      ],
      [1, 3],
    );
    await assertRaised(subject, [{ name: 'a', by: 0 }], [3]);
  },

  'no increments are allowed, and change nothing': async (subject) => {
    await assertRaised(subject, [], []);
  },

  'a limit may be reached': async (subject) => {
    await assertRaised(subject, [{ name: 'a', by: 10, limit: 10 }], [10]);
  },

  'a limit may not be passed, and says which': async (subject) => {
    await assertRaised(subject, [{ name: 'a', by: 10, limit: 10 }], [10]);
    await assertRefused(subject, [{ name: 'a', by: 1, limit: 10 }], 'a');
    await assertRaised(subject, [{ name: 'a', by: 0 }], [10]);
  },

  'a counter that is new keeps to its limit too': async (subject) => {
    await assertRefused(subject, [{ name: 'a', by: 11, limit: 10 }], 'a');
    await assertRaised(subject, [{ name: 'a', by: 10, limit: 10 }], [10]);
  },

  'if one passes its limit, none changes': async (subject) => {
    await assertRaised(subject, [{ name: 'b', by: 10 }], [10]);
    const increments = [
      { name: 'a', by: 1 },
      { name: 'b', by: 1, limit: 10 },
      { name: 'c', by: 1 },
    ];
    await assertRefused(subject, increments, 'b');
    await assertRaised(
      subject,
      [
        { name: 'a', by: 0 },
        { name: 'b', by: 0 },
        { name: 'c', by: 0 },
      ],
      [0, 10, 0],
    );
  },

  'a limit sees what the same call has added before': async (subject) => {
    const increments = [
      { name: 'a', by: 1, limit: 1 },
      { name: 'a', by: 1, limit: 1 },
    ];
    await assertRefused(subject, increments, 'a');
    await assertRaised(subject, [{ name: 'a', by: 0 }], [0]);
  },

  'a refusal tells when the counter starts again': async (subject) => {
    const expiresAt = subject.now() + HOUR_MILLISECONDS;
    await raise(subject, [{ name: 'a', by: 1, expiresAt }]);
    const later = { name: 'a', by: 1, limit: 1, expiresAt: expiresAt + HOUR_MILLISECONDS };
    const result = await raise(subject, [later]);
    assert.ok(!result.allowed, 'the limit was passed');
    const difference = Math.abs(result.expiresAt - expiresAt);
    assert.ok(
      difference <= EXPIRY_TOLERANCE_MILLISECONDS,
      `expiresAt is ${difference} ms off the counter's own`,
    );
  },

  'a limit holds for the call that gives it only': async (subject) => {
    await assertRaised(subject, [{ name: 'a', by: 1, limit: 1 }], [1]);
    await assertRaised(subject, [{ name: 'a', by: 1 }], [2]);
  },

  'a counter starts again at its expiresAt, which later increments do not move': async (subject) => {
    const expiresAt = subject.now() + 600;
    await raise(subject, [{ name: 'a', by: 5, expiresAt }]);
    await assertRaised(subject, [{ name: 'a', by: 1 }], [6]);
    if (!(await subject.elapse(700))) return;
    await assertRaised(subject, [{ name: 'a', by: 1, limit: 1 }], [1]);
  },

  'looking at a counter by 0 does not make one': async (subject) => {
    await raise(subject, [{ name: 'a', by: 0, expiresAt: subject.now() + 600 }]);
    await assertRaised(subject, [{ name: 'a', by: 1 }], [1]);
    if (!(await subject.elapse(700))) return;
    await assertRaised(subject, [{ name: 'a', by: 1 }], [2]);
  },

  'a counter whose expiresAt has passed already is not kept': async (subject) => {
    await raise(subject, [{ name: 'a', by: 5, expiresAt: subject.now() - 60_000 }]);
    await assertRaised(subject, [{ name: 'a', by: 1 }], [1]);
  },

  'names differ in every character': async (subject) => {
    const names = ['a', 'A', 'a ', 'a:', 'a*', 'a{b}', '{a}', 'a\n', 'a\0', '\u00e9', 'e\u0301', '__proto__'];
    for (const [index, name] of names.entries()) {
      await assertRaised(subject, [{ name, by: index + 1 }], [index + 1]);
    }
  },

  'what is no finite number is refused and changes nothing': async (subject) => {
    const { state, prefix, now } = subject;
    for (const wrong of [Number.NaN, Infinity, -Infinity]) {
      const increments = [
        { key: `${prefix}b`, by: 1, expiresAt: now() + HOUR_MILLISECONDS },
        { key: `${prefix}a`, by: wrong, expiresAt: now() + HOUR_MILLISECONDS },
      ];
      await assertRejects(`increment by ${wrong}`, () => state.increment(increments), 'CACHE_INVALID_OPTION');
      const limit = [{ key: `${prefix}a`, by: 1, limit: Number.NaN, expiresAt: now() + HOUR_MILLISECONDS }];
      await assertRejects('increment with limit NaN', () => state.increment(limit), 'CACHE_INVALID_OPTION');
      const expiry = [{ key: `${prefix}a`, by: 1, expiresAt: wrong }];
      await assertRejects(`increment until ${wrong}`, () => state.increment(expiry), 'CACHE_INVALID_OPTION');
    }
    await assertRaised(
      subject,
      [
        { name: 'a', by: 0 },
        { name: 'b', by: 0 },
      ],
      [0, 0],
    );
  },

  'of two hundred at once exactly as many pass as the limit has room for': async (subject) => {
    const { state, other, prefix, now } = subject;
    const expiresAt = now() + HOUR_MILLISECONDS;
    const increments = [
      { key: `${prefix}all`, by: 1, expiresAt },
      { key: `${prefix}a`, by: 1, limit: 50, expiresAt },
    ];
    const asked = Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? state : other));
    const results = await Promise.all(asked.map((either) => either.increment(increments)));
    assert.equal(results.filter(({ allowed }) => allowed).length, 50, 'allowed');
    const values = results.flatMap((result) => (result.allowed ? [result.values[1]] : []));
    assert.equal(new Set(values).size, 50, 'each of those allowed saw a value of its own');
    await assertRaised(subject, [{ name: 'all', by: 0 }], [50]);
  },

  'the other process sees the same counter': async (subject) => {
    await assertRaised(subject, [{ name: 'a', by: 1 }], [1]);
    await assertRaised({ ...subject, state: subject.other }, [{ name: 'a', by: 1 }], [2]);
    await assertRefused(subject, [{ name: 'a', by: 1, limit: 2 }], 'a');
  },
});

type Raise = Omit<Increment, 'key' | 'expiresAt'> & { readonly name: string; readonly expiresAt?: number };

type Counting = Pick<SharedStateSubject, 'prefix' | 'now'> & { readonly state: SharedState };

/** Counters live an hour where a case says nothing else. */
function raise({ state, prefix, now }: Counting, raises: readonly Raise[]): Promise<IncrementResult> {
  return state.increment(
    raises.map(({ name, expiresAt = now() + HOUR_MILLISECONDS, ...rest }) => ({
      ...rest,
      key: prefix + name,
      expiresAt,
    })),
  );
}

async function assertRaised(
  counting: Counting,
  raises: readonly Raise[],
  expected: readonly number[],
): Promise<void> {
  const result = await raise(counting, raises);
  assert.ok(result.allowed, `increment(${JSON.stringify(raises)}) was refused`);
  assert.equal(result.values.length, expected.length, 'a value for each increment');
  for (const [index, value] of expected.entries()) {
    const actual: unknown = result.values[index];
    assert.ok(
      typeof actual === 'number' && isClose(actual, value),
      `the value of ${JSON.stringify(raises[index]?.name)}: expected ${value}, got ${String(actual)}`,
    );
  }
}

/** Whole numbers are exact; of fractions the last digits are not. */
function isClose(actual: number, expected: number): boolean {
  if (Number.isInteger(expected)) return actual === expected;
  return Math.abs(actual - expected) <= Math.abs(expected) * 1e-12;
}

async function assertRefused(counting: Counting, raises: readonly Raise[], exceeded: string): Promise<void> {
  const result = await raise(counting, raises);
  assert.ok(!result.allowed, `increment(${JSON.stringify(raises)}) was allowed`);
  assert.equal(result.exceeded, counting.prefix + exceeded, 'exceeded');
}
