import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SharedState } from '../contract/shared-state.ts';
import type { RegisterTest } from './conformance.ts';
import { sharedStateCases } from './conformance/shared-state/shared-state-cases.ts';
import type { SharedStateSubject } from './conformance/shared-state/subject.ts';

/** A shared state to be tested, and what the suite may do around it. */
export interface SharedStateFixture {
  readonly state: SharedState;
  /** The same state as another process has it: another client of the same server. Default: `state` itself. */
  readonly other?: SharedState;
  /**
   * Loses the connection of the subscriptions of `state`, for a moment or longer, and lets it come back. The case about it
   * waits up to 15 seconds for that; without `interrupt` it has nothing to say.
   */
  readonly interrupt?: () => Promise<void>;
  /** Ends `state`, as `close()` of its backend does. Idempotent. The suite calls it after each case. */
  readonly close?: () => Promise<void>;
  /** Takes away what `create` set up beside the state. */
  readonly dispose?: () => Promise<void>;
  /** Moves the time by which the state expires things. Default: waits of a few seconds take place in real time. */
  readonly advance?: (milliseconds: number) => Promise<void>;
  /** The time as the state sees it, in epoch milliseconds. Default: the machine's. */
  readonly now?: () => number;
}

/** Options of {@link sharedStateSuite}. */
export interface SharedStateSuiteOptions {
  readonly test: RegisterTest;
  /** Makes a state for one test. Called for each of them. */
  readonly create: () => Promise<SharedStateFixture>;
}

/** Waits up to this long take place in real time where there is no clock to move. */
const REAL_WAIT_MILLISECONDS = 3_000;

/**
 * Registers the cases that every {@link SharedState} must pass, with any test framework. Each case uses names of its own,
 * so that tests may share a server.
 *
 * @example
 * sharedStateSuite({ test, create: async () => ({ state: memorySharedState() }) });
 */
export function sharedStateSuite({ test, create }: SharedStateSuiteOptions): void {
  for (const { name, run } of sharedStateCases) {
    test(name, async () => {
      const fixture = await create();
      try {
        await run(sharedStateSubject(fixture));
      } finally {
        await fixture.close?.();
        await fixture.dispose?.();
      }
    });
  }
}

/** What the cases see of a fixture. */
export function sharedStateSubject(fixture: SharedStateFixture): SharedStateSubject {
  return {
    state: fixture.state,
    other: fixture.other ?? fixture.state,
    prefix: `${randomUUID()}:`,
    interrupt: fixture.interrupt,
    close: fixture.close,
    now: () => fixture.now?.() ?? Date.now(),
    async elapse(milliseconds) {
      if (fixture.advance !== undefined) await fixture.advance(milliseconds);
      else if (milliseconds > REAL_WAIT_MILLISECONDS) return false;
      else await sleep(milliseconds);
      return true;
    },
  };
}
