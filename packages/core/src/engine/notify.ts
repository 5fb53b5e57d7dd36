import { CacheError } from '../contract/errors.ts';
import type { CacheEvent, CacheObserver } from '../contract/observer.ts';

/** Reports `event`. What an observer throws concerns nobody who waits for an answer (contract/observer.ts). */
export function notify(observer: CacheObserver | undefined, event: CacheEvent): void {
  if (observer === undefined) return;
  try {
    const returned: unknown = observer(event);
    // An async function fits the type too; its rejection would end the process.
    if (returned instanceof Promise) returned.catch(() => undefined);
  } catch {
    // See above.
  }
}

/** Reports that `operation` of `backend` failed. */
export function notifyFailure(
  observer: CacheObserver | undefined,
  backend: string,
  operation: string,
  error: unknown,
): void {
  const code = CacheError.is(error) ? error.code : 'CACHE_BACKEND_FAILED';
  notify(observer, { type: 'backend_failure', backend, operation, code, error });
}
