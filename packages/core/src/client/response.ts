import { renderCacheStatus } from '../control/cache-status.ts';
import type { Answer } from '../engine/answer.ts';
import { infoOf, setCacheInfo } from './cache-info.ts';

/** An answer as what `fetch(url)` would have resolved to. */
export function responseOf(answer: Answer, url: URL, signal: AbortSignal | undefined): Response {
  const headers = new Headers(answer.headers.map(([name, value]): [string, string] => [name, value]));
  // Behind what caches nearer to the provider said: the list grows towards the client (RFC 9211 section 2).
  headers.append('cache-status', renderCacheStatus(answer.outcome));
  if (answer.outcome.type === 'hit') {
    headers.set('age', String(answer.outcome.ageSeconds));
    headers.set('x-litellm-cache-key', answer.outcome.key);
  }
  const response = new Response(bodyOf(answer, signal), { status: answer.status, headers });
  // A constructed response has no address; SDKs log it.
  Object.defineProperty(response, 'url', { value: url.href, configurable: true });
  setCacheInfo(response, infoOf(answer.outcome));
  return response;
}

function bodyOf(
  { status, body }: Answer,
  signal: AbortSignal | undefined,
): Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null {
  if (Buffer.isBuffer(body)) {
    // `Response` copies bytes it is given (fetch standard, "extract a body"): whoever reads it may write into it.
    return hasNoBody(status) ? null : (body as Buffer<ArrayBuffer>);
  }
  const pieces = body[Symbol.asyncIterator]();
  if (!hasNoBody(status)) return streamOf(pieces, signal);
  void pieces.return?.();
  return null;
}

/** Statuses for which the fetch standard forbids a body, be it an empty one. */
function hasNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

/** A body that nobody read and nobody can read any more ends the request's interest, as that of a plain fetch does. */
const dropped = new FinalizationRegistry<AsyncIterator<Uint8Array>>((pieces) => {
  void pieces.return?.();
});

function streamOf(
  pieces: AsyncIterator<Uint8Array>,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const piece = await pieces.next();
          if (piece.done === true) controller.close();
          // A copy in memory of its own: a Buffer is a view on memory that others use.
          else controller.enqueue(new Uint8Array(piece.value));
        } catch (error) {
          controller.error(signal?.aborted === true ? signal.reason : error);
        }
      },
      async cancel() {
        await pieces.return?.();
      },
    },
    // Nothing is taken before it is asked for: an answer nobody reads holds back a provider that sends without end.
    { highWaterMark: 0 },
  );
  dropped.register(stream, pieces);
  return stream;
}
