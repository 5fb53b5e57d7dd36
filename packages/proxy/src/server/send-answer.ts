import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { renderCacheStatus, type Answer, type HeaderList } from '@cache/core';
import { headersOfHit } from './hit-headers.ts';

/**
 * Headers of a provider that must not reach a client: about its own connection with us, or, where it is a caching proxy
 * itself, about its own cache. Clients tell a hit of ours by the key; `Cache-Status` and `Age` are made to add up along
 * a chain of caches (RFC 9211 section 2, RFC 9111 section 5.1) and stay.
 */
const PROVIDER_ONLY: ReadonlySet<string> = new Set([
  'alt-svc',
  'date',
  'server',
  'set-cookie',
  'strict-transport-security',
  'www-authenticate',
  'x-litellm-cache-key',
  'x-litellm-semantic-similarity',
]);

/**
 * Writes an answer as it comes, no faster than the client reads. Resolves when the client has it all, or has gone; a body
 * that breaks off ends the connection, so that nobody takes a part for the whole.
 */
export async function sendAnswer(response: ServerResponse, answer: Answer): Promise<void> {
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
      if (!response.write(piece.value) && !(await drained(response))) return;
      if (response.destroyed) return;
    }
    response.end();
  } catch {
    response.destroy();
  } finally {
    await pieces.return?.();
  }
}

/** @returns false where the client went away. One that stops reading is disconnected by the server, which ends this too. */
async function drained(response: ServerResponse): Promise<boolean> {
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  response.once('close', leave);
  try {
    if (response.destroyed) return false;
    await once(response, 'drain', { signal: gone.signal });
    return true;
  } catch {
    return false;
  } finally {
    response.off('close', leave);
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
