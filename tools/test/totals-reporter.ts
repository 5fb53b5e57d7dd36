import { readFileSync, writeFileSync } from 'node:fs';
import type { AggregatedResult, Config, Reporter, TestContext } from '@jest/reporters';
import { countTests } from './totals.ts';

/** Writes the totals of the run, as JSON, to the file named by `TEST_TOTALS_FILE`; tools/test/run.ts prints them last. */
export default class TotalsReporter implements Reporter {
  readonly #isNarrowed: boolean;

  constructor(globalConfig: Config.GlobalConfig) {
    this.#isNarrowed = Boolean(globalConfig.testNamePattern);
  }

  onRunComplete(_contexts: Set<TestContext>, results: AggregatedResult): void {
    const file = process.env['TEST_TOTALS_FILE'];
    if (file === undefined) return;
    const totals = countTests(results.testResults, {
      skipCeiling: skipCeiling(),
      isNarrowed: this.#isNarrowed,
    });
    writeFileSync(file, JSON.stringify(totals));
  }
}

/** A contributor's machine may lack a server, which is said in the list of skips; CI has to have them all. */
function skipCeiling(): number {
  if (process.env['CI'] !== 'true') return Infinity;
  const file = new URL('./skip-ceiling.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly skippedTests: number }).skippedTests;
}
