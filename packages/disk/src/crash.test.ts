import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { CacheBackend } from '@cache/core';
import { checkedValue, isIntact } from './checked-value.fixture.ts';
import { keysOf, MEBIBYTE, testFolder } from './disk.fixture.ts';
import { bytesOnDisk, storeFile } from './store/folder.ts';

const ROUNDS = 50;
const MAX_BYTES = 48 * MEBIBYTE;

interface CrashingWriter {
  readonly process: ChildProcess;
  /** Keys whose `set` has resolved, in order. */
  readonly stored: readonly string[];
  readonly firstStored: Promise<unknown>;
}

/**
 * A hundred processes start. They run one small JavaScript file each, as users of the built package do: to read our sources takes
 * each of them longer than to write what the test needs.
 */
async function buildWriter(folder: string): Promise<string> {
  const sources = ['crash-writer.fixture.ts', 'thread.ts'].map((name) => join(import.meta.dirname, name));
  const esbuild = createRequire(import.meta.url).resolve('esbuild/bin/esbuild');
  await promisify(execFile)(process.execPath, [
    esbuild,
    ...sources,
    `--outdir=${folder}`,
    ...['--bundle', '--platform=node', '--format=esm', '--conditions=@cache/source', '--log-level=error'],
  ]);
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  return join(folder, 'crash-writer.fixture.js');
}

function startWriter(program: string, directory: string, name: string): CrashingWriter {
  const child = spawn(process.execPath, [program, directory, name, String(MAX_BYTES)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const stored: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (key) => stored.push(key));
  return { process: child, stored, firstStored: once(lines, 'line') };
}

async function kill({ process: child }: CrashingWriter): Promise<void> {
  const ended = once(child, 'close');
  child.kill('SIGKILL');
  await ended;
}

async function damagedKeys(backend: CacheBackend, keys: readonly string[]): Promise<string[]> {
  const damaged: string[] = [];
  for (const key of keys) {
    const value = await backend.get(key);
    if (value !== undefined && !isIntact(value)) damaged.push(key);
  }
  return damaged;
}

describe('two processes that write, killed (SIGKILL) fifty times in the middle of it', () => {
  it('lose nothing that was stored, damage nothing, and leave a store that opens, works and keeps its bound', async () => {
    await using folder = await testFolder();
    const program = await buildWriter(join(folder.directory, '..', 'program'));
    const warnings: string[] = [];
    let stored = 0;
    let backend: CacheBackend | undefined;
    for (let round = 0; round < ROUNDS; round += 1) {
      const writers = ['a', 'b'].map((name) => startWriter(program, folder.directory, `${round}${name}`));
      await Promise.all(writers.map(({ firstStored }) => firstStored));
      await sleep(Math.random() * 150);
      await Promise.all(writers.map(kill));

      backend ??= folder.open({ maxBytes: MAX_BYTES, warn: (message) => warnings.push(message) });
      const youngest = writers.flatMap((writer) => writer.stored.slice(-4));
      const found = await backend.getMany?.(youngest);
      expect(found?.map((value) => value !== undefined && isIntact(value))).toEqual(youngest.map(() => true));
      await backend.set('after', checkedValue(5000 + round));
      expect(await backend.get('after')).toHaveLength(5000 + round);
      expect(bytesOnDisk(storeFile(folder.directory, 1))).toBeLessThanOrEqual(MAX_BYTES);
      stored += writers.reduce((sum, writer) => sum + writer.stored.length, 0);

      // Usually another process has the store open, as proxies do; every few rounds those killed were the only ones.
      if (round % 5 !== 4) continue;
      expect(await damagedKeys(backend, await keysOf(backend))).toEqual([]);
      await backend.close();
      backend = undefined;
    }
    expect(warnings).toEqual([]);
    // Otherwise too little was written to say anything.
    expect(stored).toBeGreaterThan(10 * ROUNDS);
  }, 180_000);
});
