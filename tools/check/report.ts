import { totalsLine } from '../test/totals.ts';
import type { Check, CheckOutcome } from './check.ts';

export interface FinishedCheck {
  readonly check: Check;
  readonly outcome: CheckOutcome;
  readonly seconds: number;
}

const marks = { passed: '✓', failed: '✗', skipped: '-' } as const;

/** One row of the table, written as soon as the check is done. */
export function row(finished: FinishedCheck): string {
  const { check, outcome, seconds } = finished;
  const note = outcome.note === undefined ? '' : `  (${outcome.note})`;
  return `${marks[outcome.status]} ${check.name.padEnd(12)} ${seconds.toFixed(1).padStart(6)} s  ${check.title}${note}`;
}

/** What failed or was skipped and why, indented under its row. */
export function details(finished: FinishedCheck): string {
  const { outcome } = finished;
  if (outcome.status === 'passed' || outcome.details === undefined) return '';
  return outcome.details.replace(/^/gm, '    │ ');
}

/** The last lines of a run: the table again, what failed, and the totals. */
export function summary(all: readonly FinishedCheck[]): string {
  const failedNames = all.filter(({ outcome }) => outcome.status === 'failed').map(({ check }) => check.name);
  const verdict =
    failedNames.length === 0
      ? 'All checks passed.'
      : `Failed: ${failedNames.join(', ')}. One alone again: npm run check -- ${failedNames[0] ?? ''}`;
  return ['', ...all.map(row), '', verdict, '', totalsLine(addUp(all))].join('\n');
}

/** Every check counts as one; a check made of tests counts as its tests. */
export function addUp(all: readonly FinishedCheck[]): { passed: number; failed: number; skipped: number } {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { outcome } of all) {
    if (outcome.totals === undefined) {
      sum[outcome.status] += 1;
    } else {
      sum.passed += outcome.totals.passed;
      sum.failed += outcome.totals.failed;
      sum.skipped += outcome.totals.skipped;
    }
  }
  return sum;
}
