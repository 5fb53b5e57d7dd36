import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { renderCacheStatus, type Answer, type HeaderList } from '@cache/core';
import { headersOfHit } from './hit-headers.ts';

export interface SendOptions {
  /** How long a client may leave what was sent unread before it counts as gone. */
  readonly stallMilliseconds: number;
}

/** Headers of a provider that are about its own connection with us, and must not reach a client. */
const PROVIDER_ONLY: ReadonlySet<string> = new Set([
  'alt-svc',
  'date',
  'server',
  'set-cookie',
  'strict-transport-security',
  'www-authenticate',
]);

/**
 * Writes an answer as it comes, no faster than the client reads. Resolves when the client has it all, or has gone; a body
 * that breaks off ends the connection, so that nobody takes a part for the whole.
 */
export async function sendAnswer(
  response: ServerResponse,
  answer: Answer,
  options: SendOptions,
): Promise<void> {
  const head = flatten([...visibleHeaders(answer), ...headersOf(answer)]);
  const { body } = answer;
  if (Buffer.isBuffer(body)) {
    response.writeHead(answer.status, [...head, 'content-length', String(body.length)]).end(body);
    return;
  }
  const pieces = body[Symbol.asyncIterator]();
  try {
    if (response.destroyed) return;
    response.writeHead(answer.status, head);
    response.flushHeaders();
    for (let piece = await pieces.next(); piece.done !== true; piece = await pieces.next()) {
      if (!response.write(piece.value) && !(await drained(response, options.stallMilliseconds))) return;
      if (response.destroyed) return;
    }
    response.end();
  } catch {
    response.destroy();
  } finally {
    await pieces.return?.();
  }
}

/** @returns false where the client went away, or stopped reading for too long (it is then disconnected). */
async function drained(response: ServerResponse, stallMilliseconds: number): Promise<boolean> {
  const given = new AbortController();
  const timer = setTimeout(() => given.abort(), stallMilliseconds);
  const gone = (): void => given.abort();
  response.once('close', gone);
  try {
    if (response.destroyed) return false;
    await once(response, 'drain', { signal: given.signal });
    return true;
  } catch {
    response.destroy();
    return false;
  } finally {
    clearTimeout(timer);
    response.off('close', gone);
  }
}

function visibleHeaders({ headers }: Answer): HeaderList {
  return headers.filter(([name]) => !PROVIDER_ONLY.has(name));
}

function headersOf({ outcome }: Answer): HeaderList {
  return outcome.type === 'hit' ? headersOfHit(outcome) : [['cache-status', renderCacheStatus(outcome)]];
}

function flatten(headers: HeaderList): string[] {
  return headers.flatMap(([name, value]) => [name, value]);
}
