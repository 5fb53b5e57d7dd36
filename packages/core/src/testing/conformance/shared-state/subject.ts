import type { SharedState } from '../../../contract/shared-state.ts';
import type { SuiteCase } from '../suite-case.ts';

/** A shared state under test with what a case needs around it. */
export interface SharedStateSubject {
  readonly state: SharedState;
  /** The same state as another process sees it; `state` itself where only one process can. */
  readonly other: SharedState;
  /** What every name and key of the case starts with. */
  readonly prefix: string;
  /** The time as the state sees it. */
  readonly now: () => number;
  /**
   * Lets time pass: by a fake clock, or really if it is no more than a few seconds.
   * @returns false if that would take too long; the case ends there.
   */
  readonly elapse: (milliseconds: number) => Promise<boolean>;
  /** Breaks the subscriptions of `state`, as a lost connection does. Undefined: they cannot break. */
  readonly interrupt: (() => Promise<void>) | undefined;
  /** Ends `state`, as `close()` of its backend does. Undefined: it has no end. */
  readonly close: (() => Promise<void>) | undefined;
}

/** One case of `sharedStateSuite`. */
export type SharedStateCase = SuiteCase<SharedStateSubject>;
