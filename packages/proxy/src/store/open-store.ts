import {
  framed,
  memoryStore,
  resilient,
  tiered,
  type CacheBackend,
  type CacheObserver,
  type MemoryStore,
} from '@cache/core';
import { codecsFrom } from '@cache/core/codecs';
import { memoryCopySeconds } from '../config/lifetime.ts';
import type { CacheConfig } from '../config/types.ts';
import type { OpenedStore, ServerInfo } from './opened-store.ts';

export interface OpenStoreOptions {
  readonly cache: CacheConfig;
  /** Absent where answers live in this process only. */
  readonly backend?: CacheBackend;
  readonly observer: CacheObserver;
}

/** How long an operation of a backend may take where the configuration does not say. */
const OPERATION_MILLISECONDS = 500;

/**
 * Puts around a backend what stands before every one of them, whoever wrote it: frames and codecs, time limit, breaker,
 * fail-open, and memory in front.
 *
 * @throws CacheError `CACHE_INVALID_OPTION` for a malformed encryption key, `CACHE_NOT_SUPPORTED` for another contract.
 */
export function openStore({ cache, backend, observer }: OpenStoreOptions): OpenedStore {
  const memory = memoryOf(cache);
  if (backend === undefined) return { store: memory, memory };
  const operationTimeoutMilliseconds = cache.operationTimeoutMilliseconds ?? OPERATION_MILLISECONDS;
  const codecs = codecsFrom({
    encryptionKey: cache.encryptionKey,
    previousEncryptionKeys: cache.previousEncryptionKeys,
    compression: cache.compression,
    compressionMinBytes: cache.compressionMinBytes,
  });
  const shared = resilient(framed(backend, { observer, codecs }), { observer, operationTimeoutMilliseconds });
  const store = tiered({
    memory,
    shared,
    memoryTtlSeconds: memoryCopySeconds(cache),
    observer,
    ...(backend.sharedState === undefined ? {} : { bus: backend.sharedState }),
  });
  const describe = (): Promise<Readonly<Record<string, unknown>>> =>
    backend.describe?.({ signal: AbortSignal.timeout(operationTimeoutMilliseconds) }) ?? Promise.resolve({});
  return {
    store,
    tiers: [
      { name: memory.name, store: memory },
      { name: shared.name, store: shared, describe },
    ],
    memory,
    ...(hasServerInfo(backend) ? { serverInfo: () => backend.serverInfo() } : {}),
  };
}

function memoryOf({ maxEntryBytes, memoryMaxBytes, memoryMaxEntries }: CacheConfig): MemoryStore {
  return memoryStore({
    maxEntryBytes,
    ...(memoryMaxBytes === undefined ? {} : { maxBytes: memoryMaxBytes }),
    ...(memoryMaxEntries === undefined ? {} : { maxEntries: memoryMaxEntries }),
  });
}

function hasServerInfo(backend: CacheBackend): backend is CacheBackend & { readonly serverInfo: ServerInfo } {
  return 'serverInfo' in backend && typeof backend.serverInfo === 'function';
}
