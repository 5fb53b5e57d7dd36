import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Waits for the end of its standard input. That end comes when the process that started it ends, even by SIGKILL, which no
 * handler in that process could catch. A line names the process groups that run now.
 */
const watchdogScript = `
groups=
while IFS= read -r line; do
  [ "$line" = dismissed ] && exit 0
  groups=$line
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
for attempt in 1 2 3 4 5 6 7 8 9 10; do rm -rf -- "$1" 2>/dev/null && break; sleep 0.2; done
`;

/** A folder of its own, removed when this process ends, however it ends. */
export interface GuardedFolder {
  readonly path: string;
  /** Process groups to be killed then. Replaces those said before. */
  watch(groups: readonly number[]): void;
  /** Removes the folder now. What ran in it must have ended. Idempotent. */
  remove(): void;
}

/** `parent`: default is the system's temporary folder. */
export function makeGuardedFolder(prefix: string, parent: string = tmpdir()): GuardedFolder {
  const path = mkdtempSync(join(parent, `${prefix}-`));
  // A session of its own: a Ctrl-C or a signal to the group of the tests must not reach it.
  const watchdog = spawn('sh', ['-c', watchdogScript, 'watchdog', path], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  watchdog.unref();
  watchdog.on('error', () => undefined);
  watchdog.stdin.on('error', () => undefined);
  // It must not keep this process alive, which is what it waits the end of.
  (watchdog.stdin as typeof watchdog.stdin & { unref?(): void }).unref?.();
  let isRemoved = false;
  return {
    path,
    watch: (groups) => {
      watchdog.stdin.write(`${groups.join(' ')}\n`);
    },
    remove: () => {
      if (isRemoved) return;
      isRemoved = true;
      watchdog.stdin.end('dismissed\n');
      rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    },
  };
}
