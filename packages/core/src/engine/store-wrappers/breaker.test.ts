import { describe, expect, it } from '@jest/globals';
import { CacheError } from '../../contract/errors.ts';
import type { CacheErrorCode } from '../../contract/errors.ts';
import type { CacheEvent } from '../../contract/observer.ts';
import type { CacheStore } from '../../contract/store.ts';
import { memoryStore } from '../../memory/memory-store.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { circuitBroken } from './breaker.ts';

const DOWN = new CacheError('CACHE_BACKEND_UNAVAILABLE', 'redis: refused');

interface Rig {
  readonly clock: FakeClock;
  readonly store: CacheStore;
  readonly events: CacheEvent[];
  /** Operations that reached the inner store. */
  sent: number;
  /** What the inner store does; changed by the test. */
  behaviour: () => Promise<undefined>;
}

function rig(): Rig {
  const clock = new FakeClock();
  const events: CacheEvent[] = [];
  const self = { clock, events, sent: 0, behaviour: () => Promise.reject(DOWN) } as unknown as {
    -readonly [K in keyof Rig]: Rig[K];
  };
  const send = (): Promise<never> => {
    self.sent += 1;
    return self.behaviour() as Promise<never>;
  };
  const inner: CacheStore = {
    name: 'redis',
    get: send,
    set: send,
    delete: send,
    clear: send,
    ping: send,
    close: () => undefined,
  };
  self.store = circuitBroken(inner, { clock, observer: (event) => events.push(event) });
  return self;
}

const healthy = (): Promise<undefined> => Promise.resolve(undefined);
const failingWith = (code: CacheErrorCode) => (): Promise<never> =>
  Promise.reject(new CacheError(code, 'no'));

async function get({ store }: Rig): Promise<unknown> {
  try {
    return await store.get('a');
  } catch (error) {
    return CacheError.is(error) ? error.code : error;
  }
}

async function getTimes(times: number, given: Rig): Promise<unknown[]> {
  const results: unknown[] = [];
  for (let index = 0; index < times; index += 1) results.push(await get(given));
  return results;
}

async function opened(): Promise<Rig> {
  const given = rig();
  await getTimes(5, given);
  return given;
}

describe('a circuit-broken store', () => {
  it('peer defect 12: opens after 5 failures in a row and then sends nothing', async () => {
    const given = rig();
    expect(await getTimes(5, given)).toEqual(Array(5).fill('CACHE_BACKEND_UNAVAILABLE'));
    expect(given.sent).toBe(5);
    expect(await getTimes(1_000, given)).toEqual(Array(1_000).fill('CACHE_CIRCUIT_OPEN'));
    const entry = {
      createdAt: 0,
      callType: '',
      model: '',
      contentType: '',
      headers: [],
      body: Buffer.alloc(0),
    };
    const others = [
      given.store.set('a', entry),
      given.store.delete(['a']),
      given.store.clear('a'),
      given.store.ping(),
    ];
    for (const other of others) await expect(other).rejects.toMatchObject({ code: 'CACHE_CIRCUIT_OPEN' });
    expect(given.sent).toBe(5);
  });

  it('refuses with one error object, which says what happened and why', async () => {
    const { store } = await opened();
    const refusals = await Promise.all(
      [1, 2].map(() => Promise.resolve(store.get('a')).catch((error: unknown) => error)),
    );
    expect(refusals[0]).toBe(refusals[1]);
    expect(refusals[0]).toMatchObject({
      message: 'redis: not asked after 5 failures in a row; tried again every 10000 ms',
      backend: 'redis',
      cause: DOWN,
    });
  });

  it('reports each change of state once, however many operations fail at the same time', async () => {
    const given = rig();
    await Promise.all(Array.from({ length: 50 }, () => get(given)));
    await getTimes(50, given);
    expect(given.events).toEqual([{ type: 'backend_state', backend: 'redis', state: 'down', error: DOWN }]);
    given.behaviour = healthy;
    await given.clock.advance(10_000);
    await getTimes(3, given);
    expect(given.events.slice(1)).toEqual([{ type: 'backend_state', backend: 'redis', state: 'up' }]);
  });

  it('counts failures in a row only', async () => {
    const given = rig();
    for (let round = 0; round < 5; round += 1) {
      given.behaviour = () => Promise.reject(DOWN);
      await getTimes(4, given);
      given.behaviour = healthy;
      await get(given);
    }
    expect(given.sent).toBe(25);
    expect(given.events).toEqual([]);
  });

  it('counts failures without a code and those thrown rather than rejected', async () => {
    const given = rig();
    given.behaviour = () => {
      throw new TypeError('a bug in a backend');
    };
    await getTimes(5, given);
    expect(await get(given)).toBe('CACHE_CIRCUIT_OPEN');
  });

  it.each([
    'CACHE_ABORTED',
    'CACHE_ENTRY_TOO_LARGE',
    'CACHE_NOT_SUPPORTED',
    'CACHE_CLOSED',
    'CACHE_INVALID_OPTION',
  ] as const)('learns nothing of the backend from %s', async (code) => {
    const given = rig();
    await getTimes(4, given);
    given.behaviour = failingWith(code);
    expect(await getTimes(20, given)).toEqual(Array(20).fill(code));
    given.behaviour = failingWith('CACHE_BACKEND_TIMEOUT');
    expect(await getTimes(2, given)).toEqual(['CACHE_BACKEND_TIMEOUT', 'CACHE_CIRCUIT_OPEN']);
  });

  it('probes with one operation at a time, at most every 10 seconds', async () => {
    const given = await opened();
    await given.clock.advance(9_999);
    expect(await get(given)).toBe('CACHE_CIRCUIT_OPEN');
    await given.clock.advance(1);
    const probe = Promise.withResolvers<undefined>();
    given.behaviour = () => probe.promise;
    const probing = get(given);
    expect(await getTimes(20, given)).toEqual(Array(20).fill('CACHE_CIRCUIT_OPEN'));
    expect(given.sent).toBe(6);
    probe.reject(DOWN);
    expect(await probing).toBe('CACHE_BACKEND_UNAVAILABLE');
    expect(await getTimes(20, given)).toEqual(Array(20).fill('CACHE_CIRCUIT_OPEN'));
    expect(given.sent).toBe(6);
    expect(given.events).toHaveLength(1);
  });

  it('closes when a probe succeeds, and starts counting anew', async () => {
    const given = await opened();
    given.behaviour = healthy;
    await given.clock.advance(10_000);
    expect(await getTimes(3, given)).toEqual([undefined, undefined, undefined]);
    given.behaviour = () => Promise.reject(DOWN);
    expect(await getTimes(6, given)).toEqual([
      ...Array(5).fill('CACHE_BACKEND_UNAVAILABLE'),
      'CACHE_CIRCUIT_OPEN',
    ]);
  });

  it('is not kept open by a probe that never ends', async () => {
    const given = await opened();
    given.behaviour = () => new Promise<undefined>(() => undefined);
    await given.clock.advance(10_000);
    void given.store.get('a');
    given.behaviour = healthy;
    await given.clock.advance(10_000);
    expect(await get(given)).toBeUndefined();
    expect(given.events.at(-1)).toMatchObject({ state: 'up' });
  });

  it('does not believe what an operation begun before the change says after it', async () => {
    const given = rig();
    const slow = Promise.withResolvers<undefined>();
    given.behaviour = () => slow.promise;
    const early = get(given);
    given.behaviour = () => Promise.reject(DOWN);
    await getTimes(5, given);
    slow.resolve(undefined);
    expect(await early).toBeUndefined();
    expect(await get(given)).toBe('CACHE_CIRCUIT_OPEN');
  });

  it('does not hold a failure from before an outage against the backend after it', async () => {
    const given = rig();
    const slow = Promise.withResolvers<undefined>();
    given.behaviour = () => slow.promise;
    const early = Promise.all(Array.from({ length: 5 }, () => get(given)));
    given.behaviour = () => Promise.reject(DOWN);
    await getTimes(5, given);
    given.behaviour = healthy;
    await given.clock.advance(10_000);
    await get(given);
    slow.reject(DOWN);
    await early;
    expect(await get(given)).toBeUndefined();
  });

  it('stays silent through an outage of many probes', async () => {
    const given = await opened();
    for (let probe = 0; probe < 10; probe += 1) {
      await given.clock.advance(10_000);
      await get(given);
    }
    expect(given.sent).toBe(15);
    expect(given.events).toHaveLength(1);
  });

  it('leaves a synchronous store synchronous, and peek alone', () => {
    const inner = memoryStore();
    const store = circuitBroken(inner);
    expect(store.get('a')).toBeUndefined();
    expect(store.delete(['a'])).toBe(0);
    expect(store.peek?.('a')).toBeUndefined();
    inner.close();
    expect(() => store.get('a')).toThrow(expect.objectContaining({ code: 'CACHE_CLOSED' }));
  });

  it('refuses wrong options', () => {
    const making = (): unknown => circuitBroken(memoryStore(), { failuresToOpen: -1 });
    expect(making).toThrow('circuitBroken: failuresToOpen must be a positive integer, got -1 (number)');
  });
});
