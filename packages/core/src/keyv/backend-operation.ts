import { CacheError } from '../contract/errors.ts';
import type { CacheErrorCode } from '../contract/errors.ts';

const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
]);

/** Settles as `work` does, or rejects with the signal's reason as soon as it is aborted; `work` then ends by itself. */
export function untilAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

/** The results of `run` in the order of `items`, at most `size` under way at once. */
export async function inBatches<Item, Result>(
  items: readonly Item[],
  size: number,
  run: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += size)
    results.push(...(await Promise.all(items.slice(start, start + size).map(run))));
  return results;
}

/** `cause` with a code, unless it has one. */
export function backendError(
  backend: string,
  operation: string,
  cause: unknown,
  signal: AbortSignal | undefined,
): CacheError {
  if (CacheError.is(cause)) return cause;
  const code = signal?.aborted ? 'CACHE_ABORTED' : codeOf(cause);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CacheError(code, `${backend}: ${operation} failed: ${reason}`, { backend, operation, cause });
}

function codeOf(cause: unknown): CacheErrorCode {
  // What Keyv's serializer throws at a text another program wrote.
  if (cause instanceof SyntaxError) return 'CACHE_ENTRY_DAMAGED';
  const code = (cause as { readonly code?: unknown } | undefined)?.code;
  return typeof code === 'string' && CONNECTION_CODES.has(code)
    ? 'CACHE_BACKEND_UNAVAILABLE'
    : 'CACHE_BACKEND_FAILED';
}
