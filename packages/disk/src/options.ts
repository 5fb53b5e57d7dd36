import { resolve } from 'node:path';
import { CacheError, systemClock } from '@cache/core';
import type { Clock } from '@cache/core';
import { layoutOf, MINIMUM_BYTES } from './layout.ts';
import type { Layout } from './layout.ts';

/** Options of {@link diskBackend}. Unknown ones and 0 are refused. */
export interface DiskBackendOptions {
  /**
   * The folder that holds the store; made if there is none. Relative to the working directory. Several processes of one
   * machine may share it. Default `./.litellm_cache`, as in LiteLLM.
   */
  readonly directory?: string;
  /**
   * Bytes the store may take on the disk, over all processes that share the folder. Default 1,073,741,824 (1 GiB), at least
   * 4,194,304 (4 MiB).
   */
  readonly maxBytes?: number;
  /** Told what an operator should read: a damaged store, a folder others can look into. Default: nobody. */
  readonly warn?: (message: string) => void;
  /** Default: the machine's own clock. */
  readonly clock?: Clock;
}

/** Options, checked and completed. */
export interface ResolvedDiskOptions {
  /** Absolute: a later change of the working directory moves nothing. */
  readonly directory: string;
  readonly layout: Layout;
  readonly warn: (message: string) => void;
  readonly clock: Clock;
}

/** As in LiteLLM. */
export const DEFAULT_DIRECTORY = '.litellm_cache';

const DEFAULT_MAX_BYTES = 1024 * 1024 * 1024;

const KNOWN_OPTIONS: readonly string[] = [
  'directory',
  'maxBytes',
  'warn',
  'clock',
] satisfies readonly (keyof DiskBackendOptions)[];

/** @throws CacheError `CACHE_INVALID_OPTION` that names the option, what was expected and what came. */
export function resolveDiskOptions(options: DiskBackendOptions): ResolvedDiskOptions {
  if (typeof options !== 'object' || options === null) throw wrongOption('options', 'an object', options);
  for (const name of Object.keys(options)) {
    if (!KNOWN_OPTIONS.includes(name)) throw wrongOption(name, `one of ${KNOWN_OPTIONS.join(', ')}`, name);
  }
  const {
    directory = DEFAULT_DIRECTORY,
    maxBytes = DEFAULT_MAX_BYTES,
    warn = () => undefined,
    clock = systemClock,
  } = options;
  if (!isPath(directory)) throw wrongOption('directory', 'the path of a folder', directory);
  if (!isMaxBytes(maxBytes)) {
    throw wrongOption('maxBytes', `a whole number of bytes, at least ${MINIMUM_BYTES}`, maxBytes);
  }
  if (typeof warn !== 'function') throw wrongOption('warn', 'a function', warn);
  return Object.freeze({ directory: resolve(directory), layout: layoutOf(maxBytes), warn, clock });
}

/** Whether the system can take it for a path at all. */
export function isPath(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !value.includes('\0');
}

export function isMaxBytes(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= MINIMUM_BYTES;
}

function wrongOption(option: string, expected: string, found: unknown): CacheError {
  const shown = typeof found === 'object' ? Object.prototype.toString.call(found) : JSON.stringify(found);
  const message = `diskBackend: ${option} must be ${expected}, got ${shown ?? String(found)} (${typeof found})`;
  return new CacheError('CACHE_INVALID_OPTION', message, { backend: 'disk', param: option });
}
