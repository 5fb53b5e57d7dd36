import type { Failure } from '../protocol.ts';

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html); the extended ones hold them in their lowest byte. */
const SQLITE_PERM = 3;
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

/** Extended codes: what a full disk, a spent quota or a file size limit comes out as where it is not plain SQLITE_FULL. */
const WRITE_ERRORS: ReadonlySet<number> = new Set([
  SQLITE_IOERR | (3 << 8), // SQLITE_IOERR_WRITE
  SQLITE_IOERR | (4 << 8), // SQLITE_IOERR_FSYNC
  SQLITE_IOERR | (6 << 8), // SQLITE_IOERR_TRUNCATE
  SQLITE_IOERR | (19 << 8), // SQLITE_IOERR_SHMSIZE
]);

/** A failure with a code of ours, thrown within a thread. */
export class StoreFailure extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** Whether the file itself is not what SQLite wrote: no operation can mend that. */
export function isDamage(error: unknown): boolean {
  const code = primaryCodeOf(error);
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}

/** Whether another connection holds the lock for longer than one waits. */
export function isBusy(error: unknown): boolean {
  const code = primaryCodeOf(error);
  return code === SQLITE_BUSY || code === SQLITE_LOCKED;
}

/** What the backend is told of an error in one of its threads. */
export function failureOf(error: unknown, role: 'reader' | 'writer'): Failure {
  if (error instanceof StoreFailure) return error.failure;
  const message = `${reasonOf(error)}${resultCodeOf(error) === undefined ? '' : ` (SQLite ${resultCodeOf(error)})`}`;
  return { code: codeOf(error, role), message, cause: error };
}

function codeOf(error: unknown, role: 'reader' | 'writer'): Failure['code'] {
  const primary = primaryCodeOf(error);
  if (primary === SQLITE_FULL) return 'CACHE_BACKEND_FULL';
  if (primary === SQLITE_PERM || primary === SQLITE_CANTOPEN) return 'CACHE_BACKEND_UNAVAILABLE';
  if (role === 'reader') return isBusy(error) ? 'CACHE_BACKEND_UNAVAILABLE' : 'CACHE_BACKEND_FAILED';
  // Reads go on whoever holds the lock for writing and whatever the disk refuses to take.
  const takesNoWrites =
    isBusy(error) || primary === SQLITE_READONLY || WRITE_ERRORS.has(resultCodeOf(error) ?? 0);
  return takesNoWrites ? 'CACHE_BACKEND_FULL' : 'CACHE_BACKEND_FAILED';
}

function primaryCodeOf(error: unknown): number | undefined {
  const code = resultCodeOf(error);
  return code === undefined ? undefined : code & 0xff;
}

/** node:sqlite puts SQLite's extended result code into `errcode`. */
function resultCodeOf(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code : undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
