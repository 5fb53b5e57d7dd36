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

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(delayMilliseconds, callback) {
    const timer = setTimeout(callback, delayMilliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
