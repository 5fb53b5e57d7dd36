import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A small file system in memory, so that a full disk is a real one. */
export interface Mounted {
  readonly remount: (options: string) => void;
  readonly [Symbol.dispose]: () => void;
}

/** Why none can be had here; undefined: it can. */
export function mountProblem(): string | undefined {
  if (process.platform !== 'linux') return 'no tmpfs on this system';
  const directory = mkdtempSync(join(tmpdir(), 'cache-mount-'));
  try {
    mounted(directory, 'size=1m')[Symbol.dispose]();
    return undefined;
  } catch {
    return 'this user may not mount a file system';
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Mounts one on `directory`, made if need be. */
export function mounted(directory: string, options: string): Mounted {
  mkdirSync(directory, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `mode=700,${options}`, 'tmpfs', directory], { stdio: 'pipe' });
  return {
    remount: (changed) =>
      void execFileSync('mount', ['-o', `remount,${changed}`, directory], { stdio: 'pipe' }),
    [Symbol.dispose]: () => void execFileSync('umount', ['-l', directory], { stdio: 'pipe' }),
  };
}
