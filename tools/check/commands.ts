import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand, type CommandOptions } from '../run-command.ts';
import { failed, passed, type Check, type CheckOutcome } from './check.ts';
import { workspaceRoot } from './workspace.ts';

/** The checks that are one command each: it exits with 0 or has something to say. */

const detailLines = 60;

export const typesCheck: Check = {
  name: 'types',
  title: 'tsc --build: every package, app, tool and test',
  run: () => succeeds('tsc', ['--build', '--pretty', 'false']),
};

export const formatCheck: Check = {
  name: 'format',
  title: 'prettier --check',
  run: () => succeeds('prettier', ['--check', '--log-level', 'warn', '.']),
};

export const syncCheck: Check = {
  name: 'sync',
  title: 'nx sync:check: project references follow the imports',
  run: () => succeeds('nx', ['sync:check']),
};

/** `npm test` as the README has it, its tests counted one by one. */
export const testsCheck: Check = {
  name: 'tests',
  title: 'npm test',
  run: async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'check-tests-'));
    try {
      const totalsFile = join(scratch, 'totals.json');
      const result = await run('npm', ['test', '--silent'], {
        echo: true,
        // Real servers start, fail over and expire things in real time.
        timeoutSeconds: 30 * 60,
        environment: { TEST_TOTALS_FILE: totalsFile },
      });
      return testsOutcome(result.exitCode, totalsFile);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  },
};

/** Changesets must be readable and, on a branch, present for the packages it changes. */
export const changesetsCheck: Check = {
  name: 'changesets',
  title: 'changeset status against main',
  run: async () => {
    const base = await firstKnownRevision(['main', 'origin/main', 'HEAD']);
    return succeeds('changeset', ['status', `--since=${base}`]);
  },
};

/** Runs a command in the workspace root with what CI sets. */
export function run(
  command: string,
  commandArguments: readonly string[],
  options: CommandOptions = {},
): Promise<{ exitCode: number; output: string }> {
  return runCommand(command, commandArguments, {
    directory: workspaceRoot,
    timeoutSeconds: 4 * 60,
    ...options,
    environment: { CI: 'true', NX_DAEMON: 'false', NO_COLOR: '1', ...options.environment },
  });
}

async function succeeds(command: string, commandArguments: readonly string[]): Promise<CheckOutcome> {
  const result = await run(command, commandArguments);
  return result.exitCode === 0 ? passed() : failed(lastLines(result.output));
}

/** The end of an output, where the reason usually is. */
export function lastLines(output: string, count: number = detailLines): string {
  const lines = output.trimEnd().split('\n');
  const left = lines.length - count;
  return left > 0 ? [`... ${left} lines before`, ...lines.slice(-count)].join('\n') : lines.join('\n');
}

function testsOutcome(exitCode: number, totalsFile: string): CheckOutcome {
  if (!existsSync(totalsFile)) return failed('npm test ended without totals; its output is above');
  const totals = JSON.parse(readFileSync(totalsFile, 'utf8')) as {
    passed: number;
    failed: number;
    skipped: number;
  };
  if (exitCode === 0) return { status: 'passed', totals, note: `${totals.passed} tests` };
  // A run can fail without a failed test, by too many skips for one: that is one failure.
  return {
    status: 'failed',
    totals: { ...totals, failed: Math.max(totals.failed, 1) },
    details: 'see the output of npm test above',
  };
}

async function firstKnownRevision(revisions: readonly string[]): Promise<string> {
  for (const revision of revisions) {
    const result = await run('git', ['rev-parse', '--verify', '--quiet', `${revision}^{commit}`]);
    if (result.exitCode === 0) return revision;
  }
  return 'HEAD';
}
