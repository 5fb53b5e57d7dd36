import { assertBytes, assertStored, bytesOf, patternOf } from './expectations.ts';
import type { BackendCase } from './suite-case.ts';
import { group } from './suite-case.ts';

const LARGE_BYTES = 1024 * 1024;

/** Values come back byte for byte, and belong to whoever has them. */
export const bytesCases: readonly BackendCase[] = group('bytes', {
  'an empty value is a value': async ({ backend, prefix }) => {
    await backend.set(`${prefix}empty`, new Uint8Array());
    await assertStored(backend, `${prefix}empty`, new Uint8Array());
  },

  'zero bytes at the end stay': async ({ backend, prefix }) => {
    for (const value of [[0], [65, 0, 0]]) {
      await backend.set(`${prefix}zero`, Uint8Array.from(value));
      await assertStored(backend, `${prefix}zero`, Uint8Array.from(value));
    }
  },

  'all 256 values survive, in an order that is no text': async ({ backend, prefix }) => {
    const value = Uint8Array.from({ length: 512 }, (_, index) => 255 - (index % 256));
    await backend.set(`${prefix}all`, value);
    await assertStored(backend, `${prefix}all`, value);
  },

  'text is left alone: byte order mark, line ends, spaces around': async ({ backend, prefix }) => {
    const value = bytesOf('\uFEFF \r\n{"a": 1}\r\n ');
    await backend.set(`${prefix}text`, value);
    await assertStored(backend, `${prefix}text`, value);
  },

  'a large value comes back whole': async ({ backend, prefix }) => {
    const value = patternOf(Math.min(backend.capabilities.maxValueBytes, LARGE_BYTES));
    await backend.set(`${prefix}large`, value);
    await assertStored(backend, `${prefix}large`, value);
  },

  'of a view only the viewed bytes are stored': async ({ backend, prefix }) => {
    const memory = patternOf(100);
    await backend.set(`${prefix}view`, memory.subarray(10, 20));
    await backend.set(`${prefix}buffer`, Buffer.from(memory.buffer, 30, 7));
    await assertStored(backend, `${prefix}view`, memory.slice(10, 20));
    await assertStored(backend, `${prefix}buffer`, memory.slice(30, 37));
  },

  'changing bytes that were set changes nothing': async ({ backend, prefix }) => {
    const value = bytesOf('before');
    await backend.set(`${prefix}mine`, value);
    value.fill(0);
    await assertStored(backend, `${prefix}mine`, bytesOf('before'));
  },

  'changing bytes that were read changes nothing': async ({ backend, prefix }) => {
    await backend.set(`${prefix}yours`, bytesOf('before'));
    (await backend.get(`${prefix}yours`))?.fill(0);
    await assertStored(backend, `${prefix}yours`, bytesOf('before'));
  },

  'bytes that were read outlive their replacement': async ({ backend, prefix }) => {
    await backend.set(`${prefix}kept`, bytesOf('before'));
    const read = await backend.get(`${prefix}kept`);
    await backend.set(`${prefix}kept`, bytesOf('after!'));
    assertBytes(read, bytesOf('before'), 'what was read before');
  },
});
