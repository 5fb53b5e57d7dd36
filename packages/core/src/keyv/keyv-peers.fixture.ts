import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Keyv 5, its adapters for SQLite and Redis and its official suite: 80 MB, of which sqlite3 compiles itself for minutes. They
 * are no dependency of the workspace but installed when a test asks for them, into the system's folder for temporary files,
 * where the next run finds them.
 */
const PEERS = join(import.meta.dirname, '..', '..', '..', '..', 'tools', 'services', 'keyv-peers');
const INSTALLED_FILES = ['package.json', 'package-lock.json', '.npmrc'];
const INSTALL_MILLISECONDS = 720_000;
const SUITE_MILLISECONDS = 240_000;

/** The peers, ready to run suites, or why they cannot be had. */
export interface KeyvPeers {
  readonly folder: string;
  readonly problem: string | undefined;
}

/** What became of the cases of a suite. */
export interface SuiteReport {
  readonly passed: number;
  /** Name and message of each case that failed, or why none ran. */
  readonly failures: readonly string[];
}

/** Installs the peers unless that was done before. Takes at most twelve minutes, and never throws. */
export async function keyvPeers(): Promise<KeyvPeers> {
  const folder = join(tmpdir(), `keyv-peers-${fingerprint()}`);
  try {
    if (existsSync(folder))
      return { folder, problem: isOurs(folder) ? undefined : 'its folder is somebody else\u2019s' };
    if (process.env['CACHE_TEST_INSTALL'] === 'never')
      return { folder, problem: 'not installed, and CACHE_TEST_INSTALL=never' };
    await install(folder);
    return { folder, problem: undefined };
  } catch (error) {
    return { folder, problem: `cannot be installed: ${(error as Error).message}` };
  }
}

/** Runs one `*.suite.mjs` of the peers in a process of its own, on a copy of its own. */
export async function runPeerSuite(
  { folder }: KeyvPeers,
  suite: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<SuiteReport> {
  const run = join(folder, `run-${randomUUID()}`);
  const report = join(run, 'report.json');
  mkdirSync(run);
  try {
    for (const file of readdirSync(PEERS).filter((name) => name.endsWith('.mjs')))
      cpSync(join(PEERS, file), join(run, file));
    const vitest = join(folder, 'node_modules', 'vitest', 'vitest.mjs');
    const outcome = await finished(
      process.execPath,
      [vitest, 'run', suite, '--reporter=json', `--outputFile=${report}`],
      {
        folder: run,
        milliseconds: SUITE_MILLISECONDS,
        environment: {
          CACHE_CORE_SOURCE: pathToFileURL(`${join(import.meta.dirname, '..')}/`).href,
          KEYV_6: pathToFileURL(createRequire(import.meta.url).resolve('keyv')).href,
          ...environment,
        },
      },
    );
    return existsSync(report) ? readReport(report) : { passed: 0, failures: [outcome.output] };
  } finally {
    rmSync(run, { recursive: true, force: true });
  }
}

async function install(folder: string): Promise<void> {
  const staging = `${folder}-${randomUUID()}`;
  mkdirSync(staging, { mode: 0o700 });
  try {
    for (const file of INSTALLED_FILES) cpSync(join(PEERS, file), join(staging, file));
    const outcome = await finished('npm', ['ci'], {
      folder: staging,
      milliseconds: INSTALL_MILLISECONDS,
      environment: { JOBS: 'max' },
    });
    if (outcome.problem !== undefined) throw new Error(`npm ci ${outcome.problem}`);
    // At once as a whole: whoever sees the folder sees all of it. Another run may have been faster.
    if (!existsSync(folder)) renameSync(staging, folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

interface ProcessOptions {
  readonly folder: string;
  readonly milliseconds: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a program to its end, or ends it and all it has started when its time is up. */
async function finished(
  program: string,
  parameters: readonly string[],
  { folder, milliseconds, environment = {} }: ProcessOptions,
): Promise<{ readonly problem: string | undefined; readonly output: string }> {
  const child = spawn(program, parameters, {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...foreignEnvironment(), ...environment },
  });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output = `${output}${chunk.toString()}`.slice(-10_000);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const endAll = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  const timer = setTimeout(endAll, milliseconds);
  process.once('exit', endAll);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const npmCode = /npm error code (\w+)/.exec(output)?.[1];
    if (code === 0) return { problem: undefined, output };
    return {
      problem: npmCode ?? (code === null ? `took over ${milliseconds / 1000} s` : `ended with ${code}`),
      output,
    };
  } finally {
    clearTimeout(timer);
    process.removeListener('exit', endAll);
  }
}

/** Without what npm and jest tell their children about this workspace. */
function foreignEnvironment(): NodeJS.ProcessEnv {
  const isOfThisRun = (name: string): boolean =>
    /^(npm_|NODE_OPTIONS$|NODE_ENV$|JEST_|INIT_CWD$)/i.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOfThisRun(name)));
}

/** Of what is installed, and of the machine it is compiled for. */
function fingerprint(): string {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${process.getuid?.() ?? ''}`);
  for (const file of INSTALLED_FILES) hash.update(readFileSync(join(PEERS, file)));
  return hash.digest('hex').slice(0, 16);
}

function isOurs(folder: string): boolean {
  return process.getuid === undefined || statSync(folder).uid === process.getuid();
}

function readReport(file: string): SuiteReport {
  const { numPassedTests, testResults } = JSON.parse(readFileSync(file, 'utf8')) as {
    numPassedTests: number;
    testResults: {
      message: string;
      assertionResults: { status: string; fullName: string; failureMessages: string[] }[];
    }[];
  };
  const failures = testResults.flatMap(({ message, assertionResults }) => [
    ...(message === '' ? [] : [message]),
    ...assertionResults
      .filter(({ status }) => status !== 'passed')
      .map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages[0] ?? 'not run'}`),
  ]);
  return { passed: numPassedTests, failures };
}
