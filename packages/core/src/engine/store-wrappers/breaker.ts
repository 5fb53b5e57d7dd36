import { systemClock } from '../../contract/clock.ts';
import type { Clock } from '../../contract/clock.ts';
import { CacheError } from '../../contract/errors.ts';
import type { CacheErrorCode } from '../../contract/errors.ts';
import type { CacheObserver } from '../../contract/observer.ts';
import type { CacheStore, MaybePromise } from '../../contract/store.ts';
import { checkPositiveInteger } from '../check-option.ts';
import { notify } from '../notify.ts';
import { closeOnce, isPending, surfaceOf } from './wrapper.ts';

/** Options of {@link circuitBroken}. */
export interface BreakerOptions {
  /** Failures in a row after which the store is no longer asked. Default 5; 0 is refused. */
  readonly failuresToOpen?: number;
  /** Milliseconds between two attempts to ask again. Default 10,000; 0 is refused. */
  readonly probeAfterMilliseconds?: number;
  /** Hears `backend_state`: once when the breaker opens, once when it closes. */
  readonly observer?: CacheObserver;
  /** Default: the machine's own clock. */
  readonly clock?: Clock;
}

/**
 * Stops asking a store that fails. After `failuresToOpen` failures in a row every operation is refused at once with
 * `CACHE_CIRCUIT_OPEN`, always the same error object, without `inner` being called. Each `probeAfterMilliseconds` one
 * operation is let through: if it succeeds all are again.
 *
 * `peek` and `close` are never refused. Only what speaks against the backend is a failure ({@link isBackendFault}): an
 * abandoned or impossible operation says nothing of it, neither good nor bad.
 *
 * @throws CacheError `CACHE_INVALID_OPTION` for a wrong option.
 */
export function circuitBroken(inner: CacheStore, options: BreakerOptions = {}): CacheStore {
  const breaker = new Breaker(inner.name, options);
  return {
    ...surfaceOf(inner),
    get: (key, given) => breaker.run(() => inner.get(key, given)),
    set: (key, entry, given) => breaker.run(() => inner.set(key, entry, given)),
    delete: (keys, given) => breaker.run(() => inner.delete(keys, given)),
    clear: (prefix, given) => breaker.run(() => inner.clear(prefix, given)),
    ping: (given) => breaker.run(() => inner.ping(given)),
    close: closeOnce(() => inner.close()),
  };
}

const FAULTS: ReadonlySet<CacheErrorCode> = new Set<CacheErrorCode>([
  'CACHE_BACKEND_UNAVAILABLE',
  'CACHE_BACKEND_TIMEOUT',
  'CACHE_BACKEND_FAILED',
]);

/** Whether an error says that the backend is not well. One without a code does: backends throw coded ones on purpose. */
export function isBackendFault(error: unknown): boolean {
  return !CacheError.is(error) || FAULTS.has(error.code);
}

interface OpenCircuit {
  readonly refusal: CacheError;
  nextProbeAt: number;
}

/**
 * cockatiel's breaker was not taken: it reads `Date.now` where ours must read the injected clock, and makes a promise
 * and an error of every call.
 */
class Breaker {
  readonly #backend: string;
  readonly #failuresToOpen: number;
  readonly #probeAfterMilliseconds: number;
  readonly #observer: CacheObserver | undefined;
  readonly #clock: Clock;
  #failures = 0;
  #open: OpenCircuit | undefined;
  /** Counts changes of state: what an operation begun before the last change learns is out of date. */
  #epoch = 0;

  constructor(backend: string, options: BreakerOptions) {
    const { failuresToOpen = 5, probeAfterMilliseconds = 10_000 } = options;
    this.#backend = backend;
    this.#failuresToOpen = checkPositiveInteger('circuitBroken', 'failuresToOpen', failuresToOpen);
    this.#probeAfterMilliseconds = checkPositiveInteger(
      'circuitBroken',
      'probeAfterMilliseconds',
      probeAfterMilliseconds,
    );
    this.#observer = options.observer;
    this.#clock = options.clock ?? systemClock;
  }

  run<T>(operation: () => MaybePromise<T>): MaybePromise<T> {
    if (this.#open !== undefined && !this.#mayProbe(this.#open)) return Promise.reject(this.#open.refusal);
    const epoch = this.#epoch;
    let result: MaybePromise<T>;
    try {
      result = operation();
    } catch (error) {
      this.#failed(error, epoch);
      throw error;
    }
    if (isPending(result)) return this.#observed(result, epoch);
    this.#succeeded(epoch);
    return result;
  }

  async #observed<T>(pending: Promise<T>, epoch: number): Promise<T> {
    try {
      const value = await pending;
      this.#succeeded(epoch);
      return value;
    } catch (error) {
      this.#failed(error, epoch);
      throw error;
    }
  }

  /** By time alone, so that a probe which never ends cannot keep the circuit open for good. */
  #mayProbe(open: OpenCircuit): boolean {
    const now = this.#clock.now();
    if (now < open.nextProbeAt) return false;
    open.nextProbeAt = now + this.#probeAfterMilliseconds;
    return true;
  }

  #succeeded(epoch: number): void {
    if (epoch !== this.#epoch) return;
    this.#failures = 0;
    if (this.#open === undefined) return;
    this.#open = undefined;
    this.#epoch += 1;
    notify(this.#observer, { type: 'backend_state', backend: this.#backend, state: 'up' });
  }

  #failed(error: unknown, epoch: number): void {
    if (epoch !== this.#epoch || this.#open !== undefined || !isBackendFault(error)) return;
    this.#failures += 1;
    if (this.#failures < this.#failuresToOpen) return;
    this.#open = {
      refusal: this.#refusal(error),
      nextProbeAt: this.#clock.now() + this.#probeAfterMilliseconds,
    };
    this.#epoch += 1;
    notify(this.#observer, { type: 'backend_state', backend: this.#backend, state: 'down', error });
  }

  /** Made once per outage: a stack trace per refused request would cost more than the cache saves. */
  #refusal(cause: unknown): CacheError {
    const every = `tried again every ${this.#probeAfterMilliseconds} ms`;
    const message = `${this.#backend}: not asked after ${this.#failuresToOpen} failures in a row; ${every}`;
    return new CacheError('CACHE_CIRCUIT_OPEN', message, { backend: this.#backend, cause });
  }
}
