import { Buffer } from 'node:buffer';
import type { Demand } from '../calls/call-type.ts';
import { formatEvent } from '../calls/sse/parse.ts';
import type { CacheEntry } from '../contract/entry.ts';
import type { MissReason } from '../contract/observer.ts';
import type { Answer, HeaderList, Outcome } from './answer.ts';
import type { CacheRequest } from './call.ts';
import { ageSeconds, isStale, judgeEntry, ttlSeconds } from './freshness.ts';

/** What was found under a key, judged for one request. */
export type Found =
  | { readonly type: 'usable'; readonly entry: CacheEntry }
  /** Not an answer to this request; `entry` is kept in mind for stale-while-revalidate and stale-if-error. */
  | { readonly type: 'unusable'; readonly reason: MissReason; readonly entry?: CacheEntry };

/** Why a request was not answered from the store, and what was found there instead. */
export interface Missed {
  readonly reason: MissReason;
  readonly stale?: CacheEntry;
}

/** An entry that would have been usable is missed only if it is damaged: as good as absent. */
export function missed(found: Found): Missed {
  if (found.type === 'usable') return { reason: 'absent' };
  return { reason: found.reason, ...(found.entry === undefined ? {} : { stale: found.entry }) };
}

/** Judges an entry by the request's policy and demand. */
export function judgeFound(entry: CacheEntry | undefined, request: CacheRequest, now: number): Found {
  if (entry === undefined) return { type: 'unusable', reason: 'absent' };
  if (lacksUsage(entry, request.call.demand)) return { type: 'unusable', reason: 'usage' };
  const judged = judgeEntry(entry, request.policy, now);
  if (judged.usable) return { type: 'usable', entry };
  return { type: 'unusable', reason: judged.reason, entry };
}

/**
 * An entry put together from a stream whose provider gave no usage does not answer a request that would have had it: one
 * for a whole answer. Streams are always asked for usage, so that another one would have none either; and a provider that
 * gives none with a whole answer is no reason to ask again.
 */
export function lacksUsage(entry: CacheEntry, demand: Demand): boolean {
  return !demand.stream && demand.usage && entry.assembled === true && entry.usage === undefined;
}

/**
 * The answer to `request` out of `entry`. A whole answer is the stored bytes, unparsed.
 * @throws CacheError `CACHE_ENTRY_DAMAGED` if a stream is wanted and the stored bytes make none.
 */
export function hitAnswer(entry: CacheEntry, request: CacheRequest, source: string, now: number): Answer {
  const { callType, demand } = request.call;
  const outcome = hitOutcome(entry, request.key, source, now);
  if (!demand.stream) {
    return {
      status: 200,
      headers: servedHeaders(entry.headers, entry.contentType),
      body: entry.body,
      outcome,
    };
  }
  return {
    status: 200,
    headers: servedHeaders(entry.headers, 'text/event-stream; charset=utf-8'),
    body: replayed(callType.replay(entry, demand)),
    outcome,
  };
}

export function hitOutcome(
  entry: CacheEntry,
  key: string,
  source: string,
  now: number,
): Outcome & { readonly type: 'hit' } {
  const ttl = ttlSeconds(entry, now);
  return {
    type: 'hit',
    key,
    ageSeconds: ageSeconds(entry, now),
    ...(ttl === undefined ? {} : { ttlSeconds: ttl }),
    stale: isStale(entry, now),
    source,
    ...(entry.costUsd === undefined ? {} : { costUsd: entry.costUsd }),
  };
}

/** Events as the text of one stream. */
export function replayed(events: Iterable<string>): Buffer {
  let text = '';
  for (const data of events) text += formatEvent(data);
  return Buffer.from(text);
}

export function servedHeaders(headers: HeaderList, contentType: string): HeaderList {
  return [['content-type', contentType], ...headers.filter(([name]) => name !== 'content-type')];
}
