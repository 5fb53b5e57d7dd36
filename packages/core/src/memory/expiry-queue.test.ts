import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ExpiryQueue } from './expiry-queue.ts';

interface Item {
  readonly deleteAt: number;
  gone: boolean;
}

const itemAt = (deleteAt: number): Item => ({ deleteAt, gone: false });

function takeAll(queue: ExpiryQueue<Item>, now: number): number[] {
  const taken: number[] = [];
  for (let item = queue.takeExpired(now); item; item = queue.takeExpired(now)) taken.push(item.deleteAt);
  return taken;
}

describe('the expiry queue', () => {
  it('gives out exactly what has ended and is not gone, the earliest first, whatever the order of arrival', () => {
    const arrivals = fc.array(
      fc.record({ deleteAt: fc.integer({ min: 0, max: 50 }), removed: fc.boolean() }),
    );
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 0, max: 50 }), (given, now) => {
        const queue = new ExpiryQueue<Item>();
        const items = given.map(({ deleteAt }) => itemAt(deleteAt));
        for (const item of items) queue.push(item);
        given.forEach(({ removed }, index) => removed && queue.discard(items[index] as Item));

        const kept = given.filter(({ removed }) => !removed).map(({ deleteAt }) => deleteAt);
        const ended = kept.filter((deleteAt) => deleteAt <= now).sort((one, other) => one - other);
        expect(takeAll(queue, now)).toEqual(ended);
        expect(takeAll(queue, Infinity)).toHaveLength(kept.length - ended.length);
      }),
    );
  });

  it('does not grow with items that are replaced again and again', () => {
    const queue = new ExpiryQueue<Item>();
    let current = itemAt(0);
    queue.push(current);
    for (let written = 1; written < 50_000; written += 1) {
      queue.discard(current);
      current = itemAt(written % 977);
      queue.push(current);
    }
    expect(queue.length).toBeLessThan(2_100);
    expect(takeAll(queue, Infinity)).toEqual([current.deleteAt]);
  });
});
