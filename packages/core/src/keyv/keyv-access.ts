import { CacheError } from '../contract/errors.ts';
import { hasMethod, isKept, isKeyvAdapter, isKeyvInstance, memberOf } from './shapes.ts';
import type { KeptValue, KeyvAdapter, KeyvInstance } from './shapes.ts';

/** A Keyv instance or a bare storage adapter, made the same. */
export interface KeyvAccess {
  /** What keeps the values: the adapter. */
  readonly store: unknown;
  /** Whose `error` events tell of failures. */
  readonly emitters: readonly unknown[];
  /** What Keyv itself puts before every key, in front of a colon. */
  readonly namespace: string | undefined;
  readonly defaultTtlMilliseconds: number | undefined;
  get(key: string): Promise<KeptValue | undefined>;
  /** Absent where it would do no more than `get`. */
  readonly getMany?: (keys: readonly string[]) => Promise<(KeptValue | undefined)[]>;
  /** Resolves to false if Keyv says that it failed. @param deleteAt epoch milliseconds, in the future. */
  set(key: string, value: string, deleteAt: number | undefined): Promise<boolean>;
  /** Resolves to whether there was something. */
  delete(key: string): Promise<boolean>;
}

/** @throws CacheError `CACHE_INVALID_OPTION` if `keyv` is neither, or keeps its failures to itself. */
export function accessTo(keyv: KeyvInstance | KeyvAdapter): KeyvAccess {
  if (typeof keyv === 'object' && keyv !== null) {
    if (isKeyvInstance(keyv)) return instanceAccess(keyv);
    if (isKeyvAdapter(keyv)) return adapterAccess(keyv);
  }
  const message = 'keyvBackend: expected a Keyv instance, or a storage adapter with get, set and delete';
  throw new CacheError('CACHE_INVALID_OPTION', message, { param: 'keyv' });
}

function instanceAccess(keyv: KeyvInstance): KeyvAccess {
  if (memberOf(memberOf(keyv, 'opts'), 'emitErrors') === false && memberOf(keyv, 'throwOnErrors') !== true) {
    const message =
      'keyvBackend: this Keyv hides its errors (emitErrors: false); give it throwOnErrors: true as well';
    throw new CacheError('CACHE_INVALID_OPTION', message, { param: 'keyv' });
  }
  const { store, namespace } = keyv;
  const access: KeyvAccess = {
    store,
    emitters: [keyv, store],
    namespace: prefixesKeys(keyv) ? namespace : undefined,
    defaultTtlMilliseconds: keyv.ttl,
    // Not `get`: Keyv 5 keeps what an adapter throws there to itself.
    get: async (key) => keptIn(await keyv.getRaw(key)),
    async set(key, value, deleteAt) {
      // 0 is no lifetime at all; undefined would be the instance's own.
      const ttlMilliseconds = deleteAt === undefined ? 0 : ttlUntil(deleteAt);
      return (await keyv.set(key, value, ttlMilliseconds)) !== false;
    },
    delete: async (key) => (await keyv.delete(key)) === true,
  };
  // Without the adapter's own getMany, that of Keyv 5 asks for each key and keeps failures to itself.
  if (!hasMethod(keyv, 'getManyRaw') || !hasMethod(store, 'getMany')) return access;
  return {
    ...access,
    getMany: async (keys) => ((await keyv.getManyRaw([...keys])) as unknown[]).map(keptIn),
  };
}

/** Values are written as Keyv itself would: `{"value":"...","expires":1}`. */
function adapterAccess(adapter: KeyvAdapter): KeyvAccess {
  const takesMoments = memberOf(memberOf(adapter, 'capabilities'), 'expires') === true;
  return {
    store: adapter,
    emitters: [adapter],
    namespace: undefined,
    defaultTtlMilliseconds: undefined,
    async get(key) {
      const text = await adapter.get(key);
      return keptIn(typeof text === 'string' ? JSON.parse(text) : text);
    },
    async set(key, value, deleteAt) {
      const text = JSON.stringify({ value, expires: deleteAt });
      if (deleteAt === undefined) return (await adapter.set(key, text)) !== false;
      const expiry = takesMoments ? Math.ceil(deleteAt) : ttlUntil(deleteAt);
      return (await adapter.set(key, text, expiry)) !== false;
    },
    delete: async (key) => (await adapter.delete(key)) === true,
  };
}

/** Keyv 5 puts the namespace before the keys; from Keyv 6 on it is the adapter's business. */
function prefixesKeys(keyv: KeyvInstance): boolean {
  const isVersion5 = hasMethod(keyv, 'serializeData');
  return isVersion5 && Boolean(keyv.namespace) && memberOf(keyv, 'useKeyPrefix') !== false;
}

/** Whole milliseconds, as Redis wants them, and never too few. */
function ttlUntil(deleteAt: number): number {
  return Math.max(Math.ceil(deleteAt - Date.now()), 1);
}

function keptIn(raw: unknown): KeptValue | undefined {
  if (raw === undefined || raw === null) return undefined;
  if (!isKept(raw)) throw new CacheError('CACHE_ENTRY_DAMAGED', 'stored entry: no value that Keyv has kept');
  const { expires } = raw;
  return typeof expires === 'number' && Date.now() > expires ? undefined : raw;
}
