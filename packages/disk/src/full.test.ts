import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describeWith } from '@cache/services';
import { describe, expect, it } from '@jest/globals';
import { CacheError, framed, resilient } from '@cache/core';
import type { CacheBackend, CacheEvent } from '@cache/core';
import { bytesOf, testFolder, textOf } from './disk.fixture.ts';
import { mounted, mountProblem } from './mounted.fixture.ts';
import { storeFile } from './store/folder.ts';

const VALUE = new Uint8Array(100_000);

/** Writes until it is told that there is no room. @returns how many were stored. */
async function fillUp(backend: CacheBackend): Promise<number> {
  for (let index = 0; index < 1000; index += 1) {
    try {
      await backend.set(`key${index}`, VALUE);
    } catch (error) {
      expect(error).toMatchObject({ code: 'CACHE_BACKEND_FULL', backend: 'disk', operation: 'set' });
      return index;
    }
  }
  throw new Error('the disk was never full');
}

describeWith(mountProblem(), 'a full disk', () => {
  it('is CACHE_BACKEND_FULL for writes; reads go on; it recovers by itself when there is room', async () => {
    await using folder = await testFolder();
    using _mount = mounted(folder.directory, 'size=16m');
    const others = join(folder.directory, 'of-others');
    writeFileSync(others, new Uint8Array(6 * 1024 * 1024));
    const backend = folder.open();
    const stored = await fillUp(backend);
    expect(stored).toBeGreaterThan(20);
    for (let index = 0; index < stored; index += 1)
      expect(await backend.get(`key${index}`)).toHaveLength(VALUE.length);
    await expect(backend.set('more', VALUE)).rejects.toMatchObject({ code: 'CACHE_BACKEND_FULL' });

    rmSync(others);
    await backend.set('more', VALUE);
    expect(await backend.get('more')).toHaveLength(VALUE.length);
    await backend.close();
  });

  it('loses nothing that was stored, over a restart as well', async () => {
    await using folder = await testFolder();
    using _mount = mounted(folder.directory, 'size=8m');
    const backend = folder.open();
    const stored = await fillUp(backend);
    await backend.close();
    const again = folder.open();
    for (let index = 0; index < stored; index += 1)
      expect(await again.get(`key${index}`)).toHaveLength(VALUE.length);
    await again.close();
  });

  it('does not take small writes with it that come together with a large one', async () => {
    await using folder = await testFolder();
    using _mount = mounted(folder.directory, 'size=8m');
    const others = join(folder.directory, 'of-others');
    writeFileSync(others, new Uint8Array(1024 * 1024));
    const backend = folder.open();
    await fillUp(backend);
    rmSync(others);
    const settled = await Promise.allSettled([
      backend.set('small', bytesOf('1')),
      backend.set('large', new Uint8Array(3_000_000)),
      backend.delete(['key0']),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(textOf(await backend.get('small'))).toBe('1');
    await backend.close();
  });

  it('is a counted miss for the cache, never opens the breaker, and hits go on', async () => {
    await using folder = await testFolder();
    using _mount = mounted(folder.directory, 'size=8m');
    const events: CacheEvent[] = [];
    const observer = (event: CacheEvent): void => void events.push(event);
    const backend = folder.open();
    await fillUp(backend);
    const store = resilient(framed(backend, { observer }), {
      observer,
      operationTimeoutMilliseconds: 10_000,
    });
    const entry = {
      createdAt: Date.now(),
      callType: 'chat_completion',
      model: 'any',
      contentType: 'application/json',
      headers: [],
      body: Buffer.alloc(100_000),
    };
    for (let index = 0; index < 10; index += 1) await store.set(`entry${index}`, entry);
    expect(events.map((event) => (event.type === 'backend_failure' ? event.code : event.type))).toEqual(
      Array.from({ length: 10 }, () => 'CACHE_BACKEND_FULL'),
    );
    expect(await backend.get('key0')).toHaveLength(VALUE.length);
    await store.close();
  });
});

describe('a store whose lock somebody keeps', () => {
  it('takes no writes for now, says so within the time an operation has, and is read', async () => {
    await using folder = await testFolder();
    const backend = folder.open();
    await backend.set('a', bytesOf('1'));
    const keeper = new DatabaseSync(storeFile(folder.directory, 1));
    keeper.exec('BEGIN IMMEDIATE');
    const before = performance.now();
    const writes = Array.from({ length: 20 }, (_, index) => backend.set(`b${index}`, bytesOf('2')));
    expect(textOf(await backend.get('a'))).toBe('1');
    for (const { reason } of (await Promise.allSettled(writes)) as PromiseRejectedResult[]) {
      expect(CacheError.is(reason, 'CACHE_BACKEND_FULL')).toBe(true);
    }
    expect(performance.now() - before).toBeLessThan(1_500);
    keeper.exec('ROLLBACK');
    keeper.close();
    await backend.set('b', bytesOf('2'));
  });
});
