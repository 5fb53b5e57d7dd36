import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { until } from './until.ts';

// A busy machine may take its time; every wait inside is bounded and says what it waited for.
jest.setTimeout(30_000);

interface Started {
  readonly folder: string;
  readonly pids: readonly number[];
}

/** Runs the fixture as a process of its own and reports what it started; resolves when it has ended. */
async function runToItsEnd(end: string, signal?: NodeJS.Signals): Promise<Started> {
  const program = join(import.meta.dirname, 'end-of-parent.fixture.ts');
  const parent = spawn(process.execPath, ['--conditions=@cache/source', program, end], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const ended = new Promise((resolve) => parent.once('exit', resolve));
  let said = '';
  parent.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  await until(() => said.endsWith('\n'), { what: 'the fixture has started its servers' });
  const started = JSON.parse(said) as Started;
  if (signal !== undefined) {
    expect(started.pids.every(isRunning)).toBe(true);
    expect(existsSync(started.folder)).toBe(true);
    parent.kill(signal);
  }
  await ended;
  return started;
}

/** A zombie, which only waits to be reaped by whoever is first in the system, has ended. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !isZombie(pid);
}

function isZombie(pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test.each([
  ['when it has nothing more to do', 'end', undefined],
  ['by process.exit', 'exit', undefined],
  ['by an error nobody catches', 'throw', undefined],
  ['by SIGTERM', 'wait', 'SIGTERM'],
  ['by SIGINT', 'wait', 'SIGINT'],
  ['by SIGKILL', 'wait', 'SIGKILL'],
] as const)(
  'servers, their children and their folder are gone after a process ends %s',
  async (_, end, signal) => {
    const { folder, pids } = await runToItsEnd(end, signal);
    expect(pids).toHaveLength(4);
    await until(() => !pids.some(isRunning) && !existsSync(folder), {
      what: 'all is gone',
      timeoutSeconds: 5,
    });
  },
);
