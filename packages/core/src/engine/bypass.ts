import { CacheError } from '../contract/errors.ts';
import { OwnFailure, type Answer } from './answer.ts';
import type { CacheRequest } from './call.ts';
import type { AnswerOptions } from './answering.ts';
import { forwardableHeaders } from './headers.ts';
import { givenUp } from './passage.ts';

/** The provider's answer as it is, for a request that neither reads nor writes: nothing is recorded, nothing is changed. */
export async function bypass(request: CacheRequest, options: AnswerOptions): Promise<Answer> {
  const gone = new AbortController();
  const signal = options.signal === undefined ? gone.signal : AbortSignal.any([options.signal, gone.signal]);
  const answer = await options.provider(options.body(), { signal }).catch((error: unknown) => {
    if (options.signal?.aborted === true) throw givenUp(options.signal);
    // Nobody else waits for this answer: the failure is told as it is.
    throw error instanceof OwnFailure ? error.cause : error;
  });
  const reason = request.policy.noReadReason ?? 'off';
  return {
    status: answer.status,
    headers: forwardableHeaders(answer.headers),
    body: cancellable(answer.body, gone),
    outcome: { type: 'miss', key: request.key, reason, collapsed: false },
  };
}

/** Giving up the body, even before its first byte, cancels the provider call. */
function cancellable(
  body: AsyncIterable<Uint8Array>,
  gone: AbortController,
): AsyncIterableIterator<Uint8Array> {
  const inner = body[Symbol.asyncIterator]();
  const iterator: AsyncIterableIterator<Uint8Array> = {
    next: () => inner.next(),
    async return() {
      gone.abort(new CacheError('CACHE_ABORTED', 'the client went away'));
      await Promise.resolve(inner.return?.()).catch(() => undefined);
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}
