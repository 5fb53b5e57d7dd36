import { describe, expect, it } from '@jest/globals';
import { countTests, totalsLine, type TestFileOutcome } from './totals.ts';

function file(...tests: [fullName: string, status: string][]): TestFileOutcome {
  return {
    testFilePath: 'x.test.ts',
    testResults: tests.map(([fullName, status]) => ({ fullName, status })),
  };
}

const strict = { skipCeiling: 0, isNarrowed: false };

describe('the totals of a test run', () => {
  it('adds passed, failed and skipped tests over all files', () => {
    const totals = countTests(
      [file(['a', 'passed'], ['b', 'failed']), file(['c', 'passed'], ['d', 'pending'])],
      strict,
    );
    expect(totalsLine(totals)).toBe('2 passed, 1 failed, 1 skipped');
  });

  it('counts a file that could not run as one failed test', () => {
    const broken = { testFilePath: 'x.test.ts', testResults: [], testExecError: new Error('no such module') };
    expect(countTests([broken], strict).failed).toBe(1);
  });

  it('counts todo as skipped', () => {
    expect(countTests([file(['later', 'todo'])], strict).skipped).toBe(1);
  });

  it('reads the reason of a skip from its name', () => {
    const totals = countTests([file(['Qdrant [skipped: QDRANT_URL is not set] stores', 'pending'])], strict);
    expect(totals.skips[0]?.reason).toBe('QDRANT_URL is not set');
  });

  it('complains about a skip without a reason, even under the ceiling', () => {
    const totals = countTests([file(['quiet', 'pending'])], { skipCeiling: 5, isNarrowed: false });
    expect(totals.complaints).toEqual([expect.stringContaining('"quiet"')]);
  });

  it('complains about more skips than the ceiling allows, and not about as many', () => {
    const tests = file(['a [skipped: r]', 'pending'], ['b [skipped: r]', 'pending']);
    expect(countTests([tests], { skipCeiling: 1, isNarrowed: false }).complaints).toHaveLength(1);
    expect(countTests([tests], { skipCeiling: 2, isNarrowed: false }).complaints).toEqual([]);
  });

  it('leaves out what a run narrowed by name did not mean to run', () => {
    const totals = countTests([file(['a', 'passed'], ['b', 'pending'])], {
      skipCeiling: 0,
      isNarrowed: true,
    });
    expect(totals).toMatchObject({ passed: 1, skipped: 0, complaints: [] });
  });
});
