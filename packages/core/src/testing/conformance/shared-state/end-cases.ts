import assert from 'node:assert/strict';
import { assertRejects, assertSettles } from '../expectations.ts';
import type { Operation } from '../operations.ts';
import { group } from '../suite-case.ts';
import { assertHears, listen } from './listener.ts';
import type { SharedStateCase, SharedStateSubject } from './subject.ts';

/** Whoever stops waiting is told so at once, and after the end nothing happens any more. */
export const endCases: readonly SharedStateCase[] = group<SharedStateSubject>('ends', {
  'every operation rejects an aborted signal': async (subject) => {
    for (const { name, run } of operationsOf(subject)) {
      const signal = AbortSignal.abort(new Error('the caller has gone'));
      await assertRejects(`${name} with an aborted signal`, () => run({ signal }), 'CACHE_ABORTED');
    }
    const result = await subject.state.increment([
      { key: `${subject.prefix}a`, by: 0, expiresAt: subject.now() + 60_000 },
    ]);
    assert.deepEqual(result.allowed && result.values, [0], 'nothing was counted');
  },

  'an abort in flight is CACHE_ABORTED unless the work was done already': async (subject) => {
    for (const { name, run } of operationsOf(subject)) {
      const abort = new AbortController();
      const pending = run({ signal: abort.signal });
      abort.abort(new Error('the caller has gone'));
      await assertSettles(`${name}, aborted in flight,`, pending, 'CACHE_ABORTED');
    }
  },

  'everything rejects after close': async (subject) => {
    if (subject.close === undefined) return;
    const listener = await listen(subject.state, subject.prefix);
    await subject.close();
    for (const { name, run } of operationsOf(subject)) {
      await assertRejects(`${name} after close`, run, 'CACHE_CLOSED');
    }
    await assertRejects('subscribe after close', () => listen(subject.state, subject.prefix), 'CACHE_CLOSED');
    await listener.end();
  },

  'nothing is heard after close, and no gap told': async (subject) => {
    const { other, state, prefix, close } = subject;
    if (close === undefined || other === state) return;
    const [ending, staying] = [await listen(state, prefix), await listen(other, prefix)];
    await close();
    await other.publish(`${prefix}a`);
    await assertHears(staying, 'a');
    assert.deepEqual(ending.heard, []);
    await staying.end();
  },
});

function operationsOf({ state, prefix, now }: SharedStateSubject): readonly Operation[] {
  const key = `${prefix}a`;
  const expiresAt = now() + 60_000;
  return [
    { name: 'increment', run: (options) => state.increment([{ key, by: 1, expiresAt }], options) },
    { name: 'acquire', run: (options) => state.acquire(key, expiresAt, options) },
    { name: 'release', run: (options) => state.release(key, 'token', options) },
    { name: 'getMany', run: (options) => state.getMany([key], options) },
    { name: 'setMany', run: (options) => state.setMany([{ key, value: 'value' }], options) },
    { name: 'publish', run: (options) => state.publish(`${prefix}message`, options) },
  ];
}
