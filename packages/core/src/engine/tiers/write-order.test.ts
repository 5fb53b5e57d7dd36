import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { WriteOrder } from './write-order.ts';

/** A write that is over when its test says so. */
function heldBack(begun: string[], name: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const run = async (): Promise<void> => {
    begun.push(name);
    await promise;
  };
  return { run, end: resolve };
}

describe('the order of writes', () => {
  it('holds for the third as for the second, when the first is over', async () => {
    const order = new WriteOrder();
    const begun: string[] = [];
    const writes = ['first', 'second', 'third'].map((name) => heldBack(begun, name));
    const [first, second, third] = writes;
    void order.write('a', () => first?.run());
    void order.write('a', () => second?.run());
    first?.end();
    await nextTurn();
    void order.write('a', () => third?.run());
    await nextTurn();
    expect(begun).toEqual(['first', 'second']);
    second?.end();
    await nextTurn();
    expect(begun).toEqual(['first', 'second', 'third']);
    expect(order.isChanging('a')).toBe(true);
    third?.end();
    await order.settled();
    expect(order.isChanging('a')).toBe(false);
  });

  it('is settled when the last of them is, and the removals', async () => {
    const order = new WriteOrder();
    const begun: string[] = [];
    const [first, second, removal] = ['1', '2', '3'].map((name) => heldBack(begun, name));
    void order.write('a', () => first?.run());
    void order.write('a', () => second?.run());
    void order.remove(
      (key) => key === 'b',
      () => removal?.run(),
    );
    let isSettled = false;
    void order.settled().then(() => (isSettled = true));
    for (const each of [first, second, removal]) {
      await nextTurn();
      expect(isSettled).toBe(false);
      each?.end();
    }
    await nextTurn();
    expect([isSettled, order.isChanging('a'), order.isChanging('b')]).toEqual([true, false, false]);
  });
});
