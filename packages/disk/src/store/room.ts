import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { PAGE_BYTES } from '../layout.ts';
import type { Layout } from '../layout.ts';
import { bytesOfLog } from './folder.ts';
import type { OpenStore } from './open-store.ts';

/** Rows removed by one statement. */
const REMOVED_ROWS = 16;

/** Expired values each transaction removes beside its own work, so that they never pile up while anything is written. */
const EXPIRED_WITH_EACH_WRITE = 32;

/** Pages one step gives back to the file system: 4 MiB. */
const VACUUMED_PAGES = 512;

/** A page of a value's overflow begins with the number of the next (https://www.sqlite.org/fileformat2.html, 1.6). */
const USABLE_PAGE_BYTES = PAGE_BYTES - 4;

/** Pages one write may take beside the value's own: the splits of table and indexes, a page of the pointer map. */
const PAGES_BESIDE_VALUE = 8;

/**
 * The bound. What counts is pages in use, as the database itself knows them within the transaction: one sum for all
 * processes, without a counter that could go wrong. Free pages are used before the file grows, so it never grows past the bound.
 *
 * Expired values go first, then the ones that were stored longest ago. Reading does not rejuvenate: it would make a write of
 * every read, and says little here, since the memory in front answers what is asked often.
 */
export class Room {
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #logBytes: number;
  readonly #maxPages: number;
  readonly #pages: StatementSync;
  readonly #freePages: StatementSync;
  readonly #expired: StatementSync;
  readonly #oldest: StatementSync;

  constructor({ database, file }: OpenStore, { databaseBytes, logBytes }: Layout) {
    this.#database = database;
    this.#file = file;
    this.#logBytes = logBytes;
    this.#maxPages = Math.floor(databaseBytes / PAGE_BYTES);
    this.#pages = database.prepare('PRAGMA page_count');
    this.#freePages = database.prepare('PRAGMA freelist_count');
    this.#expired = database.prepare(
      `DELETE FROM entries WHERE id IN (
         SELECT id FROM entries WHERE delete_at <= ? ORDER BY delete_at LIMIT ?)`,
    );
    this.#oldest = database.prepare(
      'DELETE FROM entries WHERE id IN (SELECT id FROM entries ORDER BY id LIMIT ?)',
    );
  }

  /** Removes a bounded number of expired values. @returns how many. */
  removeExpired(now: number): number {
    return Number(this.#expired.run(now, EXPIRED_WITH_EACH_WRITE).changes);
  }

  /**
   * Makes room for a value. Where the bound has been lowered meanwhile, no more than twice the room the value needs: a store ten times too
   * large shrinks with each write, instead of keeping the first one waiting.
   */
  make(bytes: number, now: number): void {
    const needed = Math.ceil(bytes / USABLE_PAGE_BYTES) + PAGES_BESIDE_VALUE;
    const before = this.#used();
    for (let used = before; used + needed > this.#maxPages; used = this.#used()) {
      if (before - used >= 2 * needed || this.#removeSome(now) === 0) return;
    }
  }

  /** One bounded step of giving back. @returns whether there is more to do. */
  tidy(now: number): boolean {
    if (this.removeExpired(now) === EXPIRED_WITH_EACH_WRITE) return true;
    if (this.#used() > this.#maxPages) return this.#removeSome(now) > 0;
    if (!this.#isHollow()) return false;
    this.#database.exec(`PRAGMA incremental_vacuum(${VACUUMED_PAGES})`);
    return this.#isHollow();
  }

  /**
   * The log is usually written back with a commit, but never while another process writes: two that write all the time would
   * let it grow. Once it holds half its share, the others are kept waiting for that.
   */
  keepLogSmall(): void {
    if (bytesOfLog(this.#file) > this.#logBytes / 2) this.#database.exec('PRAGMA wal_checkpoint(RESTART)');
  }

  /** Writes the log back into the database and waits for the disk. Never waits for readers or writers. */
  flush(): void {
    this.#database.exec('PRAGMA wal_checkpoint(PASSIVE)');
  }

  #removeSome(now: number): number {
    const expired = Number(this.#expired.run(now, REMOVED_ROWS).changes);
    return expired > 0 ? expired : Number(this.#oldest.run(REMOVED_ROWS).changes);
  }

  /** More than a quarter of the file is free, or it is larger than it may be. What remains is used again soon. */
  #isHollow(): boolean {
    const [pages, free] = [this.#number(this.#pages), this.#number(this.#freePages)];
    return free > 0 && (pages > this.#maxPages || free > Math.max(VACUUMED_PAGES, pages / 4));
  }

  #used(): number {
    return this.#number(this.#pages) - this.#number(this.#freePages);
  }

  #number(statement: StatementSync): number {
    return Number(Object.values(statement.get() ?? {})[0]);
  }
}
