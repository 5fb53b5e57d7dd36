import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CacheBackend } from '@cache/core';
import { diskBackend } from './disk-backend.ts';
import type { DiskBackendOptions } from './options.ts';

export const MEBIBYTE: number = 1024 * 1024;

/** A folder of its own, and the backends over it: all closed, and the folder removed, at the end of the block. */
export interface TestFolder {
  /** Not made yet: that is the backend's business. */
  readonly directory: string;
  readonly open: (options?: DiskBackendOptions) => CacheBackend;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

export async function testFolder(): Promise<TestFolder> {
  const parent = await mkdtemp(join(tmpdir(), 'cache-disk-'));
  const directory = join(parent, 'cache');
  const opened: CacheBackend[] = [];
  return {
    directory,
    open(options = {}) {
      const backend = diskBackend({ directory, ...options });
      opened.push(backend);
      return backend;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((backend) => backend.close()));
      await rm(parent, { recursive: true, force: true });
    },
  };
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && new TextDecoder().decode(bytes);

export async function keysOf(backend: CacheBackend, prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of backend.list?.(prefix) ?? []) keys.push(key);
  return keys;
}
