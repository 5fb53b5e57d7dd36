import { systemClock } from '../contract/clock.ts';
import type { Clock } from '../contract/clock.ts';
import type { CacheEntry } from '../contract/entry.ts';
import { CacheError } from '../contract/errors.ts';
import type { CacheObserver } from '../contract/observer.ts';
import type { CacheStore, GetOptions, MaybePromise, OperationOptions } from '../contract/store.ts';
import type { MemoryStore, MemoryStoreStatistics } from '../memory/memory-store.ts';
import { checkOptionNames, wrongOption } from './check-option.ts';
import { clearable } from './clearable.ts';
import { closeOnce } from './store-wrappers/wrapper.ts';
import { DeletionBus, type InvalidationBus } from './tiers/deletion-bus.ts';
import type { Deletion } from './tiers/deletion-message.ts';
import { Promotions } from './tiers/promotions.ts';
import { WriteOrder } from './tiers/write-order.ts';

/** Options of {@link tiered}. */
export interface TieredOptions {
  /** The tier in front, used by nothing else. Closed with the tiers. */
  readonly memory: MemoryStore;
  /** What all processes share, usually `resilient(framed(backend))`. Closed with the tiers. */
  readonly shared: CacheStore;
  /** Tells other processes of deletions, and hears of theirs. Default: their copies live until their time is over. */
  readonly bus?: InvalidationBus;
  /**
   * Seconds a copy stays in memory at most, counted from when it was made. Fractions are allowed. Default 60. 0: nothing is
   * kept in memory.
   */
  readonly memoryTtlSeconds?: number;
  /** Default: the machine's own clock. The memory store should have the same. */
  readonly clock?: Clock;
  /** Hears `bus_state` once per change, and a `backend_failure` for what could not be published. */
  readonly observer?: CacheObserver;
}

/** A memory store in front of a shared one. */
export interface TieredStore extends CacheStore {
  readonly remote: true;
  peek(key: string): CacheEntry | undefined;
  delete(keys: readonly string[], options?: OperationOptions): Promise<number>;
  clear(prefix: string, options?: OperationOptions): Promise<number>;
  ping(options?: OperationOptions): Promise<void>;
  /** Nearest first. For health checks and metrics; whoever writes past the tiers may be answered with an old copy. */
  readonly tiers: readonly [memory: MemoryStore, shared: CacheStore];
  /** Of the memory tier. */
  statistics(): MemoryStoreStatistics;
}

const KNOWN_OPTIONS: readonly (keyof TieredOptions)[] = [
  'memory',
  'shared',
  'bus',
  'memoryTtlSeconds',
  'clock',
  'observer',
];

/**
 * Memory in front of a shared store: `peek` is memory alone, at once; `get` is memory, then the shared store, whose finding
 * is copied into memory; `set` is in memory when it returns, and in the shared store when it resolves.
 *
 * - A copy lives `memoryTtlSeconds` or as long as its entry, whichever is shorter. The entry's own times stay as they are.
 * - `delete` and `clear` remove from memory at once, from the shared store in the order of the calls, then from the memory of
 *   every process on the bus. They count what either tier had, the larger number; they reject where the shared store does.
 * - Where messages of the bus may be missing, everything in memory is dropped.
 *
 * @throws CacheError `CACHE_INVALID_OPTION` for a wrong or unknown option.
 */
export function tiered(options: TieredOptions): TieredStore {
  checkOptionNames('tiered', options, KNOWN_OPTIONS);
  checkMethods('memory', 'a memoryStore()', options.memory, ['peek', 'inspect', 'empty']);
  checkMethods('shared', 'a CacheStore such as resilient(framed(backend))', options.shared, ['clear', 'set']);
  if (options.bus !== undefined) checkMethods('bus', 'a SharedState', options.bus, ['publish', 'subscribe']);
  const { memoryTtlSeconds = 60 } = options;
  if (!Number.isFinite(memoryTtlSeconds) || memoryTtlSeconds < 0)
    throw wrongOption('tiered', 'memoryTtlSeconds', 'a number of seconds, 0 or more', memoryTtlSeconds);
  return new Tiers({ ...options, memoryTtlSeconds });
}

/** What `store` is made of, nearest first: itself alone unless it is {@link tiered}. */
export function tiersOf(store: CacheStore): readonly CacheStore[] {
  return 'tiers' in store ? (store as TieredStore).tiers : [store];
}

class Tiers implements TieredStore {
  readonly name: string;
  readonly defaultTtlSeconds?: number;
  readonly remote = true;
  readonly tiers: readonly [MemoryStore, CacheStore];
  readonly close: () => MaybePromise<void>;
  readonly #memory: MemoryStore;
  readonly #shared: CacheStore;
  readonly #clock: Clock;
  readonly #memoryMilliseconds: number;
  readonly #bus: DeletionBus | undefined;
  readonly #promotions = new Promotions();
  readonly #order = new WriteOrder();
  /** Removals, each until the others know of it. */
  readonly #removals = new Set<Promise<void>>();

  constructor(options: TieredOptions & { readonly memoryTtlSeconds: number }) {
    const { memory, shared, bus, memoryTtlSeconds, clock = systemClock, observer } = options;
    this.name = shared.name;
    if (shared.defaultTtlSeconds !== undefined) this.defaultTtlSeconds = shared.defaultTtlSeconds;
    this.tiers = Object.freeze([memory, shared] as const);
    this.close = closeOnce(() => this.#close());
    this.#memory = memory;
    this.#shared = shared;
    this.#clock = clock;
    this.#memoryMilliseconds = memoryTtlSeconds * 1000;
    if (bus === undefined) return;
    const onDeletion = (deletion: Deletion): void => void this.#forget(deletion, matcherOf(deletion));
    this.#bus = new DeletionBus({
      bus,
      backend: shared.name,
      clock,
      observer,
      onDeletion,
      onGap: () => this.#forgetAll(),
    });
  }

  peek(key: string): CacheEntry | undefined {
    return this.#memory.peek(key);
  }

  get(key: string, options: GetOptions = {}): MaybePromise<CacheEntry | undefined> {
    const copy = options.beyondPeek === true ? undefined : this.#memory.get(key);
    return copy ?? this.#promoted(key, options);
  }

  set(key: string, entry: CacheEntry, options?: OperationOptions): MaybePromise<void> {
    this.#copy(key, entry);
    this.#promotions.drop(key);
    return this.#order.write(key, () => this.#shared.set(key, entry, options));
  }

  async delete(keys: readonly string[], options?: OperationOptions): Promise<number> {
    return keys.length === 0 ? 0 : this.#remove({ keys }, () => this.#shared.delete(keys, options));
  }

  async clear(prefix: string, options?: OperationOptions): Promise<number> {
    return this.#remove({ prefix }, () => this.#shared.clear(prefix, options));
  }

  /** @throws CacheError naming each tier that failed, with the code of the first. */
  async ping(options?: OperationOptions): Promise<void> {
    const results = await Promise.allSettled(this.tiers.map(async (tier) => tier.ping(options)));
    const failures = results.flatMap((result, index) =>
      result.status === 'rejected'
        ? [{ name: this.tiers[index]?.name, error: result.reason as unknown }]
        : [],
    );
    if (failures.length > 0) throw pingFailure(this.name, failures);
  }

  statistics(): MemoryStoreStatistics {
    return this.#memory.statistics();
  }

  async #promoted(key: string, options: OperationOptions): Promise<CacheEntry | undefined> {
    // What is read while this process itself changes it may be the old or the new.
    const isCopied = !this.#order.isChanging(key);
    const promotion = this.#promotions.begin(key);
    try {
      // Nobody has peeked into the shared store, should it have something to peek into.
      const { signal } = options;
      const found = await this.#shared.get(key, signal === undefined ? {} : { signal });
      // Set, or promoted by another read, in the meantime; or older than the request accepts.
      const copy = this.#memory.inspect(key);
      if (found === undefined || isNewer(copy, found)) return copy;
      if (isCopied && !promotion.isDropped) this.#copy(key, found);
      return found;
    } finally {
      this.#promotions.end(key, promotion);
    }
  }

  #copy(key: string, entry: CacheEntry): void {
    this.#memory.set(key, entry, { keepUntil: this.#clock.now() + this.#memoryMilliseconds });
  }

  async #remove(deletion: Deletion, run: () => MaybePromise<number>): Promise<number> {
    const matches = matcherOf(deletion);
    const copies = this.#forget(deletion, matches);
    const told = Promise.withResolvers<void>();
    this.#removals.add(told.promise);
    try {
      return Math.max(copies, await this.#order.remove(matches, run));
    } finally {
      // Whatever came of it: a removal that took too long may have happened all the same.
      await this.#bus?.publish(deletion);
      this.#removals.delete(told.promise);
      told.resolve();
    }
  }

  /** @returns how many copies there were. */
  #forget(deletion: Deletion, matches: (key: string) => boolean): number {
    this.#promotions.dropWhere(matches);
    return 'keys' in deletion ? this.#memory.delete(deletion.keys) : this.#memory.clear(deletion.prefix);
  }

  #forgetAll(): void {
    this.#promotions.dropWhere(() => true);
    this.#memory.empty();
  }

  async #close(): Promise<void> {
    this.#bus?.close();
    this.#promotions.dropWhere(() => true);
    this.#memory.close();
    await this.#order.settled();
    // The bus may end with the shared store.
    await Promise.all(this.#removals);
    await this.#shared.close();
  }
}

function matcherOf(deletion: Deletion): (key: string) => boolean {
  if ('prefix' in deletion) return clearable(deletion.prefix);
  const keys = new Set(deletion.keys);
  return (key) => keys.has(key);
}

function isNewer(copy: CacheEntry | undefined, found: CacheEntry): boolean {
  return copy !== undefined && copy.createdAt > found.createdAt;
}

interface TierFailure {
  readonly name: string | undefined;
  readonly error: unknown;
}

function pingFailure(backend: string, failures: readonly TierFailure[]): CacheError {
  const [first] = failures;
  const code = CacheError.is(first?.error) ? first.error.code : 'CACHE_BACKEND_FAILED';
  const texts = failures.map(
    ({ name, error }) => `${name} tier: ${error instanceof Error ? error.message : String(error)}`,
  );
  return new CacheError(code, texts.join('; '), { backend, operation: 'ping', cause: first?.error });
}

function checkMethods(option: string, what: string, given: unknown, names: readonly string[]): void {
  const methods = Object(given) as Record<string, unknown>;
  if (names.every((name) => typeof methods[name] === 'function') && !('contract' in methods)) return;
  throw wrongOption('tiered', option, what, given);
}
