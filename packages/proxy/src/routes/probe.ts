import { randomUUID } from 'node:crypto';
import { systemClock, type Cache, type CacheEntry } from '@cache/core';

/** Long enough to be read back, should the delete that follows get lost. */
const PROBE_LIFETIME_MILLISECONDS = 10_000;

/**
 * Asks the store whether it is there, then writes an entry of its own, reads it back and deletes it: what "healthy" means.
 * @returns LiteLLM's word, or what went wrong with the write. Rejects where the store does not answer at all.
 */
export async function probe({ store, options }: Cache): Promise<'success' | 'failed'> {
  await store.ping();
  const now = systemClock.now();
  const entry: CacheEntry = {
    createdAt: now,
    expiresAt: now + PROBE_LIFETIME_MILLISECONDS,
    callType: 'ping',
    model: '',
    contentType: 'text/plain',
    headers: [],
    body: Buffer.from('ping'),
  };
  const key = `${options.namespace === undefined ? '' : `${options.namespace}:`}ping:${randomUUID()}`;
  await store.set(key, entry);
  const found = await store.get(key);
  await store.delete([key]);
  return found?.body.equals(entry.body) === true ? 'success' : 'failed';
}
