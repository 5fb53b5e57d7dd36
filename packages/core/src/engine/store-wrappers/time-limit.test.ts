import { describe, expect, it } from '@jest/globals';
import type { CacheEntry } from '../../contract/entry.ts';
import type { CacheStore, OperationOptions } from '../../contract/store.ts';
import { memoryStore } from '../../memory/memory-store.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { timeLimited } from './time-limit.ts';

const ENTRY: CacheEntry = {
  createdAt: 0,
  callType: 'chat_completion',
  model: 'm',
  contentType: 'application/json',
  headers: [],
  body: Buffer.from('{}'),
};

/** A store whose every operation answers when, and as, the test says; it keeps the signal it was given. */
function manual(): {
  store: CacheStore;
  last: PromiseWithResolvers<never>;
  signals: AbortSignal[];
  closed: () => number;
} {
  const last = Promise.withResolvers<never>();
  const signals: AbortSignal[] = [];
  let closed = 0;
  const pending = (options: OperationOptions = {}): Promise<never> => {
    if (options.signal) signals.push(options.signal);
    return last.promise;
  };
  const store: CacheStore = {
    name: 'redis',
    get: (_key, options) => pending(options),
    set: (_key, _entry, options) => pending(options),
    delete: (_keys, options) => pending(options),
    clear: (_prefix, options) => pending(options),
    ping: (options) => pending(options),
    close: () => {
      closed += 1;
      return last.promise;
    },
  };
  return { store, last, signals, closed: () => closed };
}

const OPERATIONS: readonly [string, number, (store: CacheStore, options?: OperationOptions) => unknown][] = [
  ['get', 500, (store, options) => store.get('a', options)],
  ['set', 500, (store, options) => store.set('a', ENTRY, options)],
  ['delete', 500, (store, options) => store.delete(['a'], options)],
  ['ping', 500, (store, options) => store.ping(options)],
  ['clear', 30_000, (store, options) => store.clear('a', options)],
  ['close', 30_000, (store) => store.close()],
];

describe('a time-limited store', () => {
  it.each(OPERATIONS)('peer defect 12: %s on a frozen store costs %i ms', async (name, budget, run) => {
    const clock = new FakeClock();
    const { store, signals } = manual();
    let outcome: unknown;
    Promise.resolve(run(timeLimited(store, { clock }))).catch((error: unknown) => (outcome = error));
    await clock.advance(budget - 1);
    expect(outcome).toBeUndefined();
    await clock.advance(1);
    const message = `redis: ${name} took longer than ${budget} ms`;
    expect(outcome).toMatchObject({ code: 'CACHE_BACKEND_TIMEOUT', operation: name, message });
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('takes other budgets', async () => {
    const clock = new FakeClock();
    const store = timeLimited(manual().store, {
      clock,
      operationTimeoutMilliseconds: 20,
      bulkTimeoutMilliseconds: 40,
    });
    const [get, clear] = [store.get('a'), store.clear('a')].map((result) =>
      expect(result).rejects.toMatchObject({ code: 'CACHE_BACKEND_TIMEOUT' }),
    );
    await clock.advance(20);
    await get;
    await clock.advance(20);
    await clear;
  });

  it.each(OPERATIONS.slice(0, 5))(
    'stops %s with its caller, even if the store does not',
    async (_name, _budget, run) => {
      const clock = new FakeClock();
      const { store, signals } = manual();
      const caller = new AbortController();
      const result = run(timeLimited(store, { clock }), { signal: caller.signal });
      caller.abort(new Error('client gone'));
      await expect(result).rejects.toMatchObject({ code: 'CACHE_ABORTED', cause: new Error('client gone') });
      expect(signals[0]?.aborted).toBe(true);
      expect(clock.pending).toBe(0);
    },
  );

  it('does not ask for a caller that is gone already', async () => {
    const { store, signals } = manual();
    const result = timeLimited(store, { clock: new FakeClock() }).get('a', { signal: AbortSignal.abort() });
    await expect(result).rejects.toMatchObject({ code: 'CACHE_ABORTED' });
    expect(signals).toEqual([]);
  });

  it.each([
    ['value', (late: PromiseWithResolvers<never>) => late.resolve(undefined as never)],
    ['failure', (late: PromiseWithResolvers<never>) => late.reject(new Error('late'))],
  ])('drops a %s that comes too late, without an unhandled rejection', async (_what, comeLate) => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): number => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const clock = new FakeClock();
    const { store, last } = manual();
    const result = expect(timeLimited(store, { clock }).get('a')).rejects.toMatchObject({
      code: 'CACHE_BACKEND_TIMEOUT',
    });
    await clock.advance(500);
    await result;
    comeLate(last);
    await clock.advance(1);
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it('passes values and failures in time on, and leaves neither timer nor listener', async () => {
    const clock = new FakeClock();
    const failing = manual();
    const failure = timeLimited(failing.store, { clock }).get('a');
    failing.last.reject(new Error('as it came'));
    await expect(failure).rejects.toThrow('as it came');
    const answering = manual();
    const caller = new AbortController();
    const value = timeLimited(answering.store, { clock }).delete(['a'], { signal: caller.signal });
    answering.last.resolve(3 as never);
    expect(await value).toBe(3);
    caller.abort();
    expect(answering.signals[0]?.aborted).toBe(false);
    expect(clock.pending).toBe(0);
  });

  it('waits for a backend that is still connecting, within the budget', async () => {
    const clock = new FakeClock();
    const { store, last } = manual();
    const result = timeLimited(store, { clock }).get('a');
    clock.schedule(499, () => last.resolve(ENTRY as never));
    await clock.advance(499);
    expect(await result).toBe(ENTRY);
  });

  it('leaves a synchronous store synchronous', () => {
    const clock = new FakeClock();
    const store = timeLimited(memoryStore({ clock }), { clock });
    expect(store.set('a', ENTRY)).toBeUndefined();
    expect(store.get('a')).toEqual(ENTRY);
    expect(store.peek?.('a')).toEqual(ENTRY);
    expect(store).toMatchObject({ name: 'local', defaultTtlSeconds: 600 });
    expect(store.delete(['a'])).toBe(1);
    expect(store.clear('a')).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('passes what the store says of itself on, and nothing it does not say', () => {
    const store = timeLimited({ ...manual().store, remote: true });
    expect(store.remote).toBe(true);
    expect(Object.keys(timeLimited(manual().store))).not.toEqual(expect.arrayContaining(['peek']));
  });

  it('closes the store once', async () => {
    const clock = new FakeClock();
    const { store, last, closed } = manual();
    const limited = timeLimited(store, { clock });
    const both = [limited.close(), limited.close()];
    last.resolve(undefined as never);
    for (const closing of both) await closing;
    expect(closed()).toBe(1);
  });

  it('refuses wrong options', () => {
    const making = (): unknown => timeLimited(manual().store, { operationTimeoutMilliseconds: 0 });
    expect(making).toThrow(
      'timeLimited: operationTimeoutMilliseconds must be a positive integer, got 0 (number)',
    );
  });
});
