import assert from 'node:assert/strict';
import { BACKEND_CONTRACT } from '../../contract/backend.ts';
import { assertRejects, assertSettles, assertStored, bytesOf } from './expectations.ts';
import { optionalOperations, requiredOperations } from './operations.ts';
import type { BackendCase, BackendSubject } from './suite-case.ts';
import { group } from './suite-case.ts';

/** What a backend says of itself, how it ends, and what outlives it. */
export const lifecycleCases: readonly BackendCase[] = group('lifecycle', {
  'contract and name are given': async ({ backend }) => {
    assert.equal(backend.contract, BACKEND_CONTRACT, 'contract');
    assert.ok(typeof backend.name === 'string' && backend.name !== '', 'name is a non-empty string');
  },

  'capabilities are complete': async ({ backend: { capabilities } }) => {
    assert.ok(['native', 'none'].includes(capabilities.expiry), 'expiry is native or none');
    assert.ok(
      capabilities.expiryResolutionMilliseconds >= 0,
      'expiryResolutionMilliseconds is a number from 0',
    );
    assert.ok(capabilities.maxValueBytes >= 1, 'maxValueBytes is a number from 1');
    assert.ok(capabilities.maxKeyBytes >= 1, 'maxKeyBytes is a number from 1');
    assert.equal(typeof capabilities.shared, 'boolean', 'shared is a boolean');
  },

  'capabilities never change': async ({ backend, prefix }) => {
    const before = { ...backend.capabilities };
    await backend.set(`${prefix}a`, bytesOf('a'));
    await backend.get(`${prefix}a`);
    await backend.close();
    assert.deepEqual({ ...backend.capabilities }, before, 'capabilities before and after');
  },

  'a default lifetime, if given, is a positive number of seconds': async ({
    backend: { defaultTtlSeconds },
  }) => {
    assert.ok(defaultTtlSeconds === undefined || defaultTtlSeconds > 0, `got ${defaultTtlSeconds}`);
  },

  'ping resolves where the server answers': async ({ backend }) => {
    await backend.ping();
    await backend.ping();
  },

  'close may be called twice, and at the same time': async ({ backend, prefix }) => {
    await backend.set(`${prefix}a`, bytesOf('a'));
    await Promise.all([backend.close(), backend.close()]);
    await backend.close();
  },

  'close works before anything else was done': async ({ backend, prefix }) => {
    await backend.close();
    await assertRejects('get after close', () => backend.get(`${prefix}a`), 'CACHE_CLOSED');
  },

  'get, set, delete and ping reject after close': async (subject) => {
    await closeInUse(subject);
    for (const { name, run } of requiredOperations(subject.backend, `${subject.prefix}a`)) {
      await assertRejects(`${name} after close`, run, 'CACHE_CLOSED');
    }
  },

  'the optional operations reject after close': async (subject) => {
    await closeInUse(subject);
    for (const { name, run } of optionalOperations(subject.backend, `${subject.prefix}a`)) {
      await assertRejects(`${name} after close`, run, 'CACHE_CLOSED');
    }
  },

  'operations in flight settle when the backend is closed': async ({ backend, prefix }) => {
    const operations = [
      ...requiredOperations(backend, `${prefix}a`),
      ...optionalOperations(backend, `${prefix}a`),
    ];
    const inFlight = operations.map(({ name, run }) => assertSettles(`${name}, closed in flight,`, run()));
    await Promise.all([...inFlight, backend.close()]);
  },

  'values outlive a reopening': async ({ backend, prefix, reopen, now }) => {
    if (reopen === undefined) return;
    await backend.set(`${prefix}a`, bytesOf('a'));
    await backend.set(`${prefix}b`, bytesOf('b'), { deleteAt: now() + 3_600_000 });
    const again = await reopen();
    await assertStored(again, `${prefix}a`, bytesOf('a'));
    await assertStored(again, `${prefix}b`, bytesOf('b'));
    await again.close();
  },
});

async function closeInUse({ backend, prefix }: BackendSubject): Promise<void> {
  await backend.set(`${prefix}a`, bytesOf('a'));
  await backend.close();
}
