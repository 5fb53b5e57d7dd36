import type { CacheBackend } from '../../contract/backend.ts';

/** One case of a suite: what must be so, and how to see whether it is. Rejects if it is not. */
export interface SuiteCase<Subject> {
  readonly name: string;
  readonly run: (subject: Subject) => Promise<void>;
}

/** A backend under test with what a case needs around it. */
export interface BackendSubject {
  readonly backend: CacheBackend;
  /** What every key of the case starts with. */
  readonly prefix: string;
  /** Whether keys may do without {@link prefix}. */
  readonly isPrefixRequired: boolean;
  /** The time as the backend sees it. */
  readonly now: () => number;
  /**
   * Lets time pass: by the backend's fake clock, or really if it is no more than a few seconds.
   * @returns false if that would take too long; the case ends there.
   */
  readonly elapse: (milliseconds: number) => Promise<boolean>;
  /** Closes the backend and opens it again over the same data. Undefined: it keeps nothing. */
  readonly reopen: (() => Promise<CacheBackend>) | undefined;
}

/** One case of `backendSuite`. */
export type BackendCase = SuiteCase<BackendSubject>;

/** Puts the group's name before the names of its cases. */
export function group<Subject>(
  name: string,
  cases: Readonly<Record<string, (subject: Subject) => Promise<void>>>,
): readonly SuiteCase<Subject>[] {
  return Object.entries(cases).map(([claim, run]) => ({ name: `${name}: ${claim}`, run }));
}
