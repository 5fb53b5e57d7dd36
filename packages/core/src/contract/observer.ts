import type { CacheErrorCode } from './errors.ts';

/** Why a request was not answered from the cache. The words are also the `reason` label of the metrics. */
export type MissReason =
  /** Nothing is stored under the key. */
  | 'absent'
  /** Something is stored, but it is stale. */
  | 'stale'
  /** Something is stored and fresh, but older than the request's `s-maxage` / `max-age`, or too short of `min-fresh`. */
  | 'too_old'
  /** An entry without token usage does not answer a request that would have had it. */
  | 'usage'
  /** The request said `no-cache`. */
  | 'no_cache'
  /** Caching is off for this request: mode, call type, `caching: false`. */
  | 'off';

/** What the engine reports as it happens. Observers must not throw; what they throw is ignored. */
export type CacheEvent =
  | {
      readonly type: 'hit';
      readonly key: string;
      readonly callType: string;
      readonly model: string;
      readonly stale: boolean;
    }
  | {
      readonly type: 'miss';
      readonly key: string;
      readonly callType: string;
      readonly model: string;
      readonly reason: MissReason;
      readonly collapsed: boolean;
    }
  | { readonly type: 'store'; readonly key: string; readonly bytes: number }
  | { readonly type: 'not_stored'; readonly key: string; readonly reason: string }
  | {
      readonly type: 'backend_failure';
      readonly backend: string;
      readonly operation: string;
      readonly code: CacheErrorCode;
      readonly error: unknown;
    }
  /** Once per change, never per operation: a dead backend is one line in the log, not one per request. */
  | {
      readonly type: 'backend_state';
      readonly backend: string;
      readonly state: 'up' | 'down';
      readonly error?: unknown;
    }
  /**
   * Once per change: whether this process hears what others delete. While it does not, a copy in its memory may outlive a
   * deletion elsewhere, for as long as copies are kept.
   */
  | {
      readonly type: 'bus_state';
      readonly backend: string;
      readonly state: 'up' | 'down';
      readonly error?: unknown;
    };

/** Receives {@link CacheEvent}s. */
export type CacheObserver = (event: CacheEvent) => void;
