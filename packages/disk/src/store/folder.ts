import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StoreFailure } from './failure.ts';

/**
 * Files are numbered: a store that must be given up is succeeded by the next number, never by a file of the same name. A log
 * left behind by the old file can so never be taken for the new one's, which would damage it
 * (https://www.sqlite.org/howtocorrupt.html, section 1.4). `v1` is the layout of the tables: another one is another file.
 *
 * The name is not `cache.db`: that is the file of python-diskcache, which LiteLLM keeps in the same folder.
 */
const STORE_FILE = /^answers-v1-(\d{1,9})\.db(-wal|-shm)?$/;

const OTHERS_RIGHTS = 0o077;

export function storeFile(directory: string, number: number): string {
  return join(directory, `answers-v1-${number}.db`);
}

/**
 * Makes the folder, for its owner only, or finds it and says whether others can look into it.
 * @throws StoreFailure `CACHE_BACKEND_UNAVAILABLE` that names the option and what is wrong with the folder.
 */
export function prepareFolder(directory: string, warn: (message: string) => void): void {
  try {
    const isNew = makeFolder(directory);
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    if (!isNew) warnOfRights(directory, warn);
  } catch (error) {
    throw new StoreFailure({
      code: 'CACHE_BACKEND_UNAVAILABLE',
      message: `cannot use the directory ${JSON.stringify(directory)} (disk_cache_dir): ${problemOf(error)}`,
      param: 'directory',
      cause: error,
    });
  }
}

/**
 * Not `mkdir` with `recursive`: that never returns where a folder exists that takes no others (`/proc/self/x`).
 * @returns false if there was one.
 */
function makeFolder(directory: string): boolean {
  const [parent, mode] = [dirname(directory), 0o700];
  try {
    mkdirSync(directory, { mode });
  } catch (error) {
    if (isCode(error, 'EEXIST') && statSync(directory).isDirectory()) return false;
    if (!isCode(error, 'ENOENT') || parent === directory) throw error;
    makeFolder(parent);
    if (!existsSync(directory)) mkdirSync(directory, { mode });
  }
  return true;
}

/** The number of the store that counts: the highest, or the one after all that left something behind. */
export function newestStore(directory: string): number {
  const found = storeFilesOf(directory);
  const databases = found.filter(({ isDatabase }) => isDatabase).map(({ number }) => number);
  if (databases.length > 0) return Math.max(...databases);
  return Math.max(0, ...found.map(({ number }) => number)) + 1;
}

/** Removes the stores that `number` has succeeded. Who still has them open notices, and follows. */
export function removeOlderStores(directory: string, number: number): void {
  for (const file of storeFilesOf(directory)) {
    if (file.number < number) rmSync(join(directory, file.name), { force: true });
  }
}

/** Which file a path leads to at the moment; undefined if to none. */
export function identityOf(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
}

/** Bytes of a store on the disk, its log included. */
export function bytesOnDisk(file: string): number {
  return sizeOf(file) + bytesOfLog(file) + sizeOf(`${file}-shm`);
}

export function bytesOfLog(file: string): number {
  return sizeOf(`${file}-wal`);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function storeFilesOf(directory: string): { name: string; number: number; isDatabase: boolean }[] {
  return readdirSync(directory).flatMap((name) => {
    const parts = STORE_FILE.exec(name);
    return parts === null ? [] : [{ name, number: Number(parts[1]), isDatabase: parts[2] === undefined }];
  });
}

function warnOfRights(directory: string, warn: (message: string) => void): void {
  // Windows has no such rights; what is reported there says nothing.
  if (process.platform === 'win32') return;
  const rights = statSync(directory).mode & 0o777;
  if ((rights & OTHERS_RIGHTS) === 0) return;
  warn(
    `disk: the directory ${JSON.stringify(directory)} (disk_cache_dir) is open to other users (${rights.toString(8)}); ` +
      'the files in it are not, but chmod 700 is safer',
  );
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function problemOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'it cannot be made there';
    case 'EEXIST':
      return 'it is a file';
    case 'ENOTDIR':
      return 'part of the path is a file';
    case 'EACCES':
    case 'EPERM':
      return 'this user may not write there';
    case 'EROFS':
      return 'its file system is read-only';
    case 'ENOSPC':
      return 'there is no room to make it';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
