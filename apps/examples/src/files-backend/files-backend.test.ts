import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createBackend, systemClock } from '@cache/core';
import { backendSuite, FakeClock } from '@cache/core/testing';
import { definition } from './definition.ts';
import { filesBackend } from './files-backend.ts';

const clock = new FakeClock(Date.parse('2026-01-01T00:00:00Z'));

describe('the backend contract', () => {
  backendSuite({
    test: it,
    create: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'files-backend-'));
      const create = (): ReturnType<typeof filesBackend> => filesBackend({ folder, clock });
      const backend = create();
      return {
        backend,
        now: () => clock.now(),
        advance: (milliseconds) => clock.advance(milliseconds),
        reopen: async () => {
          await backend.close();
          return create();
        },
        dispose: () => rm(folder, { recursive: true }),
      };
    },
  });
});

describe('a folder of files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'files-backend-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is made when it is needed, for its owner alone', async () => {
    const inner = join(folder, 'a', 'b');
    const backend = filesBackend({ folder: inner });
    await expect(readdir(inner)).rejects.toMatchObject({ code: 'ENOENT' });
    await backend.set('key', Buffer.from('value'));
    const [file = ''] = await readdir(inner);
    expect((await stat(inner)).mode & 0o777).toBe(0o700);
    expect((await stat(join(inner, file))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(inner, file), 'utf8')).toBe('{"key":"key"}\nvalue');
  });

  it('is shared by several backends', async () => {
    const [one, other] = [filesBackend({ folder }), filesBackend({ folder })];
    await one.set('key', Buffer.from('value'));
    expect(await other.get('key')).toEqual(Buffer.from('value'));
    expect(await other.delete(['key'])).toBe(1);
    expect(await one.get('key')).toBeUndefined();
  });

  it('holds nothing of a value whose writer left, and finds nothing in a file that is damaged', async () => {
    const backend = filesBackend({ folder });
    const controller = new AbortController();
    const written = backend.set('key', Buffer.alloc(1024 * 1024), { signal: controller.signal });
    controller.abort();
    await expect(written).rejects.toMatchObject({ code: 'CACHE_ABORTED' });
    expect(await readdir(folder)).toEqual([]);
    await backend.set('key', Buffer.from('value'));
    const [file = ''] = await readdir(folder);
    for (const damaged of ['', '{"key":"key"', '{"key":7}\nvalue', '{"key":"other"}\nvalue']) {
      await writeFile(join(folder, file), damaged);
      expect(await backend.get('key')).toBeUndefined();
    }
  });

  it('loses expired values when it is listed', async () => {
    const backend = filesBackend({ folder, clock });
    await backend.set('old', Buffer.from('1'), { deleteAt: clock.now() + 1_000 });
    await backend.set('new', Buffer.from('2'));
    await clock.advance(1_000);
    const keys = [];
    for await (const { key } of backend.list?.('') ?? []) keys.push(key);
    expect(keys).toEqual(['new']);
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('that cannot be one is a coded error', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const backend = filesBackend({ folder: join(file, 'folder') });
    const failed = { code: 'CACHE_BACKEND_FAILED', backend: 'files', cause: { code: 'ENOTDIR' } };
    await expect(backend.ping()).rejects.toMatchObject({ ...failed, operation: 'ping' });
    await expect(backend.set('key', Buffer.from(''))).rejects.toMatchObject({ ...failed, operation: 'set' });
  });
});

describe('its members of cache_params', () => {
  const context = { clock: systemClock, warn: () => undefined };

  it('have defaults', async () => {
    const backend = await createBackend(definition, { files_dir: null }, context);
    expect(backend.name).toBe('files');
  });

  it('are refused by name', async () => {
    const made = createBackend(definition, { files_dir: 7, colour: 'red' }, context);
    await expect(made).rejects.toThrow(/^files: files_dir: .*string.*; \(options\): .*"colour"/);
  });
});
