import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ensureServices } from '@cache/services';
import { totalsLine, type TestTotals } from './totals.ts';

/**
 * `npm test`: jest over all projects. Arguments go to jest: `npm test -- packages/core/src/key`, `npm test -- -t namespace`.
 * Before it, the servers the tests start are installed where they are missing (README says how to forbid it).
 * The last line is `N passed, N failed, N skipped`.
 */

const workspaceRoot = join(import.meta.dirname, '..', '..');

const nodeOptions = [
  process.env['NODE_OPTIONS'] ?? '',
  '--experimental-vm-modules',
  // jest as ES modules is what that flag is for; its warning once per worker tells nobody anything.
  '--disable-warning=ExperimentalWarning',
];

async function runJest(totalsFile: string): Promise<number> {
  const jest = spawn(
    process.execPath,
    [
      join(workspaceRoot, 'node_modules', 'jest', 'bin', 'jest.js'),
      ...process.argv.slice(2),
      '--reporters=default',
      `--reporters=${join(import.meta.dirname, 'totals-reporter.ts')}`,
    ],
    {
      cwd: workspaceRoot,
      // jest reports on standard error: joined, so that the totals stay the last line whoever collects the two.
      stdio: ['ignore', 'inherit', process.stdout],
      env: { ...process.env, NODE_OPTIONS: nodeOptions.join(' ').trim(), TEST_TOTALS_FILE: totalsFile },
    },
  );
  return new Promise((resolve, reject) => {
    jest.on('error', reject);
    jest.on('close', (code) => {
      resolve(code ?? 1);
    });
  });
}

function readTotals(totalsFile: string): TestTotals {
  if (existsSync(totalsFile)) return JSON.parse(readFileSync(totalsFile, 'utf8')) as TestTotals;
  return {
    passed: 0,
    failed: 1,
    skipped: 0,
    complaints: ['jest ended without reporting results'],
    skips: [],
  };
}

function printSkips(totals: TestTotals): void {
  for (const skip of totals.skips) {
    console.log(`skipped  ${relative(workspaceRoot, skip.file)}  ${skip.name}`);
    console.log(`         reason: ${skip.reason ?? 'none given'}`);
  }
  for (const complaint of totals.complaints) console.log(`✗ ${complaint}`);
}

const scratch = mkdtempSync(join(tmpdir(), 'test-totals-'));
try {
  const totalsFile = join(scratch, 'totals.json');
  await ensureServices((text) => process.stdout.write(text));
  const exitCode = await runJest(totalsFile);
  const totals = readTotals(totalsFile);
  // For tools/check, which adds its own checks to the same count.
  const copy = process.env['TEST_TOTALS_FILE'];
  if (copy !== undefined && existsSync(totalsFile)) copyFileSync(totalsFile, copy);
  printSkips(totals);
  console.log(`\n${totalsLine(totals)}`);
  process.exitCode = exitCode === 0 && totals.complaints.length === 0 ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
