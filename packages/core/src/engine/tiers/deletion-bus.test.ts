import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { CacheError } from '../../contract/errors.ts';
import type { SharedState } from '../../contract/shared-state.ts';
import { entryOf, startRig } from '../tiered.fixture.ts';
import type { InvalidationBus } from './deletion-bus.ts';

const DOWN = new CacheError('CACHE_BACKEND_UNAVAILABLE', 'bus: connection refused');

/** A bus whose connection a test breaks and mends. */
interface BreakableBus extends InvalidationBus {
  /** What subscribing and publishing fail with. */
  trouble: Error | undefined;
  /** Messages do not arrive, as while a connection is being made again. */
  isSilent: boolean;
  /** Says that messages may have been missed. */
  gap(): void;
  readonly subscriptions: { readonly tried: number; readonly ended: number };
}

function breakable(state: SharedState): BreakableBus {
  const subscriptions = { tried: 0, ended: 0 };
  const gaps = new Set<() => void>();
  const bus: BreakableBus = {
    trouble: undefined,
    isSilent: false,
    subscriptions,
    gap: () => gaps.forEach((tell) => tell()),
    async publish(message, options) {
      if (bus.trouble !== undefined) throw bus.trouble;
      await state.publish(message, options);
    },
    async subscribe(onMessage, onGap) {
      subscriptions.tried += 1;
      if (bus.trouble !== undefined) throw bus.trouble;
      gaps.add(onGap);
      const end = await state.subscribe((message) => {
        if (!bus.isSilent) onMessage(message);
      }, onGap);
      return async () => {
        subscriptions.ended += 1;
        gaps.delete(onGap);
        await end();
      };
    },
  };
  return bus;
}

/** Two processes, each with the bus it is given; by default that of the rig. */
async function rigOver(make: (state: SharedState) => BreakableBus, trouble?: Error) {
  const { bus: state } = await startRig();
  const bus = make(state);
  bus.trouble = trouble;
  return { ...(await startRig({ bus })), bus, state };
}

describe('a gap', () => {
  it('empties the memory, whatever the keys, and drops what is about to be copied', async () => {
    const { one, bus, server } = await rigOver(breakable);
    await one.set('any key', entryOf('1'));
    await server.set('b', entryOf('old'));
    const reading = one.get('b');
    bus.gap();
    await reading;
    expect([one.peek('any key'), one.peek('b')]).toEqual([undefined, undefined]);
    expect((await one.get('any key'))?.model).toBe('1');
    expect(one.peek('any key')?.model).toBe('1');
  });

  it('is what a message of a later version means too', async () => {
    const { one, state } = await rigOver(breakable);
    await one.set('a', entryOf('1'));
    await state.publish('llm-cache deleted 2 something new');
    expect(one.peek('a')).toBeUndefined();
  });

  it('while it lasts, copies live as long as any', async () => {
    const { one, other, bus, clock } = await rigOver(breakable);
    await one.set('a', entryOf('1'));
    bus.isSilent = true;
    await other.delete(['a']);
    expect(one.peek('a')?.model).toBe('1');
    await clock.advance(60_000);
    expect(one.peek('a')).toBeUndefined();
    expect(await one.get('a')).toBeUndefined();
  });
});

describe('what others say', () => {
  it.each(['hello', '{}', 'llm-cache deleted 1 {"from":"x"', 'llm-cache deleted 1 {"from":"x","keys":[1]}'])(
    'changes nothing unless it is a deletion: %s',
    async (message) => {
      const { one, state } = await rigOver(breakable);
      await one.set('a', entryOf('1'));
      await state.publish(message);
      expect(one.peek('a')?.model).toBe('1');
    },
  );

  it('is not what one has said oneself: an answer stored since stays', async () => {
    const { one, bus } = await rigOver(breakable);
    const messages: string[] = [];
    const { publish } = bus;
    bus.publish = async (message) => void messages.push(message);
    await one.set('a', entryOf('old'));
    await one.delete(['a']);
    await one.set('a', entryOf('new'));
    for (const message of messages) await publish(message);
    expect([messages.length, one.peek('a')?.model]).toEqual([1, 'new']);
  });

  it('reaches all even if many keys are deleted at once', async () => {
    const { one, other } = await rigOver(breakable);
    const keys = Array.from({ length: 3_000 }, (_, index) => `key ${index} ${'x'.repeat(50)}`);
    for (const key of keys) await one.set(key, entryOf('1'));
    await other.delete(keys);
    expect(one.statistics().entries).toBe(0);
  });
});

describe('a bus that cannot be reached', () => {
  it('is subscribed to again, later and later, and said to be down once and up once', async () => {
    const { one, bus, clock, events } = await rigOver(breakable, DOWN);
    expect(bus.subscriptions.tried).toBe(2);
    await clock.advance(249);
    expect(bus.subscriptions.tried).toBe(2);
    await clock.advance(1);
    expect(bus.subscriptions.tried).toBe(4);
    await clock.advance(500);
    expect(bus.subscriptions.tried).toBe(6);
    await clock.advance(600_000);
    const { tried } = bus.subscriptions;
    await clock.advance(60_000);
    expect(bus.subscriptions.tried - tried).toBe(4);
    const state = { type: 'bus_state', backend: 'memory' };
    expect(events).toEqual(Array(2).fill({ ...state, state: 'down', error: DOWN }));

    await one.set('a', entryOf('1'));
    expect(one.peek('a')?.model).toBe('1');
    bus.trouble = undefined;
    await clock.advance(30_000);
    expect(events.slice(2)).toEqual(Array(2).fill({ ...state, state: 'up' }));
    // What was deleted in the meantime nobody has heard of.
    expect(one.peek('a')).toBeUndefined();
  });

  it('makes a deletion no failure: the shared store has it, the others keep their copies for their time', async () => {
    const { one, bus, clock, events, server } = await rigOver(breakable);
    await one.set('a', entryOf('1'));
    bus.trouble = DOWN;
    expect(await one.delete(['a'])).toBe(1);
    expect(clock.pending).toBe(0);
    expect(await server.get('a')).toBeUndefined();
    expect(events).toEqual([
      { type: 'backend_failure', backend: 'memory', operation: 'publish', code: DOWN.code, error: DOWN },
    ]);
  });

  it('does not hold a deletion up for longer than 500 ms', async () => {
    const { one, bus, clock, events } = await rigOver(breakable);
    const signals: (AbortSignal | undefined)[] = [];
    bus.publish = (_message, options) => {
      signals.push(options?.signal);
      return new Promise(() => undefined);
    };
    await one.set('a', entryOf('1'));
    let isOver = false;
    const deleting = one.delete(['a']).finally(() => (isOver = true));
    await clock.advance(499);
    expect(isOver).toBe(false);
    await clock.advance(1);
    expect(await deleting).toBe(1);
    expect(signals[0]?.aborted).toBe(true);
    expect(events).toMatchObject([{ operation: 'publish', code: 'CACHE_BACKEND_TIMEOUT' }]);
  });

  it('is left alone once it is closed', async () => {
    const closed = new CacheError('CACHE_CLOSED', 'bus: is closed');
    const { bus, clock, events } = await rigOver(breakable, closed);
    await clock.advance(600_000);
    expect([bus.subscriptions.tried, events.length]).toEqual([2, 2]);
  });
});

describe('closing', () => {
  it('ends the subscription, and what is heard all the same does nothing', async () => {
    const { bus: state } = await startRig();
    const bus = breakable(state);
    const { subscribe } = bus;
    const heard: (() => void)[] = [];
    bus.subscribe = (onMessage, onGap) => {
      heard.push(onGap, () => onMessage('llm-cache deleted 1 {"from":"x","keys":["a"]}'));
      return subscribe(onMessage, onGap);
    };
    const { one } = await startRig({ bus });
    await one.close();
    expect(bus.subscriptions).toEqual({ tried: 2, ended: 1 });
    for (const tell of heard) tell();
  });

  it('ends a subscription that is only being made, and no more is tried', async () => {
    const { bus: state } = await startRig();
    const bus = breakable(state);
    const { promise: connected, resolve: connect } = Promise.withResolvers<void>();
    const { subscribe } = bus;
    bus.subscribe = async (...listeners) => {
      await connected;
      return subscribe(...listeners);
    };
    const { one, other, clock } = await startRig({ bus });
    await one.close();
    connect();
    await nextTurn();
    expect(bus.subscriptions).toEqual({ tried: 2, ended: 1 });
    await other.close();
    await clock.advance(600_000);
    expect([bus.subscriptions, clock.pending]).toEqual([{ tried: 2, ended: 2 }, 0]);
  });

  it('is not held up, nor the process ended, by a bus that fails to end a subscription', async () => {
    const { bus: state } = await startRig();
    const bus = breakable(state);
    const { subscribe } = bus;
    bus.subscribe = async (...listeners) => {
      await subscribe(...listeners);
      return () => Promise.reject(DOWN);
    };
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    const { one, other } = await startRig({ bus });
    await one.close();
    await other.close();
    await nextTurn();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it('stops trying', async () => {
    const { one, other, bus, clock } = await rigOver(breakable, DOWN);
    await one.close();
    await other.close();
    await clock.advance(600_000);
    expect([bus.subscriptions.tried, clock.pending]).toEqual([2, 0]);
  });
});
