import { endCommandsOnSignals } from '../run-command.ts';
import { boundariesCheck } from './boundaries.ts';
import { failed, type Check, type CheckOutcome } from './check.ts';
import { changesetsCheck, formatCheck, syncCheck, testsCheck, typesCheck } from './commands.ts';
import { exportsCheck } from './exports.ts';
import { lintCheck } from './lint.ts';
import { attwCheck, publintCheck } from './package-lint.ts';
import { details, row, summary, type FinishedCheck } from './report.ts';
import { sizesCheck } from './sizes.ts';
import { smokeCheck } from './smoke.ts';
import { structureCheck } from './structure.ts';

/**
 * `npm run check`: everything CI checks. `npm run check -- lint types` runs the named ones only. One failing does not stop
 * the rest. The last line is `N passed, N failed, N skipped`.
 */

// In this order: `types` builds the dist folders that the package checks look at.
const checks: readonly Check[] = [
  testsCheck,
  typesCheck,
  lintCheck,
  boundariesCheck,
  syncCheck,
  formatCheck,
  changesetsCheck,
  structureCheck,
  exportsCheck,
  publintCheck,
  attwCheck,
  sizesCheck,
  smokeCheck,
];

function selectChecks(names: readonly string[]): readonly Check[] {
  const unknown = names.filter((name) => !checks.some((check) => check.name === name));
  if (unknown.length > 0) {
    console.error(
      `No check named ${unknown.join(', ')}. There are: ${checks.map((check) => check.name).join(', ')}`,
    );
    process.exit(2);
  }
  return names.length === 0 ? checks : checks.filter((check) => names.includes(check.name));
}

async function finish(check: Check): Promise<FinishedCheck> {
  const startedAt = performance.now();
  const outcome = await runSafely(check);
  return { check, outcome, seconds: (performance.now() - startedAt) / 1000 };
}

async function runSafely(check: Check): Promise<CheckOutcome> {
  try {
    return await check.run();
  } catch (error) {
    return failed(
      `the check itself broke: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }
}

endCommandsOnSignals();
const finished: FinishedCheck[] = [];
for (const check of selectChecks(process.argv.slice(2))) {
  const result = await finish(check);
  finished.push(result);
  console.log(row(result));
  const explanation = details(result);
  if (explanation !== '') console.log(explanation);
}
console.log(summary(finished));
process.exitCode = finished.some(({ outcome }) => outcome.status === 'failed') ? 1 : 0;
