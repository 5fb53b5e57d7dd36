import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertStored, bytesOf, setMany } from './expectations.ts';
import type { BackendCase, BackendSubject } from './suite-case.ts';
import { group } from './suite-case.ts';

const DAY_MILLISECONDS = 86_400_000;
const REMOVAL_ATTEMPTS = 100;

const VALUE = bytesOf('value');

/** `deleteAt` is the moment until which bytes are kept, and after which nobody wants them. */
export const expiryCases: readonly BackendCase[] = group('expiry', {
  'a deleteAt in the past is no error and leaves no older value': async ({ backend, prefix, now }) => {
    await backend.set(`${prefix}a`, bytesOf('old'));
    await backend.set(`${prefix}a`, VALUE, { deleteAt: now() - 60_000 });
    const left = await backend.get(`${prefix}a`);
    assert.ok(left === undefined || Buffer.from(VALUE).equals(left), 'the older value came back');
  },

  'a value is kept until its deleteAt': async (subject) => {
    const { backend, prefix, now } = subject;
    const span = Math.max(1_500, 2 * backend.capabilities.expiryResolutionMilliseconds);
    const deleteAt = now() + span;
    await backend.set(`${prefix}a`, VALUE, { deleteAt });
    await assertStored(backend, `${prefix}a`, VALUE);
    if (!(await subject.elapse(span - 100))) return;
    const left = await backend.get(`${prefix}a`);
    // A slow machine may have been overtaken by the clock.
    if (now() < deleteAt) assert.ok(left, 'the value was gone before its deleteAt');
  },

  'a deleteAt weeks or a century ahead is kept': async (subject) => {
    const { backend, prefix, now } = subject;
    // 25 days are more milliseconds than a signed 32-bit number holds; a timer of that length fires at once.
    for (const days of [25, 36_500])
      await backend.set(`${prefix}${days}`, VALUE, { deleteAt: now() + days * DAY_MILLISECONDS });
    await subject.elapse(20);
    for (const days of [25, 36_500]) await assertStored(backend, `${prefix}${days}`, VALUE);
  },

  'a deleteAt with a fraction of a millisecond is taken': async ({ backend, prefix, now }) => {
    await backend.set(`${prefix}a`, VALUE, { deleteAt: now() + 60_000.5 });
    await assertStored(backend, `${prefix}a`, VALUE);
  },

  'a value without deleteAt is kept': async (subject) => {
    await subject.backend.set(`${subject.prefix}a`, VALUE);
    if (!(await subject.elapse(1_000))) return;
    await assertStored(subject.backend, `${subject.prefix}a`, VALUE);
    if (await subject.elapse(365 * DAY_MILLISECONDS))
      await assertStored(subject.backend, `${subject.prefix}a`, VALUE);
  },

  'a later deleteAt replaces the earlier': async (subject) => {
    const { backend, prefix, now } = subject;
    await backend.set(`${prefix}a`, bytesOf('old'), { deleteAt: now() + shortSpan(subject) });
    await backend.set(`${prefix}a`, VALUE, { deleteAt: now() + DAY_MILLISECONDS });
    if (await subject.elapse(afterRemoval(subject))) await assertStored(backend, `${prefix}a`, VALUE);
  },

  'no deleteAt replaces the earlier': async (subject) => {
    const { backend, prefix, now } = subject;
    await backend.set(`${prefix}a`, bytesOf('old'), { deleteAt: now() + shortSpan(subject) });
    await backend.set(`${prefix}a`, VALUE);
    if (await subject.elapse(afterRemoval(subject))) await assertStored(backend, `${prefix}a`, VALUE);
  },

  'setMany gives each value its own deleteAt': async (subject) => {
    const { backend, prefix, now } = subject;
    await setMany(backend, [
      { key: `${prefix}soon`, bytes: VALUE, deleteAt: now() + shortSpan(subject) },
      { key: `${prefix}later`, bytes: VALUE, deleteAt: now() + DAY_MILLISECONDS },
      { key: `${prefix}never`, bytes: VALUE },
    ]);
    if (!(await subject.elapse(afterRemoval(subject)))) return;
    await assertStored(backend, `${prefix}later`, VALUE);
    await assertStored(backend, `${prefix}never`, VALUE);
  },

  'native expiry removes a value after its deleteAt': async (subject) => {
    const { backend, prefix, now } = subject;
    if (backend.capabilities.expiry !== 'native') return;
    await backend.set(`${prefix}a`, VALUE, { deleteAt: now() + shortSpan(subject) });
    if (await subject.elapse(afterRemoval(subject))) await assertRemoved(subject, 'a');
  },

  'an earlier deleteAt replaces the later': async (subject) => {
    const { backend, prefix, now } = subject;
    if (backend.capabilities.expiry !== 'native') return;
    await backend.set(`${prefix}a`, bytesOf('old'), { deleteAt: now() + DAY_MILLISECONDS });
    await backend.set(`${prefix}a`, VALUE, { deleteAt: now() + shortSpan(subject) });
    if (await subject.elapse(afterRemoval(subject))) await assertRemoved(subject, 'a');
  },

  'an expired value can be set again': async (subject) => {
    const { backend, prefix, now } = subject;
    await backend.set(`${prefix}a`, bytesOf('old'), { deleteAt: now() + shortSpan(subject) });
    if (!(await subject.elapse(afterRemoval(subject)))) return;
    await backend.set(`${prefix}a`, VALUE, { deleteAt: now() + DAY_MILLISECONDS });
    await assertStored(backend, `${prefix}a`, VALUE);
  },
});

/** Long enough for a few operations over a network. */
function shortSpan({ backend }: BackendSubject): number {
  return Math.max(300, backend.capabilities.expiryResolutionMilliseconds);
}

function afterRemoval(subject: BackendSubject): number {
  return shortSpan(subject) + subject.backend.capabilities.expiryResolutionMilliseconds + 50;
}

/** A server removes "some time after": it is asked again for a while, in real time. */
async function assertRemoved({ backend, prefix }: BackendSubject, name: string): Promise<void> {
  for (let attempt = 1; attempt < REMOVAL_ATTEMPTS; attempt += 1) {
    if ((await backend.get(prefix + name)) === undefined) return;
    await sleep(10);
  }
  await assertStored(backend, prefix + name, undefined);
}
