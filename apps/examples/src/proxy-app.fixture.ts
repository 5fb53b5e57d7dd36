import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '..', '..', 'proxy', 'src', 'main.ts');

/** The proxy application as a process of its own. Disposing of it ends it, and waits until it has ended. */
export interface RunningProxy extends AsyncDisposable {
  readonly url: string;
}

/** A run of the application that ended by itself. */
export interface EndedRun {
  readonly exitCode: number | null;
  /** Everything for people. */
  readonly said: string;
}

export interface RunOptions {
  readonly config: string;
  readonly workingDirectory: string;
}

/** On a free port of 127.0.0.1. Rejects with what it said if it ends instead. */
export async function startProxy(options: RunOptions): Promise<RunningProxy> {
  const { child, ended } = run(['--port', '0'], options);
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (text) => {
      said += String(text);
      // Once it has tried its backend, and taken away what it tried it with.
      const [, address] = /listens on (\S+)\n[^]*cache backend \S+ answers/.exec(said) ?? [];
      if (address !== undefined) resolve(address);
    });
    void ended.then((end) => {
      reject(new Error(`ended with ${end.exitCode}: ${end.said}`));
    });
  });
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** What `--check` says of a configuration. */
export function checkConfig(options: RunOptions): Promise<EndedRun> {
  return run(['--check'], options).ended;
}

function run(
  commandLine: readonly string[],
  { config, workingDirectory }: RunOptions,
): { child: ReturnType<typeof spawnProxy>; ended: Promise<EndedRun> } {
  const child = spawnProxy([...commandLine, '--config', config], workingDirectory);
  let said = '';
  child.stderr.on('data', (text) => (said += String(text)));
  child.stdout.resume();
  const ended = once(child, 'close').then(([exitCode]) => ({ exitCode: exitCode as number | null, said }));
  return { child, ended };
}

function spawnProxy(commandLine: readonly string[], workingDirectory: string) {
  return spawn(process.execPath, ['--conditions=@cache/source', MAIN, ...commandLine], {
    cwd: workingDirectory,
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
