import { NO_CONTROLS, type Controls, type Policy } from './policy.ts';

/** `default_on`: requests are cached unless they say otherwise. `default_off`: only those that say `use-cache: true`. */
export type CacheMode = 'default_on' | 'default_off';

/** What is said about one request, by whom. A source left out says nothing. */
export interface PolicySources {
  /** The `cache` member of the body, or the option of an in-process call. */
  readonly body?: Controls;
  /** `Cache-Control` and `Pragma`. */
  readonly header?: Controls;
  /** The defaults of the caller's key. */
  readonly defaults?: Controls;
  /** Default: `default_on`. */
  readonly mode?: CacheMode;
  /** False: the call type is switched off, or the call says `caching: false`. Default: true. */
  readonly enabled?: boolean;
}

/**
 * Decides what one request may take from the cache and leave in it. Each directive comes from the first source that has
 * it, in the order body, header, defaults: `no-cache: false` in the body undoes a `Cache-Control: no-cache`.
 *
 * - `no-cache` and a maximum age of 0 skip reading; `no-store` and `ttl: 0` skip writing.
 * - Caching that is off (`enabled: false`, or `default_off` without `use-cache`) skips both, whatever else is said.
 * - A request joins or leads a shared provider call only if it both reads and writes: it must accept another's answer,
 *   and others rely on what it stores. `only-if-cached` never calls a provider, so it has nothing to join.
 */
export function resolvePolicy(sources: PolicySources): Policy {
  const { body = NO_CONTROLS, header = NO_CONTROLS, defaults = NO_CONTROLS } = sources;
  const { mode = 'default_on', enabled = true } = sources;
  if (enabled && mode === 'default_on' && saysNothing(body) && saysNothing(header) && saysNothing(defaults)) {
    return PLAIN_POLICY;
  }
  const controls: Controls = { ...defaults, ...header, ...body };
  return policyOf(controls, isOff(controls, mode, enabled));
}

function saysNothing(controls: Controls): boolean {
  return controls === NO_CONTROLS || Object.keys(controls).length === 0;
}

function isOff(controls: Controls, mode: CacheMode, enabled: boolean): boolean {
  return !enabled || (mode === 'default_off' && controls.useCache !== true);
}

function policyOf(controls: Controls, off: boolean): Policy {
  const { maxAgeSeconds, ttlSeconds, namespace, onlyIfCached = false } = controls;
  const read = !off && !refusesStored(controls);
  const write = !off && controls.noStore !== true && ttlSeconds !== 0;
  return {
    read,
    ...(read ? undefined : { noReadReason: off ? 'off' : 'no_cache' }),
    write,
    joins: read && write && !onlyIfCached,
    onlyIfCached,
    ...(maxAgeSeconds === undefined ? undefined : { maxAgeSeconds }),
    minFreshSeconds: controls.minFreshSeconds ?? 0,
    maxStaleSeconds: controls.maxStaleSeconds ?? 0,
    ...(ttlSeconds === undefined || ttlSeconds === 0 ? undefined : { ttlSeconds }),
    staleWhileRevalidateSeconds: controls.staleWhileRevalidateSeconds ?? 0,
    staleIfErrorSeconds: controls.staleIfErrorSeconds ?? 0,
    ...(namespace === undefined ? undefined : { namespace }),
  };
}

/** LiteLLM's synchronous path takes `s-maxage: 0` for "no limit"; here, as on its asynchronous one, nothing is young enough. */
function refusesStored(controls: Controls): boolean {
  return controls.noCache === true || controls.maxAgeSeconds === 0;
}

/** What nearly every request gets; made once. */
const PLAIN_POLICY: Policy = Object.freeze(policyOf(NO_CONTROLS, false));
