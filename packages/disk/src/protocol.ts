import type { CacheErrorCode } from '@cache/core';
import type { Layout } from './layout.ts';

/** What is said between the backend and its two threads. Types only: a thread loads nothing but its own code. */

/** What a thread is told when it starts. */
export interface ThreadData {
  /** One thread reads and one writes, so that no read waits for a write. */
  readonly role: 'reader' | 'writer';
  readonly directory: string;
  readonly layout: Layout;
}

/** A value to be written. */
export interface StoredItem {
  readonly key: Uint8Array;
  readonly bytes: Uint8Array;
  /** Epoch milliseconds; null: never. */
  readonly deleteAt: number | null;
}

/** One page of keys, in the order of their bytes. */
export interface KeyPage {
  readonly keys: readonly { readonly key: Uint8Array; readonly deleteAt: number | null }[];
  /** Where the next page begins; undefined: this was the last. */
  readonly next: Uint8Array | undefined;
}

/** What a step of a longer work came to. */
export interface Step {
  readonly count: number;
  /** Where the next step begins; undefined: this was the last. */
  readonly next: Uint8Array | undefined;
}

/** What the store says of itself. */
export interface StoreReport {
  readonly directory: string;
  readonly file: string;
  readonly engine: string;
  /** Bytes on the disk, the log included. */
  readonly bytes: number;
  readonly maxBytes: number;
}

/** Everything that can be asked, with its answer. `now` is the backend's time in epoch milliseconds. */
export interface Operations {
  readonly get: {
    readonly asked: { readonly keys: readonly Uint8Array[]; readonly now: number };
    readonly answer: readonly (Uint8Array | undefined)[];
  };
  readonly keys: {
    readonly asked: { readonly prefix: Uint8Array; readonly from: Uint8Array; readonly now: number };
    readonly answer: KeyPage;
  };
  readonly report: { readonly asked: object; readonly answer: StoreReport };
  readonly write: {
    readonly asked: { readonly changes: readonly Change[]; readonly now: number };
    readonly answer: readonly Outcome[];
  };
  readonly close: { readonly asked: object; readonly answer: undefined };
}

export type OperationName = keyof Operations;

/** One change of the store. Many of them share a transaction. */
export type Change =
  | { readonly kind: 'set'; readonly items: readonly StoredItem[] }
  | { readonly kind: 'delete'; readonly keys: readonly Uint8Array[] }
  /** Removes the keys of a prefix, a bounded number of them. */
  | { readonly kind: 'clear'; readonly prefix: Uint8Array; readonly from: Uint8Array }
  /** Gives back room: expired values, values beyond the bound, free pages; a bounded piece of that. */
  | { readonly kind: 'tidy' };

/** What a change came to. `set` counts nothing. */
export type Outcome = { readonly step: Step } | { readonly failure: Failure };

/** An error on its way between threads, where classes do not survive. */
export interface Failure {
  readonly code: CacheErrorCode;
  readonly message: string;
  readonly param?: string;
  readonly cause: unknown;
}

export type Request = {
  [Name in OperationName]: {
    readonly id: number;
    readonly operation: Name;
    readonly asked: Operations[Name]['asked'];
  };
}[OperationName];

export type Reply =
  | { readonly id: number; readonly answer: Operations[OperationName]['answer'] }
  | { readonly id: number; readonly failure: Failure }
  | { readonly warning: string };
