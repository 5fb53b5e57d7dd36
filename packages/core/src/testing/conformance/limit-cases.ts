import assert from 'node:assert/strict';
import { assertRejects, assertStored, bytesOf, patternOf, setMany } from './expectations.ts';
import type { BackendCase, BackendSubject } from './suite-case.ts';
import { group } from './suite-case.ts';

/** Above this a limit is taken at its word. */
const TESTED_LIMIT_BYTES = 16 * 1024 * 1024;

/** Cases for backends whose `maxValueBytes` is at most 16 MiB. */
export const limitCases: readonly BackendCase[] = group('limits', {
  'a value of maxValueBytes is taken': limited(async ({ backend, prefix }, maxValueBytes) => {
    const value = patternOf(maxValueBytes);
    await backend.set(`${prefix}a`, value);
    await assertStored(backend, `${prefix}a`, value);
  }),

  'a larger value is CACHE_ENTRY_TOO_LARGE': limited(async ({ backend, prefix }, maxValueBytes) => {
    const tooLarge = patternOf(maxValueBytes + 1);
    await assertRejects('set', () => backend.set(`${prefix}a`, tooLarge), 'CACHE_ENTRY_TOO_LARGE');
  }),

  'a larger value in setMany is CACHE_ENTRY_TOO_LARGE': limited(
    async ({ backend, prefix }, maxValueBytes) => {
      const items = [
        { key: `${prefix}a`, bytes: bytesOf('a') },
        { key: `${prefix}b`, bytes: patternOf(maxValueBytes + 1) },
      ];
      await assertRejects('setMany', () => setMany(backend, items), 'CACHE_ENTRY_TOO_LARGE');
    },
  ),

  'of a value too large no part is stored': limited(async ({ backend, prefix }, maxValueBytes) => {
    await backend.set(`${prefix}a`, bytesOf('old'));
    await backend.set(`${prefix}a`, patternOf(maxValueBytes + 1)).catch(() => undefined);
    const left = await backend.get(`${prefix}a`);
    const isOldOrNothing = left === undefined || Buffer.from(left).toString() === 'old';
    assert.ok(isOldOrNothing, 'part of the value was stored');
  }),
});

function limited(
  run: (subject: BackendSubject, maxValueBytes: number) => Promise<void>,
): (subject: BackendSubject) => Promise<void> {
  return async (subject) => {
    const { maxValueBytes } = subject.backend.capabilities;
    if (maxValueBytes <= TESTED_LIMIT_BYTES) await run(subject, maxValueBytes);
  };
}
