import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SharedState } from '../../../contract/shared-state.ts';

/** How long a message may be on its way. */
const DELIVERY_MILLISECONDS = 2_000;

/** How long a broken subscription may take to come back, and to say so. */
export const RECOVERY_MILLISECONDS = 15_000;

/** What stands in {@link Listener.heard} where messages may be missing. */
export const GAP: unique symbol = Symbol('gap');

/** A subscriber that remembers what it was told, in order. */
export interface Listener {
  readonly heard: readonly (string | typeof GAP)[];
  readonly end: () => Promise<void>;
}

/** Subscribes to `state`. Messages that do not start with `prefix` are other people's. */
export async function listen(state: SharedState, prefix: string): Promise<Listener> {
  const heard: (string | typeof GAP)[] = [];
  const end = await state.subscribe(
    (message) => {
      if (message.startsWith(prefix)) heard.push(message.slice(prefix.length));
    },
    () => void heard.push(GAP),
  );
  return { heard, end };
}

/** Waits until `isSo`; fails after a while. */
export async function eventually(
  what: string,
  withinMilliseconds: number,
  isSo: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + withinMilliseconds;
  while (!(await isSo())) {
    assert.ok(performance.now() < deadline, `${what}: not within ${withinMilliseconds} ms`);
    await sleep(2);
  }
}

/** Waits until `listener` has heard `message`. */
export async function assertHears(listener: Listener, message: string): Promise<void> {
  const what = `hearing ${JSON.stringify(message.slice(0, 80))}`;
  await eventually(what, DELIVERY_MILLISECONDS, () => listener.heard.includes(message));
}
