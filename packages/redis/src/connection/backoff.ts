const FIRST_MILLISECONDS = 50;
const LAST_MILLISECONDS = 2_000;

/**
 * How long to wait before the attempt after `attempts` that failed: doubled each time up to two seconds, for ever, so that a
 * server that is back is found within two. The last fifth is chance: a fleet does not come back in step.
 */
export function backoffMilliseconds(attempts: number): number {
  const full = Math.min(FIRST_MILLISECONDS * 2 ** Math.min(attempts - 1, 10), LAST_MILLISECONDS);
  return Math.round(full * (0.8 + 0.2 * Math.random()));
}
