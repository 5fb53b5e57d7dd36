import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, expect, it } from '@jest/globals';
import { DatabaseSync } from 'node:sqlite';
import { checkedValue } from './checked-value.fixture.ts';
import { bytesOf, keysOf, MEBIBYTE, testFolder } from './disk.fixture.ts';
import { EngineThread } from './engine-thread.ts';
import { layoutOf } from './layout.ts';
import { storeFile } from './store/folder.ts';

describe('the disk backend', () => {
  it('says what it is', async () => {
    await using folder = await testFolder();
    const backend = folder.open();
    await backend.set('a', bytesOf('1'));
    expect(backend).toMatchObject({
      contract: 1,
      name: 'disk',
      capabilities: {
        expiry: 'native',
        expiryResolutionMilliseconds: 1,
        maxValueBytes: 8 * MEBIBYTE,
        maxKeyBytes: 1024,
        shared: true,
      },
    });
    expect(await backend.describe?.()).toEqual({
      directory: folder.directory,
      file: storeFile(folder.directory, 1),
      engine: expect.stringMatching(/^sqlite 3\./),
      bytes: expect.any(Number),
      maxBytes: 1024 * MEBIBYTE,
    });
  });

  it('refuses keys with lone surrogates, which would all be the same bytes', async () => {
    await using folder = await testFolder();
    const backend = folder.open();
    await expect(backend.set('\ud800', bytesOf('1'))).rejects.toMatchObject({ code: 'CACHE_INVALID_OPTION' });
    await expect(backend.get('\udfff')).rejects.toMatchObject({ code: 'CACHE_INVALID_OPTION' });
  });

  it('refuses a list of values with one too large as a whole', async () => {
    await using folder = await testFolder();
    const backend = folder.open({ maxBytes: 4 * MEBIBYTE });
    const items = [
      { key: 'small', bytes: bytesOf('1') },
      { key: 'large', bytes: new Uint8Array(MEBIBYTE) },
    ];
    await expect(backend.setMany?.(items)).rejects.toMatchObject({ code: 'CACHE_ENTRY_TOO_LARGE' });
    expect(await keysOf(backend)).toEqual([]);
  });
});

describe('whoever gives up', () => {
  it('is told at once, also while the store is locked; a write that had not begun is not made', async () => {
    await using folder = await testFolder();
    const backend = folder.open();
    await backend.set('a', bytesOf('1'));
    const keeper = new DatabaseSync(storeFile(folder.directory, 1));
    keeper.exec('BEGIN IMMEDIATE');
    const first = backend.set('first', bytesOf('1')).catch(() => undefined);
    // Now the thread waits for the lock, and what comes waits for the thread.
    await new Promise((resolve) => setTimeout(resolve, 20));
    const abort = new AbortController();
    const second = backend.set('second', bytesOf('1'), { signal: abort.signal });
    const before = performance.now();
    abort.abort(new Error('gone'));
    await expect(second).rejects.toMatchObject({ code: 'CACHE_ABORTED', operation: 'set' });
    expect(performance.now() - before).toBeLessThan(100);
    keeper.exec('ROLLBACK');
    keeper.close();
    await first;
    await backend.set('third', bytesOf('1'));
    expect(await keysOf(backend)).not.toContain('second');
  });
});

describe('closing', () => {
  it('brings to the disk what was being written, and leaves no log', async () => {
    await using folder = await testFolder();
    const backend = folder.open();
    const writes = Array.from({ length: 200 }, (_, index) =>
      backend.set(`key${index}`, checkedValue(20_000)),
    );
    await Promise.all([backend.close(), ...writes]);
    const database = new DatabaseSync(storeFile(folder.directory, 1), { readOnly: true });
    expect(database.prepare('SELECT count(*) AS count FROM entries').get()).toEqual({ count: 200 });
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    database.close();
  });
});

describe('a thread that ends', () => {
  it('takes what it was asked with it, and is started anew by what is asked next', async () => {
    await using folder = await testFolder();
    const layout = layoutOf(4 * MEBIBYTE);
    const thread = new EngineThread({ role: 'reader', directory: folder.directory, layout }, () => undefined);
    await thread.ask('report', {}, 'ping');
    const ending = thread.ask('close', {}, 'close');
    const lost = thread.ask('report', {}, 'ping');
    await expect(lost).rejects.toMatchObject({ code: 'CACHE_BACKEND_FAILED', operation: 'ping' });
    await ending;
    expect(await thread.ask('report', {}, 'ping')).toMatchObject({ directory: folder.directory });
    await thread.close();
  });
});

describe('the event loop', () => {
  it('is never held up for long, whatever is read, written, evicted or cleared meanwhile', async () => {
    await using folder = await testFolder();
    const backend = folder.open({ maxBytes: 64 * MEBIBYTE });
    await backend.set('warm', bytesOf('up'));
    await backend.get('warm');
    const value = new Uint8Array(MEBIBYTE);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    for (let round = 0; round < 6; round += 1) {
      const indexes = Array.from({ length: 16 }, (_, index) => `${round}:${index}`);
      await Promise.all(indexes.map((key) => backend.set(key, value)));
      await Promise.all(indexes.map((key) => backend.get(key)));
    }
    await Promise.all(
      Array.from({ length: 2_000 }, (_, index) => backend.set(`small${index}`, value.subarray(0, 500))),
    );
    await backend.clear?.('');
    delay.disable();
    // A database in the main thread holds it up for as long as all of this takes: seconds.
    expect(delay.percentile(99) / 1e6).toBeLessThan(100);
    expect(await keysOf(backend)).toEqual([]);
  });
});
