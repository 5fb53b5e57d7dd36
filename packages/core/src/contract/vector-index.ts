import type { OperationOptions } from './store.ts';

/** A point as it is written. The framed entry travels with it: an index is complete by itself. */
export interface VectorPoint {
  /** The exact key of the entry. Point ids derive from it, so storing again replaces. */
  readonly entryKey: string;
  /** Everything that must match exactly before meaning is compared. */
  readonly scope: string;
  /** The text that was embedded. */
  readonly text: string;
  readonly vector: Float32Array;
  /** The framed entry. */
  readonly entry: Uint8Array;
  /** Epoch milliseconds after which the point must not be found. */
  readonly deleteAt?: number;
}

/** A point as it is found. */
export interface VectorMatch {
  /** Cosine similarity in [0,1]; negative cosines are 0. */
  readonly similarity: number;
  readonly entryKey: string;
  readonly text: string;
  readonly entry: Uint8Array;
  readonly deleteAt?: number;
}

/**
 * Nearest neighbours within a scope. The index is also the exact lookup (`get`), so a semantic cache needs no second store.
 */
export interface VectorIndex {
  readonly contract: 1;
  /** Carries embedder and dimensions, so that another embedder starts another index instead of missing silently. */
  readonly name: string;
  readonly dimensions: number;
  /** The nearest points of exactly `scope`, most similar first; never an expired one. */
  query(
    vector: Float32Array,
    scope: string,
    options: OperationOptions & { readonly limit: number },
  ): Promise<VectorMatch[]>;
  /** The framed entry stored under exactly this key. */
  get(entryKey: string, options?: OperationOptions): Promise<Uint8Array | undefined>;
  upsert(points: readonly VectorPoint[], options?: OperationOptions): Promise<void>;
  /** @returns how many of `entryKeys` existed. */
  delete(entryKeys: readonly string[], options?: OperationOptions): Promise<number>;
  /** Removes every point whose entry key starts with `prefix`, literally. @returns how many. */
  clear(prefix: string, options?: OperationOptions): Promise<number>;
  ping(options?: OperationOptions): Promise<void>;
  close(): Promise<void>;
}
