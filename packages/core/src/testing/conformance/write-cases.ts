import assert from 'node:assert/strict';
import { assertStored, bytesOf, setMany } from './expectations.ts';
import type { BackendCase } from './suite-case.ts';
import { group } from './suite-case.ts';

/** Servers page and batch by the thousand. */
const MORE_THAN_A_PAGE = 1_050;

/** Setting replaces, deleting removes and counts. */
export const writeCases: readonly BackendCase[] = group('writes', {
  'a missing key is undefined': async ({ backend, prefix }) => {
    await assertStored(backend, `${prefix}missing`, undefined);
  },

  'setting again replaces': async ({ backend, prefix }) => {
    await backend.set(`${prefix}a`, bytesOf('first'));
    await backend.set(`${prefix}a`, bytesOf('second'));
    await assertStored(backend, `${prefix}a`, bytesOf('second'));
  },

  'a shorter value leaves nothing of a longer one': async ({ backend, prefix }) => {
    await backend.set(`${prefix}a`, bytesOf('a long value'));
    await backend.set(`${prefix}a`, bytesOf('short'));
    await assertStored(backend, `${prefix}a`, bytesOf('short'));
  },

  'deleting removes what is named and nothing else': async ({ backend, prefix }) => {
    for (const name of ['a', 'b', 'c']) await backend.set(prefix + name, bytesOf(name));
    await backend.delete([`${prefix}a`, `${prefix}c`]);
    await assertStored(backend, `${prefix}a`, undefined);
    await assertStored(backend, `${prefix}b`, bytesOf('b'));
    await assertStored(backend, `${prefix}c`, undefined);
  },

  'deleting counts what was there': async ({ backend, prefix }) => {
    for (const name of ['a', 'b']) await backend.set(prefix + name, bytesOf(name));
    const keys = ['a', 'missing', 'b'].map((name) => prefix + name);
    assert.equal(await backend.delete(keys), 2, 'two of three keys existed');
  },

  'deleting what is not there is no error': async ({ backend, prefix }) => {
    assert.equal(await backend.delete([`${prefix}missing`]), 0, 'no key existed');
  },

  'a key named twice is deleted and counted once': async ({ backend, prefix }) => {
    await backend.set(`${prefix}a`, bytesOf('a'));
    assert.equal(await backend.delete([`${prefix}a`, `${prefix}a`]), 1, 'one key existed');
  },

  'deleting no keys deletes nothing': async ({ backend, prefix }) => {
    await backend.set(`${prefix}a`, bytesOf('a'));
    assert.equal(await backend.delete([]), 0, 'no key was named');
    await assertStored(backend, `${prefix}a`, bytesOf('a'));
  },

  'more than a thousand keys are deleted at once': async ({ backend, prefix }) => {
    const keys = Array.from({ length: MORE_THAN_A_PAGE }, (_, index) => `${prefix}${index}`);
    await setMany(
      backend,
      keys.map((key) => ({ key, bytes: bytesOf(key) })),
    );
    assert.equal(await backend.delete(keys), keys.length, 'all existed');
    for (const key of [keys.at(0), keys.at(-1)]) await assertStored(backend, key ?? '', undefined);
  },

  'a deleted key can be set again': async ({ backend, prefix }) => {
    await backend.set(`${prefix}a`, bytesOf('first'));
    await backend.delete([`${prefix}a`]);
    await backend.set(`${prefix}a`, bytesOf('second'));
    await assertStored(backend, `${prefix}a`, bytesOf('second'));
  },
});
