import type { Outcome } from '@cache/core';
import type { Log } from './log.ts';

/** What became of one call, in facts: never the text of a message or an answer. */
export interface RequestRecord {
  readonly callType: string;
  /** As the client asked for it. Empty where the request was refused before it was read. */
  readonly model: string;
  readonly stream: boolean;
  readonly status: number;
  readonly milliseconds: number;
  /** Absent where the call failed before the cache had anything to say. */
  readonly outcome?: Outcome;
  /** The code of the error the client was given. */
  readonly error?: string;
  /** What the client was told: written for clients, so it holds no secret, and names the host of a provider that failed. */
  readonly message?: string;
}

/** How the cache had to do with a call: the word in the log, and the `outcome` of the metrics. */
export type CacheWord = 'hit' | 'miss' | 'bypass' | 'none';

/** `bypass`: the cache was not asked, because the request or the configuration says so. `none`: it did not come to that. */
export function cacheWordOf(outcome: Outcome | undefined): CacheWord {
  if (outcome === undefined) return 'none';
  if (outcome.type === 'hit') return 'hit';
  return outcome.reason === 'no_cache' || outcome.reason === 'off' ? 'bypass' : 'miss';
}

/** A name longer than any model's is somebody's test of our patience. */
const MAX_MODEL_CHARACTERS = 256;

/** Writes one line per request, once it is over. Failures of the proxy or a provider (5xx) are warnings. */
export function createRequestLog({ unchecked }: Pick<Log, 'unchecked'>): (record: RequestRecord) => void {
  return (record) => {
    if (record.status >= 500) unchecked.warn(lineOf(record), 'request');
    else if (unchecked.isLevelEnabled('info')) unchecked.info(lineOf(record), 'request');
  };
}

/** JSON leaves out what is undefined. */
function lineOf({
  callType,
  model,
  stream,
  status,
  milliseconds,
  outcome,
  error,
  message,
}: RequestRecord): object {
  const miss = outcome?.type === 'miss' ? outcome : undefined;
  return {
    call_type: callType,
    model: model.length <= MAX_MODEL_CHARACTERS ? model : model.slice(0, MAX_MODEL_CHARACTERS),
    cache: cacheWordOf(outcome),
    reason: miss?.reason,
    key: outcome?.key,
    status,
    milliseconds: Math.round(milliseconds * 1000) / 1000,
    stream,
    collapsed: miss?.collapsed,
    source: outcome?.type === 'hit' ? outcome.source : undefined,
    age_seconds: outcome?.type === 'hit' ? outcome.ageSeconds : undefined,
    error,
    message,
  };
}
