import type { CacheStore } from '../../contract/store.ts';
import { checkOptionNames } from '../check-option.ts';
import { circuitBroken } from './breaker.ts';
import type { BreakerOptions } from './breaker.ts';
import { failOpen } from './fail-open.ts';
import type { FailOpenOptions } from './fail-open.ts';
import { timeLimited } from './time-limit.ts';
import type { TimeLimitOptions } from './time-limit.ts';

/** Options of {@link resilient}: those of its three parts. */
export interface ResilientOptions extends TimeLimitOptions, BreakerOptions, FailOpenOptions {}

const KNOWN_OPTIONS: readonly (keyof ResilientOptions)[] = [
  'operationTimeoutMilliseconds',
  'bulkTimeoutMilliseconds',
  'failuresToOpen',
  'probeAfterMilliseconds',
  'observer',
  'clock',
];

/**
 * A remote store that cannot take a request down with it: each operation has a time budget, a store that keeps failing is
 * left alone, and failure is a miss. This order, so that the breaker counts timeouts and a refusal costs no timer.
 *
 * @throws CacheError `CACHE_INVALID_OPTION` for a wrong or unknown option.
 */
export function resilient(inner: CacheStore, options: ResilientOptions = {}): CacheStore {
  checkOptionNames('resilient', options, KNOWN_OPTIONS);
  return failOpen(circuitBroken(timeLimited(inner, options), options), options);
}
