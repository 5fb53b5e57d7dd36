import type { MissReason } from '../contract/observer.ts';
import type { Outcome } from '../engine/answer.ts';

/** The name of this cache in `Cache-Status`. */
const CACHE_NAME = 'llm-cache';

/**
 * Why the request went on to the provider, in the words of RFC 9211 section 2.2. Where they have none, `miss` (the
 * general one) and ours as `detail`.
 */
const FORWARDED: Readonly<Record<MissReason, string>> = {
  absent: 'fwd=uri-miss',
  stale: 'fwd=stale',
  too_old: 'fwd=request',
  no_cache: 'fwd=request',
  off: 'fwd=bypass',
  usage: 'fwd=miss',
};

const DETAIL: Partial<Readonly<Record<MissReason, string>>> = { usage: 'usage' };

/**
 * The `Cache-Status` of an answer (RFC 9211), without blanks: `llm-cache;hit;ttl=297;key="..."`,
 * `llm-cache;fwd=uri-miss;stored`.
 *
 * A stale entry the client accepted (`max-stale`) is a `hit` with a negative `ttl`, without `fwd`: in RFC 9211 `hit`
 * says that nothing was forwarded, `fwd` that something was, and an answer has one of them.
 */
export function renderCacheStatus(outcome: Outcome): string {
  if (outcome.type === 'hit') return cacheStatusOfHit(outcome.ttlSeconds, outcome.key);
  const { reason, stored, collapsed } = outcome;
  const detail = DETAIL[reason];
  return [
    CACHE_NAME,
    FORWARDED[reason],
    ...(stored === true ? ['stored'] : []),
    ...(collapsed ? ['collapsed'] : []),
    ...(detail === undefined ? [] : [`detail=${detail}`]),
  ].join(';');
}

/**
 * The `Cache-Status` of a hit. `ttlSeconds` is a whole number, left out if the entry does not expire. The key is a
 * String of RFC 9651, hence quoted; one with characters a String cannot hold (a configured namespace may have them) is
 * left out.
 */
export function cacheStatusOfHit(ttlSeconds: number | undefined, key: string): string {
  const ttl = ttlSeconds === undefined ? '' : `;ttl=${ttlSeconds}`;
  return `${CACHE_NAME};hit${ttl}${keyParameter(key)}`;
}

function keyParameter(key: string): string {
  if (/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(key)) return `;key="${key}"`;
  return /^[\x20-\x7e]*$/.test(key) ? `;key="${key.replace(/["\\]/g, '\\$&')}"` : '';
}
