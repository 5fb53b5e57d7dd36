/** 3,000 years. Redis refuses a lifetime that takes the clock beyond 64 bits. */
const LONGEST_MILLISECONDS = 1e14;

/**
 * How long something may live from now on, in whole milliseconds, rounded up: what Redis's PX takes. Counted by our clock and
 * given to the server as a span, so that the two clocks need not agree. 0 or less: its time is over already.
 */
export function lifetimeMilliseconds(endsAt: number, now: number): number {
  return Math.min(Math.ceil(endsAt - now), LONGEST_MILLISECONDS);
}
