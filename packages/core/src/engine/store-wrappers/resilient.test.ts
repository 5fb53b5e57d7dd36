import { describe, expect, it } from '@jest/globals';
import type { CacheEntry } from '../../contract/entry.ts';
import type { CacheBackend } from '../../contract/backend.ts';
import type { CacheEvent } from '../../contract/observer.ts';
import type { CacheStore } from '../../contract/store.ts';
import { memoryBackend } from '../../memory/memory-backend.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { framed } from '../framed.ts';
import { resilient } from './resilient.ts';

const ENTRY: CacheEntry = {
  createdAt: 0,
  callType: 'chat_completion',
  model: 'm',
  contentType: 'application/json',
  headers: [],
  body: Buffer.from('{}'),
};

interface Rig {
  readonly clock: FakeClock;
  readonly store: CacheStore;
  readonly events: CacheEvent[];
  /** What every `get` waits for; changed by the test. */
  ready: Promise<unknown>;
  /** Reads that reached the backend. */
  sent: number;
}

/** A real backend whose reads wait for `ready` and ignore their signal. */
function rig(): Rig {
  const clock = new FakeClock();
  const backend = memoryBackend({ clock });
  const events: CacheEvent[] = [];
  const observer = (event: CacheEvent): number => events.push(event);
  const slow: CacheBackend = {
    contract: backend.contract,
    name: 'redis',
    capabilities: backend.capabilities,
    get: async (key) => {
      self.sent += 1;
      await self.ready;
      return backend.get(key);
    },
    set: (key, bytes) => backend.set(key, bytes),
    delete: (keys) => backend.delete(keys),
    ping: () => backend.ping(),
    close: () => backend.close(),
  };
  const store = resilient(framed(slow, { observer, maxConcurrentOperations: 4 }), { clock, observer });
  const self: Rig = { clock, store, events, ready: Promise.resolve(), sent: 0 };
  return self;
}

const FROZEN = new Promise(() => undefined);

/** How long the fake clock runs until `store.get` gives an answer, which it must within a minute. */
async function millisecondsOfGet({ store, clock }: Rig): Promise<number> {
  const startedAt = clock.now();
  let endedAt: number | undefined;
  Promise.resolve(store.get('a')).then(
    () => (endedAt = clock.now()),
    () => undefined,
  );
  await clock.advance(0);
  while (endedAt === undefined && clock.now() - startedAt < 60_000) await clock.advance(50);
  return (endedAt ?? Infinity) - startedAt;
}

describe('peer defect 12: a resilient store', () => {
  it('costs a request at most the budget when the backend is frozen, and nothing once the breaker is open', async () => {
    const given = rig();
    given.ready = FROZEN;
    for (let request = 0; request < 5; request += 1) expect(await millisecondsOfGet(given)).toBe(500);
    for (let request = 0; request < 20; request += 1) expect(await millisecondsOfGet(given)).toBe(0);
    expect(given.sent).toBe(5);
    const states = given.events.filter(({ type }) => type === 'backend_state');
    expect(states).toEqual([expect.objectContaining({ state: 'down', backend: 'redis' })]);
    const codes = given.events.flatMap((event) => (event.type === 'backend_failure' ? [event.code] : []));
    expect(codes).toEqual([
      ...Array(5).fill('CACHE_BACKEND_TIMEOUT'),
      ...Array(20).fill('CACHE_CIRCUIT_OPEN'),
    ]);
  });

  it('costs each of many requests at once no more than that, those that wait for a slot included', async () => {
    const given = rig();
    given.ready = FROZEN;
    const requests = Promise.all(Array.from({ length: 100 }, async () => given.store.get('a')));
    await given.clock.advance(500);
    expect(await requests).toEqual(Array(100).fill(undefined));
    expect(given.clock.pending).toBe(0);
  });

  it('answers again after the backend has come back', async () => {
    const given = rig();
    await given.store.set('a', ENTRY);
    given.ready = FROZEN;
    for (let request = 0; request < 5; request += 1) await millisecondsOfGet(given);
    given.ready = Promise.resolve();
    await given.clock.advance(10_000);
    expect(await given.store.get('a')).toEqual(ENTRY);
    expect(await given.store.get('a')).toEqual(ENTRY);
    expect(given.events.at(-1)).toEqual({ type: 'backend_state', backend: 'redis', state: 'up' });
  });

  it('waits for a backend that is still connecting, within the budget', async () => {
    const given = rig();
    await given.store.set('a', ENTRY);
    const connected = Promise.withResolvers<void>();
    given.ready = connected.promise;
    given.clock.schedule(400, () => connected.resolve());
    const requests = Promise.all([given.store.get('a'), given.store.get('a')]);
    await given.clock.advance(400);
    expect(await requests).toEqual([ENTRY, ENTRY]);
    expect(given.events).toEqual([]);
  });

  it('is a miss after close, and closing twice is fine', async () => {
    const given = rig();
    await given.store.close();
    await given.store.close();
    expect(await given.store.get('a')).toBeUndefined();
    await expect(given.store.ping()).rejects.toMatchObject({ code: 'CACHE_CLOSED' });
  });
});
