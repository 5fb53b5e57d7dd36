import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';

/**
 * `npm start`: builds what changed, then runs the proxy with the arguments given. Ends as the proxy ends, with its exit
 * code, so that npm has nothing to complain about after Ctrl-C. The npm script is `exec node ...`: a shell in between would
 * answer Ctrl-C by dying of it, and keep the signals that npm passes on to itself.
 */

const workspaceRoot = join(import.meta.dirname, '..');

/** npm hands a terminal's Ctrl-C on a second time; to the proxy a second signal means "now, without finishing". */
const sameSignalMilliseconds = 1000;

function buildProxy(): boolean {
  const compiler = join(workspaceRoot, 'node_modules', 'typescript', 'bin', 'tsc');
  const project = join(workspaceRoot, 'apps', 'proxy', 'tsconfig.lib.json');
  const build = spawnSync(process.execPath, [compiler, '--build', project], { stdio: 'inherit' });
  return build.status === 0;
}

function runProxy(proxyArguments: readonly string[]): void {
  const main = join(workspaceRoot, 'apps', 'proxy', 'dist', 'main.js');
  const proxy = spawn(process.execPath, [main, ...proxyArguments], {
    stdio: 'inherit',
    // A group of its own: the terminal then signals only this process, which passes each signal on once.
    detached: true,
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    let lastSentAt = -Infinity;
    process.on(signal, () => {
      const now = performance.now();
      if (now - lastSentAt < sameSignalMilliseconds) return;
      lastSentAt = now;
      proxy.kill(signal);
    });
  }
  proxy.on('error', (error) => {
    console.error(`The proxy could not be started: ${error.message}`);
    process.exitCode = 1;
  });
  proxy.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
}

if (buildProxy()) {
  runProxy(process.argv.slice(2));
} else {
  console.error('\nThe proxy was not started: the build reported the errors above.');
  process.exitCode = 1;
}
