/** The part of a jest assertion result that the totals are made of. */
export interface TestOutcome {
  readonly fullName: string;
  readonly status: string;
}

/** The part of a jest result for one test file that the totals are made of. */
export interface TestFileOutcome {
  readonly testFilePath: string;
  readonly testResults: readonly TestOutcome[];
  /** Set when the file itself could not run (syntax error, failed import): it has no tests then. */
  readonly testExecError?: unknown;
}

export interface SkippedTest {
  readonly name: string;
  readonly file: string;
  readonly reason: string | undefined;
}

export interface TestTotals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What else makes the run fail: skips without a reason, more skips than the ceiling allows. One line each. */
  readonly complaints: readonly string[];
  readonly skips: readonly SkippedTest[];
}

export interface TotalsOptions {
  /** Most tests that may be skipped in one run. */
  readonly skipCeiling: number;
  /** True when the run was narrowed with `-t`: jest reports every other test as skipped, which nobody asked about. */
  readonly isNarrowed: boolean;
}

/** Where a skipped test, or a describe around it, says why: `describe.skip('Qdrant [skipped: QDRANT_URL is not set]', ...)`. */
const skipReasonPattern = /\[skipped: ([^\]]+)\]/;

/** Counts a whole run. A file that could not run counts as one failed test, so that it cannot vanish from the totals. */
export function countTests(files: readonly TestFileOutcome[], options: TotalsOptions): TestTotals {
  let passed = 0;
  let failed = 0;
  const skips: SkippedTest[] = [];
  for (const file of files) {
    if (couldNotRun(file)) failed += 1;
    for (const test of file.testResults) {
      if (test.status === 'passed') passed += 1;
      else if (test.status === 'failed') failed += 1;
      else skips.push({ name: test.fullName, file: file.testFilePath, reason: skipReason(test.fullName) });
    }
  }
  if (options.isNarrowed) return { passed, failed, skipped: 0, complaints: [], skips: [] };
  return { passed, failed, skipped: skips.length, complaints: complaints(skips, options.skipCeiling), skips };
}

/** The last line of every test and check run. Read by machines: its form never changes. */
export function totalsLine(totals: { passed: number; failed: number; skipped: number }): string {
  return `${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`;
}

function couldNotRun(file: TestFileOutcome): boolean {
  return file.testExecError !== undefined && file.testExecError !== null;
}

function skipReason(fullName: string): string | undefined {
  return skipReasonPattern.exec(fullName)?.[1];
}

function complaints(skips: readonly SkippedTest[], skipCeiling: number): string[] {
  const found = skips
    .filter((skip) => skip.reason === undefined)
    .map(
      (skip) =>
        `skipped without a reason: "${skip.name}"; write "[skipped: why]" into its name or its describe`,
    );
  if (skips.length > skipCeiling) {
    found.push(
      `${skips.length} tests skipped, tools/test/skip-ceiling.json allows ${skipCeiling}: run them, or raise the ceiling in a commit that says why`,
    );
  }
  return found;
}
