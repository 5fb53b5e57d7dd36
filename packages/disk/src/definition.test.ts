import { describe, expect, it } from '@jest/globals';
import { createBackend, systemClock } from '@cache/core';
import type { BackendContext } from '@cache/core';
import { definition } from './definition.ts';
import { diskBackend } from './disk-backend.ts';
import { bytesOf, MEBIBYTE, testFolder, textOf } from './disk.fixture.ts';

const context: BackendContext = { clock: systemClock, warn: () => undefined };

describe('cache_params of type disk', () => {
  it('makes the store in disk_cache_dir, with the bound disk_max_bytes', async () => {
    await using folder = await testFolder();
    const params = { disk_cache_dir: folder.directory, disk_max_bytes: 8 * MEBIBYTE };
    const backend = await createBackend(definition, params, context);
    await backend.set('a', bytesOf('1'));
    expect(textOf(await backend.get('a'))).toBe('1');
    expect(await backend.describe?.()).toMatchObject({ directory: folder.directory, maxBytes: 8 * MEBIBYTE });
    expect(backend.capabilities.maxValueBytes).toBe(MEBIBYTE);
    await backend.close();
  });

  it.each([
    {},
    { disk_cache_dir: null, disk_max_bytes: null },
    { disk_cache_dir: 'None', disk_max_bytes: '' },
  ])('without a value as in %j: ./.litellm_cache and 1 GiB, touching nothing before use', async (params) => {
    const backend = await createBackend(definition, params, context);
    expect(backend).toMatchObject({ name: 'disk', capabilities: { maxValueBytes: 8 * MEBIBYTE } });
    await backend.close();
  });

  it('takes a number given as a text, as the environment does', async () => {
    const backend = await createBackend(definition, { disk_max_bytes: '8388608' }, context);
    expect(backend.capabilities.maxValueBytes).toBe(MEBIBYTE);
    await backend.close();
  });

  it('says all that is wrong', async () => {
    const params = { disk_cache_dir: 7, disk_max_bytes: '1 GB' };
    const made = createBackend(definition, params, context);
    await expect(made).rejects.toMatchObject({ code: 'CACHE_INVALID_OPTION', backend: 'disk' });
    await expect(made).rejects.toThrow(/disk_cache_dir: must be the path of a folder, got 7/);
    await expect(made).rejects.toThrow(/disk_max_bytes: must be a whole number of bytes, .*, got "1 GB"/);
  });

  it('tells each unknown name at its own place, with the nearest known one', async () => {
    const { issues = [] } = await definition.options['~standard'].validate({
      disk_cache_dri: '/tmp',
      max_bites: 1,
      zzz: undefined,
    });
    expect(issues.map(({ path, message }) => [path, message])).toEqual([
      [['disk_cache_dri'], 'is no option of the disk cache; did you mean disk_cache_dir?'],
      [['max_bites'], 'is no option of the disk cache (it has disk_cache_dir, disk_max_bytes)'],
      [['zzz'], 'is no option of the disk cache (it has disk_cache_dir, disk_max_bytes)'],
    ]);
  });
});

describe('options of diskBackend', () => {
  it.each([
    [{ directory: '' }, 'diskBackend: directory must be the path of a folder, got "" (string)'],
    [{ directory: 'a\0b' }, 'diskBackend: directory must be the path of a folder'],
    [
      { maxBytes: 0 },
      'diskBackend: maxBytes must be a whole number of bytes, at least 4194304, got 0 (number)',
    ],
    [{ maxBytes: 2 ** 60 }, 'diskBackend: maxBytes must be a whole number'],
    [{ warn: true as never }, 'diskBackend: warn must be a function'],
    [{ dir: 'x' } as never, 'diskBackend: dir must be one of directory, maxBytes, warn, clock'],
    [null as never, 'diskBackend: options must be an object'],
  ])('%j is refused: %s', (options, message) => {
    expect(() => diskBackend(options)).toThrow(message);
  });
});
