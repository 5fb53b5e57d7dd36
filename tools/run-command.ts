import { spawn, type ChildProcess } from 'node:child_process';

export interface CommandOptions {
  /** Working directory; default: that of this process. */
  readonly directory?: string;
  /** Added to, and winning over, the environment of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** After this many seconds the command and everything it started is killed. Default: 600. */
  readonly timeoutSeconds?: number;
  /** Also writes the output through as it comes. Default: false. */
  readonly echo?: boolean;
}

export interface CommandResult {
  /** The exit code; 128 + signal number is not imitated: a killed command has 1. */
  readonly exitCode: number;
  /** Standard output and standard error in the order they came. */
  readonly output: string;
}

const running = new Set<ChildProcess>();

/** Runs a command to its end without standard input. Never rejects: a command that cannot be started has exit code 127. */
export function runCommand(
  command: string,
  commandArguments: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const timeoutSeconds = options.timeoutSeconds ?? 600;
  return new Promise((resolve) => {
    const child = spawn(command, commandArguments, {
      cwd: options.directory,
      env: { ...process.env, ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that a time-out ends the grandchildren too.
      detached: true,
    });
    running.add(child);
    let output = '';
    const collect = (chunk: string): void => {
      output += chunk;
      if (options.echo === true) process.stdout.write(chunk);
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    const timer = setTimeout(() => {
      collect(`\nKilled: still running after ${timeoutSeconds} seconds.\n`);
      killGroup(child);
    }, timeoutSeconds * 1000);
    const finish = (exitCode: number): void => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ exitCode, output });
    };
    child.on('error', (error) => {
      collect(`${command}: ${error.message}\n`);
      finish(127);
    });
    child.on('close', (code) => {
      finish(code ?? 1);
    });
  });
}

/** Ctrl-C reaches only this process, because commands run in groups of their own: hand it on, then leave. */
export function endCommandsOnSignals(): void {
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => {
      for (const child of running) killGroup(child);
      process.exit(exitCode);
    });
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}
