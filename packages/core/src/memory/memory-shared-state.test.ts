import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '../testing/fake-clock.ts';
import { sharedStateSuite } from '../testing/shared-state-suite.ts';
import { memorySharedState } from './memory-shared-state.ts';

const HOUR_MILLISECONDS = 3_600_000;

describe('the shared state in memory keeps the contract', () => {
  sharedStateSuite({
    test: it,
    create: async () => {
      const clock = new FakeClock();
      return {
        state: memorySharedState({ clock }),
        advance: (milliseconds) => clock.advance(milliseconds),
        now: () => clock.now(),
      };
    },
  });
});

describe('the shared state in memory', () => {
  it('refuses what it has no room for, all of it, and goes on with what it has', async () => {
    const state = memorySharedState({ maxBytes: 3_000, clock: new FakeClock(0) });
    const items = Array.from({ length: 20 }, (_, index) => ({ key: `${index}`, value: 'x' }));
    await expect(state.setMany(items)).rejects.toMatchObject({
      code: 'CACHE_BACKEND_FULL',
      operation: 'setMany',
    });
    expect(await state.getMany(['0'])).toEqual([undefined]);
    const counters = Array.from({ length: 11 }, (_, index) => ({ key: `${index}`, by: 1, expiresAt: 1 }));
    expect(await state.increment(counters)).toMatchObject({ allowed: true });
    await expect(state.acquire('a', 1)).rejects.toMatchObject({ code: 'CACHE_BACKEND_FULL' });
    expect(await state.increment([{ key: '0', by: 1, expiresAt: 1 }])).toEqual({
      allowed: true,
      values: [2],
    });
  });

  it('makes room of what has expired, whoever wrote it', async () => {
    const clock = new FakeClock(0);
    const state = memorySharedState({ maxBytes: 3_000, clock });
    for (let round = 0; round < 50; round += 1) {
      const expiresAt = clock.now() + 1_000;
      await state.increment([{ key: `count ${round}`, by: 1, expiresAt }]);
      await state.setMany([{ key: `value ${round}`, value: 'x', expiresAt }]);
      expect(await state.acquire(`lease ${round}`, expiresAt)).toBeDefined();
      await clock.advance(1_000);
    }
  });

  it('does not count what a value replaces as room it needs', async () => {
    const state = memorySharedState({ maxBytes: 1_000 });
    for (const letter of ['a', 'b', 'c']) await state.setMany([{ key: 'k', value: letter.repeat(300) }]);
    expect(await state.getMany(['k'])).toEqual(['c'.repeat(300)]);
    await state.setMany([
      { key: 'k', value: 'x'.repeat(300) },
      { key: 'k', value: 'last' },
    ]);
    expect(await state.getMany(['k'])).toEqual(['last']);
  });

  it('has told every subscriber when publish resolves', async () => {
    const state = memorySharedState();
    const heard: string[] = [];
    await state.subscribe(
      (message) => heard.push(message),
      () => heard.push('gap'),
    );
    await state.publish('a');
    expect(heard).toEqual(['a']);
  });

  it('tells all subscribers in one order, also what a subscriber publishes on hearing something', async () => {
    const state = memorySharedState();
    const heard: string[] = [];
    const listen = (name: string, answer?: string): Promise<unknown> =>
      state.subscribe(
        (message) => {
          heard.push(`${name} ${message}`);
          if (answer !== undefined && message === 'question') void state.publish(answer);
        },
        () => undefined,
      );
    await listen('first', 'answer');
    await listen('second');
    await state.publish('question');
    expect(heard).toEqual(['first question', 'second question', 'first answer', 'second answer']);
  });

  it('tells nothing more to a subscription that another subscriber ends on hearing it', async () => {
    const state = memorySharedState();
    const heard: string[] = [];
    let end: () => Promise<void> = async () => undefined;
    const nothing = (): void => undefined;
    await state.subscribe(() => void end(), nothing);
    end = await state.subscribe((message) => heard.push(message), nothing);
    await state.publish('message');
    expect(heard).toEqual([]);
  });

  it('outlives subscribers that throw or reject', async () => {
    const state = memorySharedState();
    const heard: string[] = [];
    const failing: () => unknown = () => Promise.reject(new Error('not my day'));
    await state.subscribe(failing, () => undefined);
    await state.subscribe(
      (message) => heard.push(message),
      () => undefined,
    );
    await state.publish('a');
    await new Promise(setImmediate);
    expect(heard).toEqual(['a']);
  });

  it.each([
    [{ maxBytes: 0 }, /maxBytes must be a positive integer/],
    [{ maxByte: 1 }, /maxByte must be one of maxBytes, clock/],
  ])('refuses options %j', (options, message) => {
    expect(() => memorySharedState(options as object)).toThrow(message);
  });

  it('is not a counter for what is only looked at', async () => {
    const clock = new FakeClock(0);
    const state = memorySharedState({ clock, maxBytes: 600 });
    for (let index = 0; index < 10; index += 1) {
      const look = { key: `${index}`, by: 0, expiresAt: HOUR_MILLISECONDS };
      expect(await state.increment([look])).toEqual({ allowed: true, values: [0] });
    }
  });
});
