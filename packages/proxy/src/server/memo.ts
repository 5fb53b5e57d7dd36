import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { ANONYMOUS, type Cache, type CacheRequest, type Call, type Caller, type Controls } from '@cache/core';

/** Fixed cost of one remembered body beside its strings: objects, map slot, controls. */
const OVERHEAD_BYTES = 1024;

/** What one body said, and the request it makes for the commonest caller. */
export interface Remembered {
  readonly call: Call;
  /** The request of an anonymous caller without caching headers: a pure function of `call` and the configuration. */
  anonymous?: CacheRequest;
}

/**
 * Remembers what a body said by the digest of its bytes, so that a repeat is not parsed and canonicalised again. It holds
 * nothing about who asks: authorization, scope and policy are decided anew each time.
 */
export class Memo {
  readonly #remembered: LRUCache<string, Remembered>;

  /** @param maxBytes an upper bound of what the memo holds, by estimate. */
  constructor(maxBytes: number) {
    this.#remembered = new LRUCache({ maxSize: maxBytes, sizeCalculation: sizeOf });
  }

  /** Call type, body, and headers that change the answer: everything {@link Call} is made of. */
  static keyOf(callType: string, body: Buffer, headers: readonly (readonly [string, string])[]): string {
    const digest = hash('sha256', body, 'base64url');
    return headers.length === 0
      ? `${callType} ${digest}`
      : `${callType} ${digest} ${JSON.stringify(headers)}`;
  }

  get(key: string): Remembered | undefined {
    return this.#remembered.get(key);
  }

  set(key: string, call: Call): Remembered {
    const remembered: Remembered = { call };
    this.#remembered.set(key, remembered);
    return remembered;
  }
}

/** The request a remembered call makes now. */
export function requestOf(
  cache: Cache,
  remembered: Remembered,
  caller: Caller,
  header: Controls | undefined,
): CacheRequest {
  if (caller !== ANONYMOUS || header !== undefined) {
    return cache.request(remembered.call, { caller, ...(header === undefined ? {} : { header }) });
  }
  remembered.anonymous ??= cache.request(remembered.call);
  return remembered.anonymous;
}

function sizeOf(remembered: Remembered, key: string): number {
  return OVERHEAD_BYTES + 2 * (key.length + remembered.call.model.length);
}
