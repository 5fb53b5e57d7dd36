import type { CacheStore, MemoryStore } from '@cache/core';

/** Where answers live, and what its parts can tell. */
export interface OpenedStore {
  /** What the cache reads and writes. */
  readonly store: CacheStore;
  /** Its tiers by themselves, nearest first. Absent: the store is the only one. */
  readonly tiers?: readonly StoreTier[];
  /** For metrics. Absent: nothing is kept in memory. */
  readonly memory?: MemoryStore;
  /** What `/cache/redis/info` shows. Absent: there is no Redis. Rejects within the time of an operation, like `describe`. */
  readonly serverInfo?: ServerInfo;
}

/** One tier of a store. */
export interface StoreTier {
  readonly name: string;
  readonly store: CacheStore;
  /** What its server says about itself, without secrets. Rejects where it does not answer within the time of an operation. */
  readonly describe?: () => Promise<Readonly<Record<string, unknown>>>;
}

export type ServerInfo = () => Promise<Readonly<Record<string, unknown>>>;

/** The tier that holds what the others only copy. */
export function lastTier({ store, tiers = [] }: OpenedStore): StoreTier {
  return tiers.at(-1) ?? { name: store.name, store };
}
