import { cacheStatusOfHit, type CacheEntry, type Hit } from '@cache/core';

/** The head of a hit as `writeHead` takes it, and the second for which it is true. */
interface Prepared {
  readonly ageSeconds: number;
  readonly ttlSeconds: number | undefined;
  readonly key: string;
  readonly head: readonly string[];
}

const PREPARED = new WeakMap<CacheEntry, Prepared>();

/**
 * The head of a whole-answer hit, prepared once per entry and second: `Age` and the remaining lifetime change with the
 * clock, nothing else does.
 */
export function headOfHit({ entry, outcome }: Hit): readonly string[] {
  const known = PREPARED.get(entry);
  if (known !== undefined && isCurrent(known, outcome)) return known.head;
  const head = [
    'content-type',
    entry.contentType,
    'content-length',
    String(entry.body.length),
    ...headersOfHit(outcome).flat(),
    ...entry.headers.flat(),
  ];
  PREPARED.set(entry, {
    ageSeconds: outcome.ageSeconds,
    ttlSeconds: outcome.ttlSeconds,
    key: outcome.key,
    head,
  });
  return head;
}

/** What every hit says of itself, whole or streamed. */
export function headersOfHit(outcome: Hit['outcome']): [name: string, value: string][] {
  return [
    ['cache-status', cacheStatusOfHit(outcome.ttlSeconds, outcome.key)],
    ['age', String(outcome.ageSeconds)],
    ['x-litellm-cache-key', outcome.key],
  ];
}

function isCurrent(known: Prepared, outcome: Hit['outcome']): boolean {
  return (
    known.ageSeconds === outcome.ageSeconds &&
    known.ttlSeconds === outcome.ttlSeconds &&
    known.key === outcome.key
  );
}
