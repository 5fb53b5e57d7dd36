/**
 * Time, as the cache sees it. Every age, deadline and timer goes through a clock, so that a test jumps an hour
 * instead of sleeping (`FakeClock` in `@cache/core/testing`).
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /**
   * Calls `callback` once, `delayMilliseconds` from now. The timer never keeps a process alive by itself.
   * @returns a function that cancels the timer; calling it late or twice does nothing.
   */
  schedule(delayMilliseconds: number, callback: () => void): () => void;
}

/** Node calls back at once what is to wait for longer (nodejs.org/api/timers.html, `setTimeout`): 24.8 days. */
const LONGEST_TIMER_MILLISECONDS = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(delayMilliseconds, callback) {
    let timer: NodeJS.Timeout;
    const wait = (milliseconds: number): void => {
      const rest = milliseconds - LONGEST_TIMER_MILLISECONDS;
      timer =
        rest > 0 ? setTimeout(wait, LONGEST_TIMER_MILLISECONDS, rest) : setTimeout(callback, milliseconds);
      timer.unref();
    };
    wait(delayMilliseconds);
    return () => clearTimeout(timer);
  },
};
