import assert from 'node:assert/strict';
import { assertRejects } from '../expectations.ts';
import { group } from '../suite-case.ts';
import type { SharedStateCase, SharedStateSubject } from './subject.ts';

const HOUR_MILLISECONDS = 3_600_000;

/** A lease has one holder, until it is given back or its time is over. */
export const leaseCases: readonly SharedStateCase[] = group<SharedStateSubject>('leases', {
  'a lease is had by one at a time': async ({ state, other, prefix, now }) => {
    const token = await state.acquire(`${prefix}a`, now() + HOUR_MILLISECONDS);
    assert.ok(typeof token === 'string' && token !== '', 'the first gets a token');
    assert.equal(await state.acquire(`${prefix}a`, now() + HOUR_MILLISECONDS), undefined, 'the second');
    assert.equal(await other.acquire(`${prefix}a`, now() + HOUR_MILLISECONDS), undefined, 'the third');
  },

  'of a hundred that ask at once one gets it': async ({ state, other, prefix, now }) => {
    const expiresAt = now() + HOUR_MILLISECONDS;
    const asked = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? state : other));
    const tokens = await Promise.all(asked.map((either) => either.acquire(`${prefix}a`, expiresAt)));
    assert.equal(tokens.filter((token) => token !== undefined).length, 1, 'holders');
  },

  'it is free again after its release': async ({ state, other, prefix, now }) => {
    const token = await state.acquire(`${prefix}a`, now() + HOUR_MILLISECONDS);
    await state.release(`${prefix}a`, token ?? '');
    assert.ok(await other.acquire(`${prefix}a`, now() + HOUR_MILLISECONDS), 'the next gets it');
  },

  'only the token of the holder releases it': async ({ state, prefix, now }) => {
    const token = await state.acquire(`${prefix}a`, now() + HOUR_MILLISECONDS);
    for (const wrong of ['', 'wrong', `${token}x`, (token ?? '').slice(0, -1)]) {
      await state.release(`${prefix}a`, wrong);
      const taken = await state.acquire(`${prefix}a`, now() + HOUR_MILLISECONDS);
      assert.equal(taken, undefined, `after release with ${JSON.stringify(wrong)}`);
    }
  },

  'tokens are never used again': async ({ state, prefix, now }) => {
    const tokens = new Set<string | undefined>();
    for (let time = 0; time < 10; time += 1) {
      const token = await state.acquire(`${prefix}a`, now() + HOUR_MILLISECONDS);
      tokens.add(token);
      await state.release(`${prefix}a`, token ?? '');
    }
    assert.equal(tokens.size, 10, 'different tokens');
  },

  'it ends at its expiresAt, and its old token is worth nothing then': async (subject) => {
    const { state, prefix, now } = subject;
    const token = await state.acquire(`${prefix}a`, now() + 300);
    if (!(await subject.elapse(400))) return;
    assert.ok(await state.acquire(`${prefix}a`, now() + HOUR_MILLISECONDS), 'the next gets it');
    await state.release(`${prefix}a`, token ?? '');
    assert.equal(
      await state.acquire(`${prefix}a`, now() + HOUR_MILLISECONDS),
      undefined,
      'it is still held by the next',
    );
  },

  'one that has ended before it began stands in nobody\u2019s way': async ({ state, prefix, now }) => {
    await state.acquire(`${prefix}a`, now() - 60_000);
    assert.ok(await state.acquire(`${prefix}a`, now() + HOUR_MILLISECONDS), 'the next gets it');
  },

  'releasing what nobody holds is no error': async ({ state, prefix }) => {
    await state.release(`${prefix}a`, 'token');
  },

  'leases of other names are others': async ({ state, prefix, now }) => {
    for (const name of ['a', 'A', 'a:', 'a*', '{a}', 'a\0', '\u00e9', '__proto__']) {
      assert.ok(await state.acquire(prefix + name, now() + HOUR_MILLISECONDS), JSON.stringify(name));
    }
  },

  'an expiresAt that is no finite number is refused': async ({ state, prefix }) => {
    for (const wrong of [Number.NaN, Infinity]) {
      await assertRejects(
        `acquire until ${wrong}`,
        () => state.acquire(`${prefix}a`, wrong),
        'CACHE_INVALID_OPTION',
      );
    }
  },

  'a lease, a counter and a value of one name do not touch each other': async ({ state, prefix, now }) => {
    const key = `${prefix}a`;
    const expiresAt = now() + HOUR_MILLISECONDS;
    await state.setMany([{ key, value: 'value', expiresAt }]);
    const result = await state.increment([{ key, by: 1, expiresAt }]);
    assert.deepEqual(result.allowed && result.values, [1], 'the counter');
    const token = await state.acquire(key, expiresAt);
    assert.ok(token, 'the lease');
    await state.release(key, token);
    assert.deepEqual(await state.getMany([key]), ['value'], 'the value');
  },
});
