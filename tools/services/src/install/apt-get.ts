import { spawn } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';

const timeoutSeconds = 600;
const outputLinesShown = 15;

export interface AptGetOptions {
  /** The program. */
  readonly aptGet: string;
  /** Where apt keeps what it knows of packages. Default: that of Debian. */
  readonly listsFolder?: string;
  /** What Debian's packages ask before they start a daemon. Default: that of Debian. */
  readonly policyFile?: string;
}

/**
 * Installs packages without questions and without starting their daemons. Fetches the lists of packages first where there are
 * none, and when the packages cannot be had with those there are. Rejects with the end of what apt-get said.
 */
export async function installPackages(packages: readonly string[], options: AptGetOptions): Promise<void> {
  const { listsFolder = '/var/lib/apt/lists', policyFile = '/usr/sbin/policy-rc.d' } = options;
  const install = ['install', '-y', '--no-install-recommends', ...packages];
  const allowDaemons = forbidDaemons(policyFile);
  try {
    if (hasLists(listsFolder)) {
      const isDone = await runAptGet(options.aptGet, install).then(
        () => true,
        () => false,
      );
      if (isDone) return;
    }
    // No lists, or old ones that name versions the mirror no longer has.
    await runAptGet(options.aptGet, ['update']);
    await runAptGet(options.aptGet, install);
  } finally {
    allowDaemons();
  }
}

function hasLists(folder: string): boolean {
  try {
    return readdirSync(folder).some((file) => file.includes('_Packages'));
  } catch {
    return false;
  }
}

/** https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt: 101 means that nothing may be started. */
function forbidDaemons(policyFile: string): () => void {
  try {
    writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' });
  } catch {
    // The machine has a policy of its own: it stays.
    return () => undefined;
  }
  const remove = (): void => {
    rmSync(policyFile, { force: true });
  };
  const leave = (signal: NodeJS.Signals): void => {
    remove();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.once('exit', remove).once('SIGINT', leave).once('SIGTERM', leave);
  return () => {
    remove();
    process.off('exit', remove).off('SIGINT', leave).off('SIGTERM', leave);
  };
}

function runAptGet(aptGet: string, commandArguments: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    // Another apt-get on the machine, such as that of a second checkout: wait for it.
    const child = spawn(aptGet, ['-q', '-o', 'DPkg::Lock::Timeout=300', ...commandArguments], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' },
      timeout: timeoutSeconds * 1000,
    });
    let output = '';
    const collect = (chunk: string): void => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(output.trimEnd().split('\n').slice(-outputLinesShown).join('\n')));
    });
  });
}
