import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { systemClock } from './clock.ts';

const DAY_MILLISECONDS = 86_400_000;

describe("the machine's own clock", () => {
  afterEach(() => void jest.useRealTimers());

  it('calls back once in its time, and not at all once that is cancelled', async () => {
    let calls = 0;
    systemClock.schedule(5, () => (calls += 1));
    const cancel = systemClock.schedule(1, () => (calls += 10));
    cancel();
    cancel();
    while (calls === 0) await sleep(1);
    await sleep(10);
    expect(calls).toBe(1);
  });

  it('waits for longer than a timer of Node can', async () => {
    let calls = 0;
    const cancels = [2 ** 31, 1e12, Infinity].map((delay) => systemClock.schedule(delay, () => (calls += 1)));
    await sleep(20);
    expect(calls).toBe(0);
    for (const cancel of cancels) cancel();
  });

  it('is in time after that, too', () => {
    jest.useFakeTimers();
    let calls = 0;
    systemClock.schedule(100 * DAY_MILLISECONDS, () => (calls += 1));
    const cancel = systemClock.schedule(50 * DAY_MILLISECONDS, () => (calls += 10));
    jest.advanceTimersByTime(30 * DAY_MILLISECONDS);
    cancel();
    jest.advanceTimersByTime(70 * DAY_MILLISECONDS - 1);
    expect(calls).toBe(0);
    jest.advanceTimersByTime(1);
    expect(calls).toBe(1);
  });
});
