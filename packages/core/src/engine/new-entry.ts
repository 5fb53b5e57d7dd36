import type { CacheEntry } from '../contract/entry.ts';
import type { Call } from './call.ts';
import { storableHeaders } from './headers.ts';
import type { StorableAnswer } from './landing.ts';

/** The entry a complete answer becomes. */
export function newEntry(
  call: Call,
  answer: StorableAnswer,
  times: Pick<CacheEntry, 'expiresAt' | 'staleUntil'>,
  createdAt: number,
): CacheEntry {
  return {
    createdAt,
    ...times,
    callType: call.callType.name,
    model: call.model,
    contentType: answer.contentType,
    headers: storableHeaders(answer.headers),
    ...(answer.assembled ? { assembled: true } : {}),
    ...(answer.judgement.usage === undefined ? {} : { usage: answer.judgement.usage }),
    body: answer.body,
    ...(answer.events === undefined ? {} : { events: answer.events }),
  };
}
