import { statSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@cache/core/testing';
import { keysOf, MEBIBYTE, testFolder } from './disk.fixture.ts';
import { layoutOf } from './layout.ts';
import { bytesOnDisk, storeFile } from './store/folder.ts';

const MINUTE = 60_000;
const MAX_BYTES = 16 * MEBIBYTE;

const VALUE = new Uint8Array(100_000);

/** Enough to need the whole store three times. */
const THREE_STORES_OF_VALUES = Math.ceil((3 * MAX_BYTES) / VALUE.length);

function nameOf(index: number): string {
  return `key${String(index).padStart(5, '0')}`;
}

describe('the bound', () => {
  it('holds while three times as much is written, in values of every size, log included', async () => {
    await using folder = await testFolder();
    const backend = folder.open({ maxBytes: MAX_BYTES });
    let largest = 0;
    for (let written = 0, index = 0; written < 3 * MAX_BYTES; index += 1) {
      const bytes = Math.floor(1000 * 1000 ** ((index % 97) / 97));
      await backend.set(`${index}`, new Uint8Array(bytes));
      written += bytes;
      if (index % 10 === 0) largest = Math.max(largest, bytesOnDisk(storeFile(folder.directory, 1)));
    }
    expect(largest).toBeLessThanOrEqual(MAX_BYTES);
    expect(largest).toBeGreaterThan(0.6 * MAX_BYTES);
  });

  it('is kept by removing what was stored longest ago; storing again makes a value the youngest', async () => {
    await using folder = await testFolder();
    const backend = folder.open({ maxBytes: MAX_BYTES });
    for (let index = 0; index < THREE_STORES_OF_VALUES; index += 1) {
      await backend.set(nameOf(index), VALUE);
      if (index % 20 === 0) await backend.set('renewed', VALUE);
    }
    const [renewed, ...kept] = (await keysOf(backend)).reverse();
    const expected = kept.map((_, index) => nameOf(THREE_STORES_OF_VALUES - 1 - index));
    expect(renewed).toBe('renewed');
    expect(kept).toEqual(expected);
    // Databases of pages hold a little less than their size.
    expect(kept.length * VALUE.length).toBeGreaterThan(0.65 * MAX_BYTES);
  });

  it('takes expired values first', async () => {
    await using folder = await testFolder();
    const clock = new FakeClock(1_000);
    const backend = folder.open({ maxBytes: MAX_BYTES, clock });
    await backend.set('oldest', VALUE);
    for (let index = 0; index < 100; index += 1) await backend.set(nameOf(index), VALUE, { deleteAt: 2_000 });
    await clock.advance(5_000);
    for (let index = 100; index < 200; index += 1) await backend.set(nameOf(index), VALUE);
    expect(await keysOf(backend)).toEqual([
      ...Array.from({ length: 100 }, (_, index) => nameOf(100 + index)),
      'oldest',
    ]);
  });

  it('lowered, is reached in steps, and the file shrinks', async () => {
    await using folder = await testFolder();
    const large = folder.open({ maxBytes: MAX_BYTES });
    for (let index = 0; index < 100; index += 1) await large.set(nameOf(index), VALUE);
    await large.close();
    const clock = new FakeClock();
    const small = folder.open({ maxBytes: 4 * MEBIBYTE, clock });
    await small.set('new', VALUE);
    expect(bytesOnDisk(storeFile(folder.directory, 1))).toBeGreaterThan(8 * MEBIBYTE);
    await clock.advance(MINUTE);
    await small.set('newer', VALUE);
    await settled(() => statSync(storeFile(folder.directory, 1)).size <= 4 * MEBIBYTE);
    expect((await keysOf(small)).slice(0, 1)).not.toEqual([nameOf(0)]);
    expect((await keysOf(small)).slice(-2)).toEqual(['new', 'newer']);
  });
});

describe('expired values', () => {
  it('give their room back without being asked for, within a minute or two', async () => {
    await using folder = await testFolder();
    const clock = new FakeClock(1_000);
    const backend = folder.open({ clock });
    await backend.setMany?.(
      Array.from({ length: 300 }, (_, index) => ({ key: nameOf(index), bytes: VALUE, deleteAt: 2_000 })),
    );
    await backend.set('kept', VALUE, { deleteAt: 10 * MINUTE });
    expect(bytesOnDisk(storeFile(folder.directory, 1))).toBeGreaterThan(300 * VALUE.length);
    await clock.advance(MINUTE);
    await settled(() => statSync(storeFile(folder.directory, 1)).size < 10 * MEBIBYTE);
    expect(await keysOf(backend)).toEqual(['kept']);
  });

  it('are removed with each write, by their index: not all at once, and no live value is looked at', async () => {
    await using folder = await testFolder();
    const clock = new FakeClock(1_000);
    const [backend, early] = [folder.open({ clock }), folder.open({ clock: new FakeClock(0) })];
    const items = Array.from({ length: 100 }, (_, index) => ({
      key: nameOf(index),
      bytes: VALUE.subarray(0, 10),
    }));
    await backend.setMany?.(items.map((item) => ({ ...item, deleteAt: 2_000 })));
    await clock.advance(2_000);
    await backend.set('one', VALUE);
    // Who lives earlier still sees what is expired here.
    expect((await keysOf(early, 'key')).length).toBe(68);
    for (const name of ['two', 'three', 'four']) await backend.set(name, VALUE);
    expect((await keysOf(early, 'key')).length).toBe(0);
  });
});

describe('how the granted bytes are shared out', () => {
  it.each([4, 16, 1024])('%d MiB: database and log together are what was granted', (mebibytes) => {
    const layout = layoutOf(mebibytes * MEBIBYTE);
    expect(layout.databaseBytes + layout.logBytes).toBe(mebibytes * MEBIBYTE);
    // A full quarter of the log, and then the largest value, still fit.
    expect(layout.logBytes / 4 + layout.maxValueBytes).toBeLessThan(layout.logBytes);
  });
});

/** Housekeeping answers to nobody: what it does shows on the disk. */
async function settled(isSettled: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!isSettled() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(isSettled()).toBe(true);
}
