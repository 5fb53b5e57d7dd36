import {
  CacheError,
  framed,
  memoryStore,
  resilient,
  systemClock,
  tiered,
  type CacheBackend,
  type CacheObserver,
  type MemoryStore,
  type OperationOptions,
} from '@cache/core';
import { codecsFrom } from '@cache/core/codecs';
import { memoryCopySeconds } from '../config/lifetime.ts';
import type { CacheConfig } from '../config/types.ts';
import type { OpenedStore } from './opened-store.ts';

export interface OpenStoreOptions {
  readonly cache: CacheConfig;
  /** Absent where answers live in this process only. */
  readonly backend?: CacheBackend;
  readonly observer: CacheObserver;
}

/** What a server says of itself. */
type Told = Readonly<Record<string, unknown>>;
type Ask = (options: OperationOptions) => Promise<Told>;

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
  const within = (ask: Ask): Promise<Told> => withinTime(ask, operationTimeoutMilliseconds);
  return {
    store,
    tiers: [
      { name: memory.name, store: memory },
      {
        name: shared.name,
        store: shared,
        describe: () => within(async (options) => backend.describe?.(options) ?? {}),
      },
    ],
    memory,
    ...(hasServerInfo(backend)
      ? { serverInfo: () => within(async (options) => backend.serverInfo(options)) }
      : {}),
  };
}

function memoryOf({ maxEntryBytes, memoryMaxBytes, memoryMaxEntries }: CacheConfig): MemoryStore {
  return memoryStore({
    maxEntryBytes,
    ...(memoryMaxBytes === undefined ? {} : { maxBytes: memoryMaxBytes }),
    ...(memoryMaxEntries === undefined ? {} : { maxEntries: memoryMaxEntries }),
  });
}

/** What `ask` is told, or a rejection once its time is over, whether or not it heeds its signal. */
async function withinTime(ask: Ask, milliseconds: number): Promise<Told> {
  const controller = new AbortController();
  const late = Promise.withResolvers<never>();
  const cancelTimer = systemClock.schedule(milliseconds, () => {
    const error = new CacheError('CACHE_BACKEND_TIMEOUT', `took longer than ${milliseconds} ms`);
    late.reject(error);
    controller.abort(error);
  });
  try {
    return await Promise.race([ask({ signal: controller.signal }), late.promise]);
  } finally {
    cancelTimer();
  }
}

interface InformedBackend extends CacheBackend {
  serverInfo(options?: OperationOptions): Promise<Told>;
}

function hasServerInfo(backend: CacheBackend): backend is InformedBackend {
  return 'serverInfo' in backend && typeof backend.serverInfo === 'function';
}
