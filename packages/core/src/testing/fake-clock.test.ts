import { describe, expect, it } from '@jest/globals';
import { FakeClock } from './fake-clock.ts';

describe('FakeClock', () => {
  it('stands still until it is told to move', async () => {
    const clock = new FakeClock(1_000);
    expect(clock.now()).toBe(1_000);
    await clock.advance(250);
    expect(clock.now()).toBe(1_250);
  });

  it('starts on 2026-01-01 unless told otherwise', () => {
    expect(new Date(new FakeClock().now()).toISOString()).toBe('2026-01-01T00:00:00.000Z');
  });

  it('fires in order of time, then of scheduling, each at its own moment', async () => {
    const clock = new FakeClock(0);
    const fired: string[] = [];
    const note = (name: string) => () => fired.push(`${name}@${clock.now()}`);
    clock.schedule(30, note('late'));
    clock.schedule(10, note('first'));
    clock.schedule(10, note('second'));
    clock.schedule(31, note('never'));
    await clock.advance(30);
    expect(fired).toEqual(['first@10', 'second@10', 'late@30']);
    expect(clock.pending).toBe(1);
  });

  it('fires a timer once', async () => {
    const clock = new FakeClock();
    let fired = 0;
    clock.schedule(5, () => (fired += 1));
    await clock.advance(5);
    await clock.advance(5);
    expect(fired).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it('lets promise chains run between timers, and fires what they schedule', async () => {
    const clock = new FakeClock(0);
    const moments: number[] = [];
    const sleep = (milliseconds: number) =>
      new Promise<void>((resolve) => clock.schedule(milliseconds, resolve));
    const work = async (): Promise<void> => {
      for (let round = 0; round < 3; round += 1) {
        await sleep(10);
        await Promise.resolve();
        moments.push(clock.now());
      }
    };
    void work();
    await clock.advance(25);
    expect(moments).toEqual([10, 20]);
    await clock.advance(5);
    expect(moments).toEqual([10, 20, 30]);
  });

  it('sees what was scheduled by promises still running when it is told to move', async () => {
    const clock = new FakeClock();
    let fired = false;
    void Promise.resolve()
      .then(() => undefined)
      .then(() => clock.schedule(10, () => (fired = true)));
    await clock.advance(10);
    expect(fired).toBe(true);
  });

  it('does not fire what was cancelled, in between too; cancelling late does nothing', async () => {
    const clock = new FakeClock();
    const fired: string[] = [];
    const cancelOther = clock.schedule(20, () => fired.push('other'));
    const cancelFirst = clock.schedule(10, () => {
      fired.push('first');
      cancelOther();
    });
    await clock.advance(20);
    cancelFirst();
    cancelFirst();
    expect(fired).toEqual(['first']);
  });

  it('refuses to go back', async () => {
    await expect(new FakeClock().advance(-1)).rejects.toThrow('from 0, got -1');
    await expect(new FakeClock().advance(Number.NaN)).rejects.toThrow('got NaN');
  });

  it('never goes back where two advances overlap', async () => {
    const clock = new FakeClock(0);
    await Promise.all([clock.advance(100), clock.advance(10)]);
    expect(clock.now()).toBe(100);
  });
});
