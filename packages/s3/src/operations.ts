import { CacheError, type OperationOptions } from '@cache/core';

const BACKEND = 's3';

/**
 * What is under way, so that it ends at once when its caller goes or the backend is closed: credentials being fetched and
 * pauses before a retry do not heed the SDK's signal.
 */
export class Operations {
  readonly #stops = new Set<() => void>();
  #isClosed = false;

  /** @throws CacheError `CACHE_CLOSED`, `CACHE_ABORTED`. */
  check(operation: string, { signal }: OperationOptions): void {
    if (this.#isClosed) throw closed(operation);
    if (signal?.aborted) throw aborted(operation, signal);
  }

  /** Runs `work` until it ends, `signal` is aborted or {@link close} is called. Its own signal is aborted then. */
  async run<T>(
    operation: string,
    options: OperationOptions,
    work: (abortSignal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    this.check(operation, options);
    const { signal } = options;
    const controller = new AbortController();
    const stopped = Promise.withResolvers<never>();
    const stop = (error: CacheError): void => {
      stopped.reject(error);
      controller.abort(error);
    };
    const stopWithCaller = (): void => stop(aborted(operation, signal));
    const stopWithBackend = (): void => stop(closed(operation));
    signal?.addEventListener('abort', stopWithCaller, { once: true });
    this.#stops.add(stopWithBackend);
    try {
      return await Promise.race([work(controller.signal), stopped.promise]);
    } finally {
      signal?.removeEventListener('abort', stopWithCaller);
      this.#stops.delete(stopWithBackend);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
  }
}

function closed(operation: string): CacheError {
  return new CacheError('CACHE_CLOSED', `${BACKEND}: ${operation}: is closed`, {
    backend: BACKEND,
    operation,
  });
}

function aborted(operation: string, signal: AbortSignal | undefined): CacheError {
  const message = `${BACKEND}: ${operation} was given up by its caller`;
  return new CacheError('CACHE_ABORTED', message, { backend: BACKEND, operation, cause: signal?.reason });
}
