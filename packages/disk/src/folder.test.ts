import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describeWith } from '@cache/services';
import { describe, expect, it } from '@jest/globals';
import { bytesOf, keysOf, testFolder, textOf } from './disk.fixture.ts';
import { mountProblem, mounted } from './mounted.fixture.ts';

const rightsOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('the folder', () => {
  it('is made on first use, not before, and open to its owner only, like all that is in it', async () => {
    await using folder = await testFolder();
    const warnings: string[] = [];
    const backend = folder.open({ warn: (message) => warnings.push(message) });
    expect(readdirSync(dirname(folder.directory))).toEqual([]);
    await backend.set('a', bytesOf('1'));
    await backend.get('a');
    expect(rightsOf(folder.directory)).toBe('700');
    const files = readdirSync(folder.directory).sort();
    expect(files).toEqual(['answers-v1-1.db', 'answers-v1-1.db-shm', 'answers-v1-1.db-wal']);
    for (const file of files) expect(rightsOf(join(folder.directory, file))).toBe('600');
    expect(warnings).toEqual([]);
  });

  it('is made with all that leads to it', async () => {
    await using folder = await testFolder();
    const directory = join(folder.directory, 'some', 'where');
    await folder.open({ directory }).set('a', bytesOf('1'));
    expect(rightsOf(directory)).toBe('700');
  });

  it('open to others: a warning, once; its files are not open', async () => {
    await using folder = await testFolder();
    mkdirSync(folder.directory);
    chmodSync(folder.directory, 0o755);
    const warnings: string[] = [];
    const backend = folder.open({ warn: (message) => warnings.push(message) });
    await backend.set('a', bytesOf('1'));
    await backend.get('a');
    expect(warnings).toEqual([
      expect.stringMatching(/disk_cache_dir\) is open to other users \(755\).*chmod 700/),
    ]);
    expect(rightsOf(join(folder.directory, 'answers-v1-1.db'))).toBe('600');
  });

  it('files left open to others are closed to them', async () => {
    await using folder = await testFolder();
    const file = join(folder.directory, 'answers-v1-1.db');
    const first = folder.open();
    await first.set('a', bytesOf('1'));
    await first.close();
    chmodSync(file, 0o644);
    await folder.open().set('b', bytesOf('2'));
    expect(rightsOf(file)).toBe('600');
    expect(rightsOf(`${file}-wal`)).toBe('600');
  });

  it('keys are no paths: nothing appears outside of it, and nothing beside the store within', async () => {
    await using folder = await testFolder();
    const backend = folder.open();
    const keys = [
      '../escaped',
      '/tmp/escaped',
      '..',
      '.',
      'a/b/../../../escaped',
      'answers-v1-1.db',
      'nul\0byte',
    ];
    for (const key of keys) await backend.set(key, bytesOf(key));
    for (const key of keys) expect(textOf(await backend.get(key))).toBe(key);
    expect(readdirSync(dirname(folder.directory))).toEqual(['cache']);
    expect(readdirSync(folder.directory).every((file) => file.startsWith('answers-v1-1.db'))).toBe(true);
  });
});

describe('a folder that cannot be used is told by name, and tried again', () => {
  it('it is a file', async () => {
    await using folder = await testFolder();
    writeFileSync(folder.directory, '');
    const backend = folder.open();
    for (const operation of [backend.get('a'), backend.set('a', bytesOf('1')), backend.ping()]) {
      await expect(operation).rejects.toMatchObject({
        code: 'CACHE_BACKEND_UNAVAILABLE',
        param: 'directory',
        message: expect.stringMatching(/cannot use the directory ".*" \(disk_cache_dir\): it is a file$/),
      });
    }
    execFileSync('rm', [folder.directory]);
    await backend.set('a', bytesOf('1'));
    expect(await keysOf(backend)).toEqual(['a']);
  });

  it('part of its path is a file', async () => {
    await using folder = await testFolder();
    writeFileSync(folder.directory, '');
    const backend = folder.open({ directory: join(folder.directory, 'below') });
    await expect(backend.get('a')).rejects.toThrow(/\(disk_cache_dir\): part of the path is a file$/);
  });

  it('it may not be written to', async () => {
    await using folder = await testFolder();
    mkdirSync(folder.directory);
    chmodSync(folder.directory, 0o500);
    // Rights do not bind root; an immutable folder of the system does.
    const directory = process.getuid?.() === 0 ? '/proc/self/fdinfo/cache' : join(folder.directory, 'below');
    const backend = folder.open({ directory });
    await expect(backend.get('a')).rejects.toMatchObject({
      code: 'CACHE_BACKEND_UNAVAILABLE',
      param: 'directory',
    });
    chmodSync(folder.directory, 0o700);
  });
});

describeWith(mountProblem(), 'a read-only file system', () => {
  it('is refused by name; remounted, it is used', async () => {
    await using folder = await testFolder();
    using mount = mounted(folder.directory, 'ro,size=16m');
    const backend = folder.open();
    await expect(backend.set('a', bytesOf('1'))).rejects.toThrow(
      /\(disk_cache_dir\): its file system is read-only$/,
    );
    mount.remount('rw');
    await backend.set('a', bytesOf('1'));
    await backend.close();
  });
});
