/** How the bytes an operator grants are shared out. */
export interface Layout {
  /** All of it: what was granted. */
  readonly maxBytes: number;
  /** The largest value. */
  readonly maxValueBytes: number;
  /** The database file. */
  readonly databaseBytes: number;
  /** The write-ahead log beside it. */
  readonly logBytes: number;
  /** Values of one transaction together, unless it is a single one. */
  readonly transactionBytes: number;
}

/** Less than this is no store: a log, and a few hundred answers. */
export const MINIMUM_BYTES: number = 4 * 1024 * 1024;

/**
 * 8 KiB pages, by measurement (docs/decisions/0013): with 4 KiB values of 32 KiB and more are read half as fast, with
 * 16 KiB small ones are written at two thirds of the speed and take twice the room.
 */
export const PAGE_BYTES = 8192;

const LARGEST_LOG_BYTES = 64 * 1024 * 1024;

/** An answer of that length is a book. */
const LARGEST_VALUE_BYTES = 8 * 1024 * 1024;

/** A transaction keeps the other processes from writing. */
const LARGEST_TRANSACTION_BYTES = 4 * 1024 * 1024;

/**
 * The log is written back into the database when it holds a quarter of its share, so it never holds more than that and the
 * largest transaction, unless a reader keeps it from being written back.
 */
export function layoutOf(maxBytes: number): Layout {
  const logBytes = Math.min(LARGEST_LOG_BYTES, Math.floor(maxBytes / 4));
  return {
    maxBytes,
    logBytes,
    databaseBytes: maxBytes - logBytes,
    maxValueBytes: Math.min(LARGEST_VALUE_BYTES, Math.floor(logBytes / 2)),
    transactionBytes: Math.min(LARGEST_TRANSACTION_BYTES, Math.floor(logBytes / 4)),
  };
}
