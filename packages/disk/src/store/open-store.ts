import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { PAGE_BYTES } from '../layout.ts';
import type { ThreadData } from '../protocol.ts';
import { isBusy, isDamage, StoreFailure } from './failure.ts';
import { identityOf, newestStore, prepareFolder, removeOlderStores, storeFile } from './folder.ts';

/** A store opened by one thread. */
export interface OpenStore {
  readonly database: DatabaseSync;
  readonly directory: string;
  readonly number: number;
  readonly file: string;
  /** False once the file has been removed or succeeded by another: what is written to it is lost. */
  readonly isCurrent: () => boolean;
  readonly close: () => void;
}

/**
 * How long one waits for another connection's lock. Well below the time an operation has, so that it fails for the right
 * reason; transactions are short.
 */
const LOCK_WAIT_MILLISECONDS = 250;

/** Setting up needs the file for oneself; a hundred processes may start at once. */
const SET_UP_ATTEMPTS = 20;

/** How often a folder may change under one's hands before that is an error. */
const OPEN_ATTEMPTS = 5;

/** `LRCF` in ASCII, as entries begin: marks the file as ours (https://www.sqlite.org/pragma.html#pragma_application_id). */
const APPLICATION_ID = 0x4c524346;

/** Of the tables below. */
const SCHEMA_VERSION = 1;

/**
 * `id` grows with every write: its order is the order in which values were stored, and values are removed in it. Keys are bytes of UTF-8,
 * compared as such. The small columns stand before the value: reading them does not touch the pages it overflows to.
 */
const SCHEMA = `
  CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    delete_at REAL,
    value BLOB NOT NULL
  ) STRICT;
  CREATE INDEX entries_by_delete_at ON entries (delete_at) WHERE delete_at IS NOT NULL;
`;

/**
 * Opens the store of a folder, and makes what is missing.
 * @param minimum the lowest number it may have: one above that of a damaged store.
 * @throws StoreFailure, or what SQLite says.
 */
export function openStore(data: ThreadData, minimum: number, warn: (message: string) => void): OpenStore {
  prepareFolder(data.directory, warn);
  let lowest = minimum;
  for (let attempt = 1; attempt <= OPEN_ATTEMPTS; attempt += 1) {
    const number = Math.max(lowest, newestStore(data.directory));
    const store = openUnlessDamaged(data, number, warn);
    if (store === undefined) {
      lowest = number + 1;
      continue;
    }
    // Between looking and opening, another process may have begun the next one.
    if (newestStore(data.directory) === number) {
      removeOlderStores(data.directory, number);
      return store;
    }
    store.close();
  }
  throw new StoreFailure({
    code: 'CACHE_BACKEND_UNAVAILABLE',
    message: `the files of the directory ${JSON.stringify(data.directory)} change too fast to be opened`,
    cause: undefined,
  });
}

/**
 * A damaged store is given up and succeeded by an empty one: a cache can be filled again, and keeping the damaged file beside
 * it would break the bound. The operator is told.
 */
export function warnOfDamage(directory: string, error: unknown, warn: (message: string) => void): void {
  const reason = error instanceof Error ? error.message : String(error);
  warn(
    `disk: the store in ${JSON.stringify(directory)} is damaged (${reason}); an empty one takes its place`,
  );
}

function openUnlessDamaged(
  data: ThreadData,
  number: number,
  warn: (message: string) => void,
): OpenStore | undefined {
  try {
    return openNumber(data, number, warn);
  } catch (error) {
    if (!isDamage(error)) throw error;
    warnOfDamage(data.directory, error, warn);
    return undefined;
  }
}

function openNumber(data: ThreadData, number: number, warn: (message: string) => void): OpenStore {
  const file = storeFile(data.directory, number);
  const database = new DatabaseSync(file, { timeout: LOCK_WAIT_MILLISECONDS });
  try {
    // Before anything is in it; log and index files take the rights of the database.
    keepFromOthers(file, warn);
    for (let attempt = 1; !isSetUp(database, data, file); attempt += 1) {
      if (attempt === SET_UP_ATTEMPTS)
        throw new StoreFailure(unavailable(file, 'it is being set up elsewhere'));
    }
  } catch (error) {
    database.close();
    throw error;
  }
  const identity = identityOf(file);
  return {
    database,
    directory: data.directory,
    number,
    file,
    isCurrent: () => identity !== undefined && identityOf(file) === identity,
    close: () => database.close(),
  };
}

/** @returns false if another connection is in the way. */
function isSetUp(database: DatabaseSync, { role, layout }: ThreadData, file: string): boolean {
  try {
    setUp(database, file);
    database.exec(`
      PRAGMA synchronous = NORMAL;
      PRAGMA journal_size_limit = ${layout.logBytes};
      PRAGMA wal_autocheckpoint = ${Math.floor(layout.logBytes / 4 / PAGE_BYTES)};
      PRAGMA cell_size_check = ON;
      PRAGMA trusted_schema = OFF;
      ${role === 'reader' ? 'PRAGMA query_only = ON;' : ''}
    `);
    return true;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    if (isBusy(error)) return false;
    throw error;
  }
}

function setUp(database: DatabaseSync, file: string): void {
  const owner = numberOf(database, 'PRAGMA application_id');
  if (owner !== 0 && owner !== APPLICATION_ID) {
    throw new StoreFailure(unavailable(file, 'it belongs to another application'));
  }
  if (numberOf(database, 'PRAGMA user_version') === SCHEMA_VERSION) return;
  database.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA auto_vacuum = INCREMENTAL`);
  const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode'];
  if (mode !== 'wal') {
    throw new StoreFailure(
      unavailable(file, 'its file system cannot share memory between processes, as network file systems'),
    );
  }
  database.exec('BEGIN IMMEDIATE');
  if (numberOf(database, 'PRAGMA user_version') !== SCHEMA_VERSION) {
    database.exec(`
      ${SCHEMA}
      PRAGMA application_id = ${APPLICATION_ID};
      PRAGMA user_version = ${SCHEMA_VERSION};
    `);
  }
  database.exec('COMMIT');
}

function keepFromOthers(file: string, warn: (message: string) => void): void {
  try {
    chmodSync(file, 0o600);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    warn(`disk: the store cannot be closed to other users: ${reason}`);
  }
}

function numberOf(database: DatabaseSync, query: string): number {
  return Number(Object.values(database.prepare(query).get() ?? {})[0]);
}

function unavailable(file: string, why: string): StoreFailure['failure'] {
  return {
    code: 'CACHE_BACKEND_UNAVAILABLE',
    message: `cannot use the store ${JSON.stringify(file)} (disk_cache_dir): ${why}`,
    param: 'directory',
    cause: undefined,
  };
}
