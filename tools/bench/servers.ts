import { spawn, spawnSync, type ChildProcess, type StdioOptions } from 'node:child_process';
import { openSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

/** A server in a process of its own. */
export interface BenchServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Whether processes can be given a core each; without it generator and servers share, and the figures wobble more. */
export const canPin: boolean = spawnSync('taskset', ['--version']).status === 0;

/** Starts one of this folder's servers, which print their port. */
export async function startScript(
  script: string,
  args: readonly string[],
  core: number,
): Promise<BenchServer> {
  const child = startPinned([process.execPath, script, ...args], core);
  const port = Number(await firstLine(child));
  return { port, stop: () => stop(child) };
}

/** Starts the proxy as its operators do, its log in a file, and waits until it answers. */
export async function startProxy(
  main: string,
  { config, log, core }: { readonly config: string; readonly log: string; readonly core: number },
): Promise<BenchServer> {
  const port = await freePort();
  const command = [process.execPath, main, '--config', config, '--port', String(port)];
  const child = startPinned(command, core, ['ignore', openSync(log, 'w'), 'ignore']);
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await isAlive(port)) return { port, stop: () => stop(child) };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await stop(child);
  throw new Error('the proxy did not start within 10 s');
}

function startPinned(
  command: readonly string[],
  core: number,
  stdio: StdioOptions = ['ignore', 'pipe', 'inherit'],
): ChildProcess {
  const [program = '', ...args] = canPin ? ['taskset', '-c', String(core), ...command] : command;
  return spawn(program, args, { stdio });
}

/** Keeps this process, the load generator, on one core. */
export function pinSelf(core: number): void {
  if (canPin) spawnSync('taskset', ['-cp', String(core), String(process.pid)]);
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the server has no standard output');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('the server ended before it printed its port');
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

async function isAlive(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/health/liveliness`).then(
    (response) => response.ok,
    () => false,
  );
}
