import type { StatementSync } from 'node:sqlite';
import type { Layout } from '../layout.ts';
import type { KeyPage, Operations, StoreReport } from '../protocol.ts';
import { bytesOnDisk } from './folder.ts';
import { endOfPrefix, successorOf } from './key-range.ts';
import type { OpenStore } from './open-store.ts';

/** Keys in one answer to `keys`. */
const PAGE_KEYS = 250;

const IS_LIVE = '(delete_at IS NULL OR delete_at > ?)';

/** What is asked of a store without changing it. Expired values are not there. */
export class Reader {
  readonly #store: OpenStore;
  readonly #layout: Layout;
  readonly #value: StatementSync;
  readonly #keys: StatementSync;

  constructor(store: OpenStore, layout: Layout) {
    const { database } = store;
    this.#store = store;
    this.#layout = layout;
    this.#value = database.prepare(`SELECT value FROM entries WHERE key = ? AND ${IS_LIVE}`);
    this.#keys = database.prepare(
      `SELECT key, delete_at FROM entries WHERE key >= ? AND key < ? AND ${IS_LIVE} ORDER BY key LIMIT ${PAGE_KEYS}`,
    );
  }

  get({ keys, now }: Operations['get']['asked']): (Uint8Array | undefined)[] {
    return keys.map((key) => {
      const value = this.#value.get(key, now)?.['value'];
      return value instanceof Uint8Array ? value : undefined;
    });
  }

  keys({ prefix, from, now }: Operations['keys']['asked']): KeyPage {
    const rows = this.#keys.all(from, endOfPrefix(prefix), now);
    const keys = rows.map((row) => ({
      key: row['key'] as Uint8Array,
      deleteAt: row['delete_at'] as number | null,
    }));
    const last = keys.at(-1);
    return { keys, next: last === undefined || keys.length < PAGE_KEYS ? undefined : successorOf(last.key) };
  }

  report(): StoreReport {
    const version = this.#store.database.prepare('SELECT sqlite_version() AS version').get();
    return {
      directory: this.#store.directory,
      file: this.#store.file,
      engine: `sqlite ${String(version?.['version'])}`,
      bytes: bytesOnDisk(this.#store.file),
      maxBytes: this.#layout.maxBytes,
    };
  }
}
