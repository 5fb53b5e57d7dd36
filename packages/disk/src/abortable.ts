import { CacheError } from '@cache/core';

/** Throws `CACHE_ABORTED` if `signal` is aborted already. */
export function checkSignal(signal: AbortSignal | undefined, operation: string): void {
  if (signal?.aborted) throw aborted(signal, operation);
}

/** Waits for `work`, or until `signal` is aborted: then rejects with `CACHE_ABORTED` at once, whatever becomes of the work. */
export function abortable<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  operation: string,
): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(aborted(signal, operation));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    const settle = (): void => signal.removeEventListener('abort', stop);
    work.finally(settle).then(resolve, reject);
  });
}

function aborted(signal: AbortSignal, operation: string): CacheError {
  const cause: unknown = signal.reason;
  return new CacheError('CACHE_ABORTED', `disk: ${operation} was given up by its caller`, {
    backend: 'disk',
    operation,
    cause,
  });
}
