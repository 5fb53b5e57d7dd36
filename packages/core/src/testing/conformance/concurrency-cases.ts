import assert from 'node:assert/strict';
import { assertStored, bytesOf } from './expectations.ts';
import type { BackendCase } from './suite-case.ts';
import { group } from './suite-case.ts';

const PARALLEL = 100;

/** Values of different lengths, so that a mixture of two is none of them. */
const VALUES = Array.from({ length: PARALLEL }, (_, index) => bytesOf(`${index} `.repeat(index + 1)));

/** A value is written as a whole or not at all. */
export const concurrencyCases: readonly BackendCase[] = group('concurrency', {
  'of a hundred writes to one key one is left, whole': async ({ backend, prefix }) => {
    await Promise.all(VALUES.map((value) => backend.set(`${prefix}a`, value)));
    assertWhole(await backend.get(`${prefix}a`));
  },

  'a hundred keys written at once keep their own values': async ({ backend, prefix }) => {
    await Promise.all(VALUES.map((value, index) => backend.set(`${prefix}${index}`, value)));
    await Promise.all(VALUES.map((value, index) => assertStored(backend, `${prefix}${index}`, value)));
  },

  'a read during writes sees one of the values, whole': async ({ backend, prefix }) => {
    await backend.set(`${prefix}a`, VALUES[0] ?? bytesOf(''));
    const writes = VALUES.map((value) => backend.set(`${prefix}a`, value));
    const reads = VALUES.map(() => backend.get(`${prefix}a`));
    for (const value of await Promise.all(reads)) assertWhole(value);
    await Promise.all(writes);
  },
});

function assertWhole(value: Uint8Array | undefined): void {
  assert.ok(value !== undefined, 'there is a value');
  const isOneOfThem = VALUES.some((written) => Buffer.from(written).equals(value));
  assert.ok(
    isOneOfThem,
    `what was read is none of the values written: ${Buffer.from(value).toString().slice(0, 80)}`,
  );
}
