import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Change, Outcome, Step, StoredItem } from '../protocol.ts';
import type { Layout } from '../layout.ts';
import { failureOf, isBusy, isDamage } from './failure.ts';
import { endOfPrefix, successorOf } from './key-range.ts';
import type { OpenStore } from './open-store.ts';
import { Room } from './room.ts';

/** Rows one step of `clear` removes at most, and about how many bytes. */
const CLEARED_ROWS = 250;
const CLEARED_BYTES = 8 * 1024 * 1024;

const DONE: Step = { count: 0, next: undefined };

/** Changes a store. Every method is one or more transactions: what has returned survives the end of the process. */
export class Writer {
  readonly #database: DatabaseSync;
  readonly #room: Room;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;
  readonly #removeRow: StatementSync;
  readonly #range: StatementSync;

  constructor(store: OpenStore, layout: Layout) {
    const { database } = store;
    this.#database = database;
    this.#room = new Room(store, layout);
    // Replacing removes the old row and writes a new one, with a new id: the value is the youngest now.
    this.#put = database.prepare('INSERT OR REPLACE INTO entries (key, delete_at, value) VALUES (?, ?, ?)');
    this.#remove = database.prepare('DELETE FROM entries WHERE key = ? RETURNING delete_at');
    this.#removeRow = database.prepare('DELETE FROM entries WHERE id = ?');
    this.#range = database.prepare(
      `SELECT id, key, delete_at, length(value) AS bytes FROM entries WHERE key >= ? AND key < ?
       ORDER BY key LIMIT ${CLEARED_ROWS}`,
    );
  }

  /**
   * Makes changes in one transaction; if that fails, each in its own, so that one for which there is no room does not take
   * the others with it.
   * @throws what says that the file is damaged.
   */
  write(changes: readonly Change[], now: number): Outcome[] {
    try {
      const steps = this.#transaction(changes, now);
      if (changes.some(({ kind }) => kind === 'tidy')) this.#room.flush();
      else this.#room.keepLogSmall();
      return steps.map((step) => ({ step }));
    } catch (error) {
      if (isDamage(error)) throw error;
      // Who holds the lock now will hold it for the next change too.
      if (changes.length === 1 || isBusy(error))
        return changes.map(() => ({ failure: failureOf(error, 'writer') }));
    }
    return changes.flatMap((change) => this.write([change], now));
  }

  #transaction(changes: readonly Change[], now: number): Step[] {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      this.#room.removeExpired(now);
      const steps = changes.map((change) => this.#apply(change, now));
      this.#database.exec('COMMIT');
      return steps;
    } catch (error) {
      // After some errors SQLite has rolled back by itself.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  #apply(change: Change, now: number): Step {
    switch (change.kind) {
      case 'set':
        for (const item of change.items) this.#set(item, now);
        return DONE;
      case 'delete':
        return { count: this.#delete(change.keys, now), next: undefined };
      case 'clear':
        return this.#clear(change.prefix, change.from, now);
      case 'tidy':
        return { count: 0, next: this.#room.tidy(now) ? new Uint8Array() : undefined };
    }
  }

  #set({ key, bytes, deleteAt }: StoredItem, now: number): void {
    if (deleteAt !== null && deleteAt <= now) {
      this.#remove.get(key);
      return;
    }
    this.#room.make(key.length + bytes.length, now);
    this.#put.run(key, deleteAt, bytes);
  }

  #delete(keys: readonly Uint8Array[], now: number): number {
    return keys.filter((key) => {
      const row = this.#remove.get(key);
      return row !== undefined && isLive(row['delete_at'], now);
    }).length;
  }

  #clear(prefix: Uint8Array, from: Uint8Array, now: number): Step {
    const rows = this.#range.all(from, endOfPrefix(prefix));
    let [count, bytes] = [0, 0];
    for (const row of rows) {
      this.#removeRow.run(row['id'] as number);
      if (isLive(row['delete_at'], now)) count += 1;
      bytes += Number(row['bytes']);
      if (bytes >= CLEARED_BYTES) return { count, next: successorOf(row['key'] as Uint8Array) };
    }
    const last = rows.at(-1);
    const isLastStep = last === undefined || rows.length < CLEARED_ROWS;
    return { count, next: isLastStep ? undefined : successorOf(last['key'] as Uint8Array) };
  }
}

function isLive(deleteAt: unknown, now: number): boolean {
  return deleteAt === null || (deleteAt as number) > now;
}
