import {
  closeSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from '@jest/globals';
import type { CacheBackend } from '@cache/core';
import { checkedValue, isIntact } from './checked-value.fixture.ts';
import { bytesOf, keysOf, testFolder, textOf } from './disk.fixture.ts';
import type { TestFolder } from './disk.fixture.ts';
import { storeFile } from './store/folder.ts';

const PAGE_BYTES = 8192;
const GARBAGE = Buffer.alloc(PAGE_BYTES, 'not what SQLite wrote');

async function fill(folder: TestFolder): Promise<void> {
  const backend = folder.open();
  const items = Array.from({ length: 500 }, (_, index) => ({
    key: `key${index}`,
    bytes: checkedValue(index % 10 === 0 ? 60_000 : 900),
  }));
  await backend.setMany?.(items);
  await backend.close();
}

function overwrite(file: string, pages: readonly number[]): void {
  const handle = openSync(file, 'r+');
  for (const page of pages) writeSync(handle, GARBAGE, 0, PAGE_BYTES, page * PAGE_BYTES);
  closeSync(handle);
}

/** Every key is read and written: no operation may fail, no damaged value may come back as long as its frame does not show it. */
async function useAll(backend: CacheBackend): Promise<void> {
  const keys = Array.from({ length: 500 }, (_, index) => `key${index}`);
  await backend.getMany?.(keys);
  await Promise.all(keys.map((key) => backend.set(key, checkedValue(900))));
  for (const key of await keysOf(backend, 'key')) {
    const value = await backend.get(key);
    expect(value !== undefined && isIntact(value)).toBe(true);
  }
}

describe('a damaged store is succeeded by an empty one, with a warning', () => {
  const damages: Record<string, (file: string) => void> = {
    'garbage for a header': (file) => overwrite(file, [0]),
    'nothing but garbage': (file) => writeFileSync(file, GARBAGE),
    'garbage from the second page on': (file) =>
      overwrite(
        file,
        Array.from({ length: Math.floor(statSync(file).size / PAGE_BYTES) - 1 }, (_, page) => page + 1),
      ),
    'the second half missing': (file) => truncateSync(file, statSync(file).size / 2),
  };

  it.each(Object.keys(damages))('%s', async (name) => {
    await using folder = await testFolder();
    await fill(folder);
    damages[name]?.(storeFile(folder.directory, 1));
    const warnings: string[] = [];
    const backend = folder.open({ warn: (message) => warnings.push(message) });
    await useAll(backend);
    expect(warnings.length).toBeGreaterThan(0);
    expect(warnings[0]).toMatch(/^disk: the store in ".*" is damaged \(.*\); an empty one takes its place$/);
    await backend.close();
    // The damaged file is gone: it would count to no bound.
    expect(readdirSync(folder.directory).filter((file) => file.startsWith('answers-v1-1.'))).toEqual([]);

    // And that was that: no warning again.
    const again = folder.open({ warn: (message) => warnings.push(`again: ${message}`) });
    expect((await keysOf(again, 'key')).length).toBe(500);
    expect(warnings.filter((warning) => warning.startsWith('again'))).toEqual([]);
  });

  it('garbage in pages here and there: nothing fails, whatever pages they are', async () => {
    await using folder = await testFolder();
    await fill(folder);
    const file = storeFile(folder.directory, 1);
    const pages = Math.floor(statSync(file).size / PAGE_BYTES);
    overwrite(
      file,
      Array.from({ length: 40 }, () => 2 + Math.floor(Math.random() * (pages - 2))),
    );
    await useAll(folder.open());
  });

  it('while it is in use, by several backends: all go on with the same new one', async () => {
    await using folder = await testFolder();
    await fill(folder);
    const backends = [folder.open(), folder.open()];
    for (const backend of backends) await backend.get('key0');
    overwrite(
      storeFile(folder.directory, 1),
      Array.from({ length: 50 }, (_, page) => page),
    );
    for (const backend of backends)
      for (let index = 0; index < 500; index += 1) await backend.get(`key${index}`);
    await backends[0]?.set('after', bytesOf('1'));
    expect(textOf(await backends[1]?.get('after'))).toBe('1');
    await backends[1]?.set('after', bytesOf('2'));
    expect(textOf(await backends[0]?.get('after'))).toBe('2');
  });
});

describe('a store that disappears while it is open', () => {
  it('its folder removed: an empty one takes its place', async () => {
    await using folder = await testFolder();
    const backend = folder.open();
    await backend.set('a', bytesOf('1'));
    await backend.get('a');
    rmSync(folder.directory, { recursive: true });
    expect(await backend.get('a')).toBeUndefined();
    await backend.set('b', bytesOf('2'));
    expect(await keysOf(folder.open())).toEqual(['b']);
  });

  it('its database removed, but not the log beside it: the log is not taken for the new one’s', async () => {
    await using folder = await testFolder();
    const backend = folder.open();
    await backend.set('a', bytesOf('1'));
    rmSync(storeFile(folder.directory, 1));
    await backend.set('b', bytesOf('2'));
    const other = folder.open();
    expect(await keysOf(other)).toEqual(['b']);
    expect(readdirSync(folder.directory)).toContain('answers-v1-2.db');
  });
});

describe('files that are not ours', () => {
  it('python-diskcache’s, in the same folder, are left alone', async () => {
    await using folder = await testFolder();
    await mkdir(folder.directory, { mode: 0o700 });
    writeFileSync(join(folder.directory, 'cache.db'), 'theirs');
    const backend = folder.open();
    await backend.set('a', bytesOf('1'));
    await backend.clear?.('');
    expect(statSync(join(folder.directory, 'cache.db')).size).toBe(6);
  });

  it('another application’s database under our name is refused, not emptied', async () => {
    await using folder = await testFolder();
    await mkdir(folder.directory, { mode: 0o700 });
    const theirs = new DatabaseSync(storeFile(folder.directory, 1));
    theirs.exec('PRAGMA application_id = 4711; CREATE TABLE theirs (name TEXT)');
    theirs.close();
    await expect(folder.open().get('a')).rejects.toMatchObject({
      code: 'CACHE_BACKEND_UNAVAILABLE',
      param: 'directory',
      message: expect.stringContaining('belongs to another application'),
    });
    expect(statSync(storeFile(folder.directory, 1)).size).toBeGreaterThan(0);
  });
});
