import { describe, expect, it } from '@jest/globals';
import { failed, passed, type Check, type CheckOutcome } from './check.ts';
import { lintOutcome } from './lint.ts';
import { details, row, summary, type FinishedCheck } from './report.ts';

function finished(name: string, outcome: CheckOutcome): FinishedCheck {
  const check: Check = { name, title: `what ${name} makes sure of`, run: async () => outcome };
  return { check, outcome, seconds: 1.25 };
}

const tests = {
  status: 'failed',
  details: 'see above',
  totals: { passed: 10, failed: 2, skipped: 1 },
} as const;

describe('the report of a check run', () => {
  it('ends with the tests and, each as one, the checks', () => {
    const text = summary([
      finished('tests', tests),
      finished('types', passed()),
      finished('lint', failed('x')),
    ]);
    expect(text.split('\n').at(-1)).toBe('11 passed, 3 failed, 1 skipped');
  });

  it('names what failed', () => {
    const text = summary([
      finished('types', passed()),
      finished('lint', failed('x')),
      finished('smoke', failed('y')),
    ]);
    expect(text).toContain('Failed: lint, smoke.');
  });

  it('says that all passed only then', () => {
    expect(summary([finished('types', passed())])).toContain('All checks passed.');
    expect(summary([finished('types', failed('x'))])).not.toContain('All checks passed.');
  });

  it('shows a row per check and indents why one failed', () => {
    expect(row(finished('types', passed('3 packages')))).toBe(
      '✓ types           1.3 s  what types makes sure of  (3 packages)',
    );
    expect(details(finished('types', failed('one\ntwo')))).toBe('    │ one\n    │ two');
    expect(details(finished('types', passed()))).toBe('');
  });
});

describe('lint', () => {
  const withoutGraph = 'warning No cached ProjectGraph is available. The rule will be skipped.';

  it('fails when the boundaries rule skipped itself, although eslint was content', () => {
    expect(lintOutcome({ exitCode: 0, output: withoutGraph }).status).toBe('failed');
  });

  it('otherwise goes by the exit code', () => {
    expect(lintOutcome({ exitCode: 0, output: '' }).status).toBe('passed');
    expect(lintOutcome({ exitCode: 1, output: '' }).status).toBe('failed');
  });
});
