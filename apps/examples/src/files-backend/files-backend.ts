import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, open, readdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  BACKEND_CONTRACT,
  CacheError,
  type BackendCapabilities,
  type BackendKey,
  type BackendSetOptions,
  type CacheBackend,
  type CacheErrorCode,
  type Clock,
  type OperationOptions,
} from '@cache/core';
import { decodeValueFile, encodeValueFile } from './value-file.ts';

export interface FilesBackendOptions {
  /** Where the files are, relative to the working directory. Made when it is first needed. */
  readonly folder: string;
  /** Default: the machine's. */
  readonly clock?: Pick<Clock, 'now'>;
}

const NAME = 'files';
const MAX_KEY_BYTES = 1024;
const SUFFIX = '.value';
/** A first line with the longest key, every byte of it escaped as \u0000. */
const LONGEST_HEADER_BYTES = 6 * MAX_KEY_BYTES + 64;

const CAPABILITIES: BackendCapabilities = Object.freeze({
  expiry: 'native',
  expiryResolutionMilliseconds: 1,
  maxValueBytes: 2 * 1024 * 1024,
  maxKeyBytes: MAX_KEY_BYTES,
  shared: true,
});

/** One file for each value, in one folder, which several processes may share. */
export function filesBackend(options: FilesBackendOptions): CacheBackend {
  return new FilesBackend(options);
}

class FilesBackend implements CacheBackend {
  readonly contract = BACKEND_CONTRACT;
  readonly name = NAME;
  readonly capabilities = CAPABILITIES;
  readonly #folder: string;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #inHand = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor({ folder, clock = Date }: FilesBackendOptions) {
    this.#folder = resolve(folder);
    this.#clock = clock;
  }

  get(key: string, options: OperationOptions = {}): Promise<Uint8Array | undefined> {
    return this.#run('get', [key], options, async () => {
      const content = await unlessMissing(readFile(this.#fileOf(key), options));
      const found = content && decodeValueFile(content);
      return found?.key === key && !this.#isExpired(found.deleteAt) ? found.bytes : undefined;
    });
  }

  set(key: string, bytes: Uint8Array, { deleteAt, ...options }: BackendSetOptions = {}): Promise<void> {
    return this.#run('set', [key], options, async () => {
      if (bytes.byteLength > CAPABILITIES.maxValueBytes)
        throw failure('CACHE_ENTRY_TOO_LARGE', 'set', `takes values of ${CAPABILITIES.maxValueBytes} bytes`);
      const content = encodeValueFile({ key, bytes, ...(deleteAt === undefined ? {} : { deleteAt }) });
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await this.#write(this.#fileOf(key), content, options);
    });
  }

  delete(keys: readonly string[], options: OperationOptions = {}): Promise<number> {
    return this.#run('delete', keys, options, async () => {
      let deleted = 0;
      for (const key of keys) {
        options.signal?.throwIfAborted();
        if ((await unlessMissing(unlink(this.#fileOf(key)).then(() => true))) === true) deleted += 1;
      }
      return deleted;
    });
  }

  async *list(prefix: string, options: OperationOptions = {}): AsyncGenerator<BackendKey, void, undefined> {
    const names = await this.#run('list', [], options, async () => unlessMissing(readdir(this.#folder)));
    for (const name of names?.filter((each) => each.endsWith(SUFFIX)) ?? []) {
      const file = join(this.#folder, name);
      const found = await this.#run('list', [], options, () => readHeader(file));
      if (found?.key.startsWith(prefix) !== true) continue;
      const { key, deleteAt } = found;
      // Nobody asks for it any more, so nobody else would remove it.
      if (this.#isExpired(deleteAt)) await this.#run('list', [], options, () => rm(file, { force: true }));
      else yield deleteAt === undefined ? { key } : { key, deleteAt };
    }
  }

  ping(options: OperationOptions = {}): Promise<void> {
    return this.#run('ping', [], options, async () => {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await access(this.#folder, constants.R_OK | constants.W_OK);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    // Whoever has closed the backend may remove the folder.
    await Promise.allSettled(this.#inHand);
  }

  /** Under another name first: a reader finds the old value or the new one, whole, whoever is killed meanwhile. */
  async #write(file: string, content: Uint8Array, options: OperationOptions): Promise<void> {
    const unfinished = `${file}.${randomUUID()}`;
    try {
      await writeFile(unfinished, content, { mode: 0o600, ...options });
      options.signal?.throwIfAborted();
      await rename(unfinished, file);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }

  /** Keys may hold anything, file names may not. */
  #fileOf(key: string): string {
    return join(this.#folder, createHash('sha256').update(key).digest('hex') + SUFFIX);
  }

  #isExpired(deleteAt: number | undefined): boolean {
    return deleteAt !== undefined && deleteAt <= this.#clock.now();
  }

  async #run<T>(
    operation: string,
    keys: readonly string[],
    { signal }: OperationOptions,
    work: () => Promise<T>,
  ): Promise<T> {
    if (this.#isClosed) throw failure('CACHE_CLOSED', operation, 'is closed');
    if (keys.some((key) => Buffer.byteLength(key) > MAX_KEY_BYTES))
      throw failure('CACHE_INVALID_OPTION', operation, `takes keys of ${MAX_KEY_BYTES} bytes`);
    if (signal?.aborted === true)
      throw failure('CACHE_ABORTED', operation, 'was told to stop', signal.reason);
    const working = work();
    this.#inHand.add(working);
    try {
      return await working;
    } catch (error) {
      if (CacheError.is(error)) throw error;
      throw failure(codeOf(error, signal), operation, String(error), error);
    } finally {
      this.#inHand.delete(working);
    }
  }
}

async function readHeader(file: string): Promise<{ key: string; deleteAt?: number } | undefined> {
  const handle = await unlessMissing(open(file));
  if (handle === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LONGEST_HEADER_BYTES));
    return decodeValueFile(buffer.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}

async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function codeOf(error: unknown, signal: AbortSignal | undefined): CacheErrorCode {
  if (signal?.aborted === true) return 'CACHE_ABORTED';
  const hasNoRoom = ['ENOSPC', 'EDQUOT', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '');
  return hasNoRoom ? 'CACHE_BACKEND_FULL' : 'CACHE_BACKEND_FAILED';
}

function failure(code: CacheErrorCode, operation: string, what: string, cause?: unknown): CacheError {
  return new CacheError(code, `${NAME}: ${operation} ${what}`, { backend: NAME, operation, cause });
}
