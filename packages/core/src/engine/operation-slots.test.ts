import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { OperationSlots } from './operation-slots.ts';

/** Operations that end when told to, and a record of how many were begun. */
function operations(): {
  begun: string[];
  end: (name: string) => void;
  run: (name: string) => () => Promise<string>;
} {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    begun,
    end: (name) => ends.get(name)?.(),
    run: (name) => () => {
      begun.push(name);
      return new Promise((resolve) => ends.set(name, () => resolve(name)));
    },
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('operation slots', () => {
  it('let so many run at once and the others in order', async () => {
    const slots = new OperationSlots({ backend: 'redis', maxConcurrent: 2, maxWaiting: 10 });
    const { begun, end, run } = operations();
    const results = ['a', 'b', 'c', 'd'].map((name) => slots.run('get', undefined, run(name)));
    await settled();
    expect(begun).toEqual(['a', 'b']);
    end('b');
    await settled();
    expect(begun).toEqual(['a', 'b', 'c']);
    end('a');
    await settled();
    for (const name of ['c', 'd']) end(name);
    expect(await Promise.all(results)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('are free again after a failure', async () => {
    const slots = new OperationSlots({ backend: 'redis', maxConcurrent: 1, maxWaiting: 1 });
    const failing = slots.run('get', undefined, () => Promise.reject(new Error('lost')));
    const next = slots.run('get', undefined, () => Promise.resolve('next'));
    await expect(failing).rejects.toThrow('lost');
    expect(await next).toBe('next');
    expect(await slots.run('get', undefined, () => Promise.resolve('third'))).toBe('third');
  });

  it('refuse at once what would wait behind too many', async () => {
    const slots = new OperationSlots({ backend: 'redis', maxConcurrent: 1, maxWaiting: 1 });
    const { run, end } = operations();
    const [first, second] = [slots.run('get', undefined, run('a')), slots.run('get', undefined, run('b'))];
    await expect(slots.run('get', undefined, run('c'))).rejects.toMatchObject({
      code: 'CACHE_BACKEND_TIMEOUT',
      message: 'redis: get would wait behind 1 other operations',
    });
    end('a');
    await settled();
    end('b');
    expect(await Promise.all([first, second])).toEqual(['a', 'b']);
  });

  it('let a waiting operation leave with its signal, without disturbing the order', async () => {
    const slots = new OperationSlots({ backend: 'redis', maxConcurrent: 1, maxWaiting: 10 });
    const { begun, end, run } = operations();
    const controller = new AbortController();
    const first = slots.run('get', undefined, run('a'));
    const leaving = slots.run('get', controller.signal, run('b'));
    const last = slots.run('get', undefined, run('c'));
    controller.abort();
    await expect(leaving).rejects.toMatchObject({ code: 'CACHE_ABORTED', operation: 'get' });
    end('a');
    await settled();
    end('c');
    expect(await Promise.all([first, last])).toEqual(['a', 'c']);
    expect(begun).toEqual(['a', 'c']);
  });

  it('begin nothing for a signal already aborted, and keep the slot free', async () => {
    const slots = new OperationSlots({ backend: 'redis', maxConcurrent: 1, maxWaiting: 10 });
    const { begun, run } = operations();
    await expect(slots.run('get', AbortSignal.abort(), run('a'))).rejects.toMatchObject({
      code: 'CACHE_ABORTED',
    });
    expect(begun).toEqual([]);
    expect(await slots.run('get', undefined, () => Promise.resolve('free'))).toBe('free');
  });

  it('begin nothing for a signal aborted while the slot was being passed on', async () => {
    const slots = new OperationSlots({ backend: 'redis', maxConcurrent: 1, maxWaiting: 10 });
    const { begun, run } = operations();
    const [holding, waiting] = [new AbortController(), new AbortController()];
    const first = slots.run('get', holding.signal, run('a'));
    const second = slots.run('get', waiting.signal, run('b'));
    holding.abort();
    waiting.abort();
    await expect(second).rejects.toMatchObject({ code: 'CACHE_ABORTED' });
    expect(begun).toEqual(['a']);
    expect(first).toBeInstanceOf(Promise);
    expect(await slots.run('get', undefined, () => Promise.resolve('free'))).toBe('free');
  });

  it('are not lost to an operation that ignores its aborted signal', async () => {
    const slots = new OperationSlots({ backend: 'redis', maxConcurrent: 1, maxWaiting: 10 });
    const controller = new AbortController();
    const { run, end } = operations();
    const frozen = slots.run('get', controller.signal, run('frozen'));
    await settled();
    controller.abort();
    expect(await slots.run('get', undefined, () => Promise.resolve('next'))).toBe('next');
    end('frozen');
    await frozen;
    const { begun, run: again } = operations();
    for (const name of ['a', 'b']) slots.run('get', undefined, again(name)).catch(() => undefined);
    await settled();
    expect(begun).toEqual(['a']);
  });

  it('leave nothing on a signal that outlives many operations', async () => {
    const slots = new OperationSlots({ backend: 'redis', maxConcurrent: 1, maxWaiting: 100 });
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 50 }, () => slots.run('get', signal, settled)));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
