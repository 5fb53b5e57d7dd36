import { CacheError } from '../../contract/errors.ts';
import type { CacheObserver } from '../../contract/observer.ts';
import type { CacheStore, MaybePromise } from '../../contract/store.ts';
import { notifyFailure } from '../notify.ts';
import { closeOnce, isPending, surfaceOf } from './wrapper.ts';

/** Options of {@link failOpen}. */
export interface FailOpenOptions {
  /** Hears every failure as a `backend_failure` event, also those that are rejected all the same. */
  readonly observer?: CacheObserver;
}

/**
 * Keeps a broken store from breaking requests: a failed `get` or `peek` is a miss, a failed `set` stores nothing, and the
 * failure is an event. An operation its own caller gave up (`CACHE_ABORTED`) is no failure and no event.
 *
 * `delete`, `clear` and `ping` still reject, after the event: whoever asks for an answer to be removed must learn that it
 * is still there. So does `close`.
 */
export function failOpen(inner: CacheStore, options: FailOpenOptions = {}): CacheStore {
  const report = (operation: string, error: unknown): void => {
    if (CacheError.is(error, 'CACHE_ABORTED')) return;
    notifyFailure(options.observer, inner.name, operation, error);
  };
  const orNothing = <T>(
    operation: string,
    run: () => MaybePromise<T | undefined>,
  ): MaybePromise<T | undefined> =>
    caught(run, (error) => {
      report(operation, error);
      return undefined;
    });
  const orReported = <T>(operation: string, run: () => MaybePromise<T>): MaybePromise<T> =>
    caught(run, (error) => {
      report(operation, error);
      throw error;
    });

  return {
    ...surfaceOf(inner),
    ...(inner.peek === undefined ? {} : { peek: (key: string) => peekOrNothing(inner, key, report) }),
    get: (key, given) => orNothing('get', () => inner.get(key, given)),
    set: (key, entry, given) => orNothing('set', () => inner.set(key, entry, given)),
    delete: (keys, given) => orReported('delete', () => inner.delete(keys, given)),
    clear: (prefix, given) => orReported('clear', () => inner.clear(prefix, given)),
    ping: (given) => orReported('ping', () => inner.ping(given)),
    close: closeOnce(() => inner.close()),
  };
}

function peekOrNothing(
  inner: CacheStore,
  key: string,
  report: (operation: string, error: unknown) => void,
): ReturnType<NonNullable<CacheStore['peek']>> {
  try {
    return inner.peek?.(key);
  } catch (error) {
    report('peek', error);
    return undefined;
  }
}

/** What `run` gives, a plain value as such; `recover` answers for what it throws now or later. */
function caught<T>(run: () => MaybePromise<T>, recover: (error: unknown) => T): MaybePromise<T> {
  try {
    const result = run();
    return isPending(result) ? result.then(undefined, recover) : result;
  } catch (error) {
    return recover(error);
  }
}
