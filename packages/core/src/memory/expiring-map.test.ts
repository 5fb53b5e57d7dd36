import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FakeClock } from '../testing/fake-clock.ts';
import { ExpiringMap } from './expiring-map.ts';

describe('the expiring map', () => {
  it('says what a plain map with times says, and never holds more than it may', async () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'dd', 'eeee'),
      action: fc.constantFrom('set', 'delete', 'wait'),
      length: fc.nat(300),
      lifetime: fc.option(fc.nat(50)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = new FakeClock(0);
        const map = new ExpiringMap<string>(1_500, clock);
        const model = new Map<string, { value: string; deleteAt: number }>();
        for (const { key, action, length, lifetime } of steps) {
          const [value, deleteAt] = [
            'x'.repeat(length),
            lifetime === null ? Infinity : clock.now() + lifetime,
          ];
          if (action === 'wait') await clock.advance(length / 10);
          if (action === 'delete') {
            map.delete(key);
            model.delete(key);
          }
          if (action === 'set' && map.hasRoom(new Map([[key, value]]))) {
            map.set(key, value, deleteAt);
            model.set(key, { value, deleteAt });
          }
          for (const [name, held] of model) if (held.deleteAt <= clock.now()) model.delete(name);
          for (const name of ['a', 'b', 'c', 'dd', 'eeee'])
            expect(map.get(name)).toBe(model.get(name)?.value);
          expect(map.bytes).toBeLessThanOrEqual(1_500);
        }
      }),
    );
  });

  it('removes what has expired as others are written', async () => {
    const clock = new FakeClock(0);
    const map = new ExpiringMap<number>(100_000, clock);
    for (let index = 0; index < 100; index += 1) map.set(`${index}`, index, 10);
    await clock.advance(10);
    for (let index = 0; index < 10; index += 1) {
      expect(map.hasRoom(new Map([['k', index]]))).toBe(true);
      map.set('k', index);
    }
    expect(map.size).toBe(1);
  });

  it('keeps what has replaced something that has expired since', async () => {
    const clock = new FakeClock(0);
    const map = new ExpiringMap<number>(100_000, clock);
    map.set('a', 1, 10);
    map.set('a', 2);
    await clock.advance(10);
    expect(map.hasRoom(new Map([['b', 1]]))).toBe(true);
    expect([map.get('a'), map.size, map.bytes > 0]).toEqual([2, 1, true]);
  });

  it('evicts nothing for room', () => {
    const map = new ExpiringMap<string>(1_000, new FakeClock(0));
    map.set('a', 'x'.repeat(300));
    expect(map.hasRoom(new Map([['b', 'x'.repeat(300)]]))).toBe(false);
    expect(map.get('a')).toBeDefined();
  });
});
