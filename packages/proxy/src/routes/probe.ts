import { randomUUID } from 'node:crypto';
import { systemClock, type CacheEntry, type CacheStore } from '@cache/core';

/** Long enough to be read back, should the delete that follows get lost. */
const PROBE_LIFETIME_MILLISECONDS = 10_000;

/** Whether an entry of its own that is written to the store is found again. It is deleted afterwards. */
export async function probe(store: CacheStore, namespace: string | undefined): Promise<boolean> {
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
  const key = `${namespace === undefined ? '' : `${namespace}:`}ping:${randomUUID()}`;
  await store.set(key, entry);
  const found = await store.get(key);
  await store.delete([key]);
  return found?.body.equals(entry.body) === true;
}
