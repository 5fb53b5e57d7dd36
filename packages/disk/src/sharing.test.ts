import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@cache/core/testing';
import { bytesOf, keysOf, MEBIBYTE, testFolder, textOf } from './disk.fixture.ts';

describe('several backends over one folder', () => {
  it('opened at the same moment, all find the one store', async () => {
    await using folder = await testFolder();
    const backends = Array.from({ length: 6 }, () => folder.open());
    await Promise.all(backends.map((backend, index) => backend.set(`key${index}`, bytesOf(`${index}`))));
    for (const backend of backends) expect((await keysOf(backend)).length).toBe(6);
  });

  it('see what the others write, replace and delete, at once', async () => {
    await using folder = await testFolder();
    const [one, other] = [folder.open(), folder.open()];
    await one.set('a', bytesOf('1'));
    expect(textOf(await other.get('a'))).toBe('1');
    await other.set('a', bytesOf('2'));
    expect(textOf(await one.get('a'))).toBe('2');
    expect(await one.delete(['a'])).toBe(1);
    expect(await other.get('a')).toBeUndefined();
    expect(await other.delete(['a'])).toBe(0);
  });

  it('go on when one of them is closed', async () => {
    await using folder = await testFolder();
    const [one, other] = [folder.open(), folder.open()];
    await one.set('a', bytesOf('1'));
    await other.set('b', bytesOf('2'));
    await one.close();
    expect(await keysOf(other)).toEqual(['a', 'b']);
    await other.set('c', bytesOf('3'));
    expect(await keysOf(folder.open())).toEqual(['a', 'b', 'c']);
  });

  it('write at the same time without losing anything', async () => {
    await using folder = await testFolder();
    const backends = [folder.open(), folder.open(), folder.open()];
    const writes = backends.flatMap((backend, writer) =>
      Array.from({ length: 100 }, (_, index) => backend.set(`${writer}:${index}`, bytesOf('x'.repeat(5000)))),
    );
    await Promise.all(writes);
    expect((await keysOf(folder.open())).length).toBe(300);
  });

  it('keep the bound together', async () => {
    await using folder = await testFolder();
    const backends = [folder.open({ maxBytes: 8 * MEBIBYTE }), folder.open({ maxBytes: 8 * MEBIBYTE })];
    for (let index = 0; index < 150; index += 1) {
      await Promise.all(
        backends.map((backend, writer) => backend.set(`${writer}:${index}`, new Uint8Array(100_000))),
      );
    }
    const report = await backends[0]?.describe?.();
    expect(report?.['bytes']).toBeLessThanOrEqual(8 * MEBIBYTE);
    expect((await keysOf(folder.open())).length).toBeGreaterThan(40);
  });

  it('live by their own clocks', async () => {
    await using folder = await testFolder();
    const clock = new FakeClock(1_000);
    const [early, late] = [folder.open({ clock }), folder.open({ clock: new FakeClock(3_000) })];
    await early.set('a', bytesOf('1'), { deleteAt: 2_000 });
    expect(await late.get('a')).toBeUndefined();
    expect(textOf(await early.get('a'))).toBe('1');
  });
});

describe('a process with an idle backend', () => {
  it('ends by itself, with what it stored', async () => {
    await using folder = await testFolder();
    const program = `
      import { diskBackend } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
      const backend = diskBackend({ directory: ${JSON.stringify(folder.directory)} });
      await backend.set('a', Buffer.from('stored'));
      console.log(String(Buffer.from(await backend.get('a'))));`;
    const child = spawn(
      process.execPath,
      ['--conditions=@cache/source', '--input-type=module', `--eval=${program}`],
      { timeout: 10_000, env: { ...process.env, NODE_OPTIONS: '' } },
    );
    const output: string[] = [];
    child.stdout.on('data', (text) => output.push(String(text)));
    child.stderr.on('data', (text) => output.push(String(text)));
    const [exitCode] = await once(child, 'close');
    expect([output.join(''), exitCode]).toEqual(['stored\n', 0]);
    expect(textOf(await folder.open().get('a'))).toBe('stored');
  });
});
