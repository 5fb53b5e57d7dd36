import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, 'main.ts');

/** The application as a process of its own, straight from its source. */
export interface App {
  readonly process: ChildProcess;
  /** Everything for people so far. */
  readonly said: () => string;
  /** Everything on standard output so far. */
  readonly output: () => string;
  /** Resolves with everything said as soon as `pattern` is in it; rejects if the process ends without. */
  readonly says: (pattern: RegExp) => Promise<string>;
  /** Resolves with the exit code once the process has ended, everything read. */
  readonly ended: Promise<number | null>;
}

export interface AppOptions {
  readonly workingDirectory?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Started with exactly the environment given: the machine's own keys and addresses play no part. */
export function runApp(commandLine: readonly string[], options: AppOptions = {}): App {
  const child = spawn(process.execPath, ['--conditions=@cache/source', MAIN, ...commandLine], {
    cwd: options.workingDirectory ?? tmpdir(),
    env: { PATH: process.env['PATH'], ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [said, output] = ['', ''];
  child.stderr.on('data', (text) => (said += String(text)));
  child.stdout.on('data', (text) => (output += String(text)));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    process: child,
    said: () => said,
    output: () => output,
    async says(pattern) {
      while (!pattern.test(said)) {
        await Promise.race([once(child.stderr, 'data'), ended]);
        const isOver = child.exitCode !== null || child.signalCode !== null;
        if (isOver && !pattern.test(said)) throw new Error(`ended after saying ${JSON.stringify(said)}`);
      }
      return said;
    },
    ended,
  };
}

/** A proxy that listens. Disposing of it ends it, however it is. */
export interface RunningApp extends App, AsyncDisposable {
  readonly url: string;
}

/** On a free port of 127.0.0.1, unless the command line says otherwise. */
export async function startApp(
  commandLine: readonly string[] = [],
  options: AppOptions = {},
): Promise<RunningApp> {
  const app = runApp(['--port', '0', ...commandLine], options);
  const said = await app.says(/listens on \S+\n[^]*curl/);
  return {
    ...app,
    url: /listens on (\S+)/.exec(said)?.[1] ?? '',
    async [Symbol.asyncDispose]() {
      app.process.kill('SIGKILL');
      await app.ended;
    },
  };
}

/** A folder with these files, gone when disposed of. */
export function folderWith(
  files: Readonly<Record<string, string | object>>,
): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'cache-proxy-'));
  for (const [name, content] of Object.entries(files)) {
    // YAML takes JSON.
    writeFileSync(join(path, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

/** What bash prints for `script`, standard error included. */
export function bash(script: string, environment: Readonly<Record<string, string>> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env['PATH'], NO_PROXY: '*', ...environment };
    execFile('bash', ['--norc', '-euo', 'pipefail', '-c', script], { env }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout + stderr);
      else reject(new Error(`${error.message}\n${stdout}${stderr}`));
    });
  });
}
