import type { CallType, StorableOptions } from '../calls/call-type.ts';
import { chatCompletion } from '../calls/chat-completion.ts';
import type { CacheBackend } from '../contract/backend.ts';
import { systemClock, type Clock } from '../contract/clock.ts';
import type { CacheError } from '../contract/errors.ts';
import type { CacheEvent, CacheObserver } from '../contract/observer.ts';
import type { CacheStore } from '../contract/store.ts';
import type { CacheMode } from '../control/resolve-policy.ts';
import { resolveCallTypes } from '../control/supported-call-types.ts';
import { checkOptionNames, checkPositiveInteger, wrongOption } from './check-option.ts';
import { framed } from './framed.ts';
import { notify } from './notify.ts';
import { resilient } from './store-wrappers/resilient.ts';
import { SCOPE_KINDS, type ScopeKind } from '../key/scope.ts';

/** How a {@link Cache} behaves. Everything but `store` has a default. */
export interface CacheOptions {
  /**
   * Where answers live: `memoryStore()`, a backend (`CacheBackend`), or a store of your own making. A backend is wrapped as
   * `resilient(framed(backend))` with the default bounds, reporting to `observer`; wrap it yourself for others.
   */
  readonly store: CacheStore | CacheBackend;
  /**
   * Lifetime in seconds of an answer whose request gives no `ttl`. Fractions are allowed. 0: nothing is stored unless the
   * request gives a `ttl`. Default: the store's own (`memoryStore`: 600), and if it has none, until room is needed.
   */
  readonly ttlSeconds?: number;
  /** First part of every key, unless the request gives one. Default: none. */
  readonly namespace?: string;
  /** `default_on`: every request is cached unless it says otherwise. `default_off`: only those with `use-cache: true`. */
  readonly mode?: CacheMode;
  /** Who shares answers with whom. Default: `key`, each credential for itself. */
  readonly scope?: ScopeKind;
  /** The kinds of calls that are cached, in any of LiteLLM's spellings. Default: all. `[]`: none. */
  readonly supportedCallTypes?: readonly string[];
  /** Top-level request members that do not separate keys. Default: none. */
  readonly ignoredParams?: readonly string[];
  /** The longest answer that is stored, in bytes; longer ones pass through. Default: 1 MiB. */
  readonly maxEntryBytes?: number;
  /** Answers that are complete but not plainly good. Default: none of them is stored. */
  readonly storable?: StorableOptions;
  /**
   * What becomes of a provider call when every client that waited for it has gone: `cancel` (default), or `finish` it and
   * store the answer.
   */
  readonly abandoned?: 'cancel' | 'finish';
  /** How long a provider call may be joined by equal requests, in seconds. Default: 600. 0: equal requests never share a call. */
  readonly joinSeconds?: number;
  /** The kinds of calls this cache understands. Default: chat completions. */
  readonly callTypes?: readonly CallType[];
  /** Default: the machine's own clock. */
  readonly clock?: Clock;
  /** Hears hits, misses, stores and backend failures as they happen. What it throws is ignored. Default: nobody. */
  readonly observer?: CacheObserver;
}

/** Options, completed and checked. */
export interface ResolvedCacheOptions {
  readonly store: CacheStore;
  readonly ttlSeconds: number | undefined;
  readonly namespace: string | undefined;
  readonly mode: CacheMode;
  readonly scope: ScopeKind;
  readonly enabledCallTypes: ReadonlySet<string>;
  readonly ignoredParams: readonly string[];
  readonly maxEntryBytes: number;
  readonly storable: StorableOptions;
  readonly abandoned: 'cancel' | 'finish';
  readonly joinSeconds: number;
  readonly callTypes: readonly CallType[];
  readonly clock: Clock;
  readonly observer: CacheObserver;
}

const KNOWN_OPTIONS: readonly (keyof CacheOptions)[] = [
  'store',
  'ttlSeconds',
  'namespace',
  'mode',
  'scope',
  'supportedCallTypes',
  'ignoredParams',
  'maxEntryBytes',
  'storable',
  'abandoned',
  'joinSeconds',
  'callTypes',
  'clock',
  'observer',
];

const STORABLE_NAMES: readonly (keyof StorableOptions)[] = ['contentFilter', 'refusal', 'empty', 'unknown'];

/** @throws CacheError `CACHE_INVALID_OPTION` naming the option, what was expected and what came. */
export function resolveCacheOptions(options: CacheOptions): ResolvedCacheOptions {
  checkOptionNames('Cache', options, KNOWN_OPTIONS);
  const { store, ttlSeconds, namespace, joinSeconds = 600, maxEntryBytes = 1024 * 1024 } = options;
  const { mode = 'default_on', scope = 'key', abandoned = 'cancel', ignoredParams = [] } = options;
  const methods = isBackend(store) ? BACKEND_METHODS : STORE_METHODS;
  checkMethods('store', 'a CacheStore such as memoryStore(), or a CacheBackend', store, methods);
  if (ttlSeconds !== undefined && !isSeconds(ttlSeconds))
    throw wrong('ttlSeconds', 'a number of seconds, 0 or more', ttlSeconds);
  if (!isSeconds(joinSeconds)) throw wrong('joinSeconds', 'a number of seconds, 0 or more', joinSeconds);
  checkPositiveInteger('Cache', 'maxEntryBytes', maxEntryBytes);
  if (namespace !== undefined && !isNamespace(namespace)) {
    throw wrong('namespace', 'a name of printable characters without blanks', namespace);
  }
  if (mode !== 'default_on' && mode !== 'default_off')
    throw wrong('mode', '"default_on" or "default_off"', mode);
  if (!SCOPE_KINDS.includes(scope)) throw wrong('scope', `one of ${SCOPE_KINDS.join(', ')}`, scope);
  if (abandoned !== 'cancel' && abandoned !== 'finish')
    throw wrong('abandoned', '"cancel" or "finish"', abandoned);
  const callTypes = options.callTypes ?? [chatCompletion];
  if (!isListOf(callTypes, isCallType)) throw wrong('callTypes', 'a list of call types', callTypes);
  if (!isListOf(ignoredParams, isText)) throw wrong('ignoredParams', 'a list of names', ignoredParams);
  if (!isListOf(options.supportedCallTypes ?? [], isText))
    throw wrong('supportedCallTypes', 'a list of names', options.supportedCallTypes);
  checkOptionNames('Cache: storable', options.storable ?? {}, STORABLE_NAMES);
  checkMethods('clock', 'a Clock', options.clock ?? systemClock, ['now', 'schedule']);
  if (options.observer !== undefined && typeof (options.observer as unknown) !== 'function')
    throw wrong('observer', 'a function', options.observer);
  const observer = (event: CacheEvent): void => notify(options.observer, event);
  const clock = options.clock ?? systemClock;
  return Object.freeze({
    store: isBackend(store) ? resilient(framed(store, { observer }), { observer, clock }) : store,
    ttlSeconds,
    namespace,
    mode,
    scope,
    abandoned,
    joinSeconds,
    maxEntryBytes,
    ignoredParams,
    callTypes,
    enabledCallTypes: resolveCallTypes(options.supportedCallTypes, callTypes),
    storable: options.storable ?? {},
    clock,
    observer,
  });
}

/** Only a backend says which version of its contract it speaks. */
function isBackend(store: CacheStore | CacheBackend): store is CacheBackend {
  return 'contract' in Object(store);
}

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isNamespace(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,256}$/.test(value);
}

/** A backend without one of its methods would be a cache that never hits, and says so only to its observer. */
const BACKEND_METHODS: readonly (keyof CacheBackend)[] = ['get', 'set', 'delete', 'ping', 'close'];
const STORE_METHODS: readonly (keyof CacheStore)[] = ['get', 'set', 'delete', 'clear', 'ping', 'close'];

function checkMethods(option: string, what: string, given: unknown, names: readonly string[]): void {
  if (typeof given !== 'object' || given === null) throw wrong(option, what, given);
  const missing = names.filter((name) => typeof (given as Record<string, unknown>)[name] !== 'function');
  if (missing.length > 0) throw wrong(option, `${what} (missing: ${missing.join(', ')})`, given);
}

function isListOf(value: unknown, isMember: (member: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isMember);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isCallType(value: unknown): boolean {
  const { name, paths } = Object(value) as Partial<CallType>;
  return isText(name) && isListOf(paths, isText);
}

function wrong(option: string, expected: string, found: unknown): CacheError {
  return wrongOption('Cache', option, expected, found);
}
