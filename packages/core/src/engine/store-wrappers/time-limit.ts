import { systemClock } from '../../contract/clock.ts';
import type { Clock } from '../../contract/clock.ts';
import { CacheError } from '../../contract/errors.ts';
import type { CacheStore, MaybePromise, OperationOptions } from '../../contract/store.ts';
import { checkPositiveInteger } from '../check-option.ts';
import { closeOnce, isPending, surfaceOf } from './wrapper.ts';

/** Options of {@link timeLimited}. */
export interface TimeLimitOptions {
  /**
   * Milliseconds one `get`, `set`, `delete` or `ping` may take, waiting for a connection included. Default 500; 0 is
   * refused.
   */
  readonly operationTimeoutMilliseconds?: number;
  /** Milliseconds for `clear`, which walks all keys, and `close`, which flushes. Default 30,000; 0 is refused. */
  readonly bulkTimeoutMilliseconds?: number;
  /** Default: the machine's own clock. */
  readonly clock?: Clock;
}

/**
 * Gives every operation of `inner` a time budget. When it is spent the operation's signal is aborted and the caller gets
 * `CACHE_BACKEND_TIMEOUT` at once; when the caller's own signal is aborted it gets `CACHE_ABORTED` at once. Neither waits
 * for `inner` to heed its signal, and what `inner` says afterwards is dropped.
 *
 * A store that answers with a plain value is not limited: it has answered.
 *
 * @throws CacheError `CACHE_INVALID_OPTION` for a wrong option.
 */
export function timeLimited(inner: CacheStore, options: TimeLimitOptions = {}): CacheStore {
  const {
    operationTimeoutMilliseconds = 500,
    bulkTimeoutMilliseconds = 30_000,
    clock = systemClock,
  } = options;
  const one = checkPositiveInteger(
    'timeLimited',
    'operationTimeoutMilliseconds',
    operationTimeoutMilliseconds,
  );
  const bulk = checkPositiveInteger('timeLimited', 'bulkTimeoutMilliseconds', bulkTimeoutMilliseconds);

  const limited = <T>(
    operation: string,
    budgetMilliseconds: number,
    signal: AbortSignal | undefined,
    run: (options: OperationOptions) => MaybePromise<T>,
  ): MaybePromise<T> => {
    if (signal?.aborted) return Promise.reject(aborted(inner.name, operation, signal));
    const controller = new AbortController();
    const result = run({ signal: controller.signal });
    if (!isPending(result)) return result;
    return new Promise<T>((resolve, reject) => {
      const stop = (error: CacheError): void => {
        settle(() => reject(error));
        controller.abort(error);
      };
      const stopWithCaller = (): void => stop(aborted(inner.name, operation, signal));
      const cancelTimer = clock.schedule(budgetMilliseconds, () =>
        stop(timedOut(inner.name, operation, budgetMilliseconds)),
      );
      const settle = (how: () => void): void => {
        cancelTimer();
        signal?.removeEventListener('abort', stopWithCaller);
        how();
      };
      signal?.addEventListener('abort', stopWithCaller, { once: true });
      result.then(
        (value) => settle(() => resolve(value)),
        (error: unknown) => settle(() => reject(error)),
      );
    });
  };

  return {
    ...surfaceOf(inner),
    get: (key, { signal } = {}) => limited('get', one, signal, (given) => inner.get(key, given)),
    set: (key, entry, { signal } = {}) =>
      limited('set', one, signal, (given) => inner.set(key, entry, given)),
    delete: (keys, { signal } = {}) => limited('delete', one, signal, (given) => inner.delete(keys, given)),
    clear: (prefix, { signal } = {}) => limited('clear', bulk, signal, (given) => inner.clear(prefix, given)),
    ping: ({ signal } = {}) => limited('ping', one, signal, (given) => inner.ping(given)),
    close: closeOnce(() => limited('close', bulk, undefined, () => inner.close())),
  };
}

function timedOut(backend: string, operation: string, budgetMilliseconds: number): CacheError {
  const message = `${backend}: ${operation} took longer than ${budgetMilliseconds} ms`;
  return new CacheError('CACHE_BACKEND_TIMEOUT', message, { backend, operation });
}

function aborted(backend: string, operation: string, signal: AbortSignal | undefined): CacheError {
  const message = `${backend}: ${operation} was given up by its caller`;
  return new CacheError('CACHE_ABORTED', message, { backend, operation, cause: signal?.reason });
}
