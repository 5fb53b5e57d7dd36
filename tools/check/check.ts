/** What one check found. `skipped` counts as neither passed nor failed and is listed with its reason. */
export interface CheckOutcome {
  readonly status: 'passed' | 'failed' | 'skipped';
  /** Why it failed, the end of a command's output, or the reason of a skip. Printed unless passed. */
  readonly details?: string;
  /** A short figure for the table, such as "7 files". */
  readonly note?: string;
  /** For a check that is many tests: they are counted instead of the check itself. */
  readonly totals?: { readonly passed: number; readonly failed: number; readonly skipped: number };
}

export interface Check {
  readonly name: string;
  /** What it makes sure of, in a few words. */
  readonly title: string;
  run(): Promise<CheckOutcome>;
}

export const passed = (note?: string): CheckOutcome => ({
  status: 'passed',
  ...(note === undefined ? {} : { note }),
});

export const failed = (details: string): CheckOutcome => ({ status: 'failed', details });

/** Passed when there is nothing to say; else failed, one problem a line. */
export function fromProblems(problems: readonly string[], note?: string): CheckOutcome {
  return problems.length === 0 ? passed(note) : failed(problems.join('\n'));
}
