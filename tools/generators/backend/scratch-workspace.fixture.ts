import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runCommand, type CommandResult } from '../../run-command.ts';

const WORKSPACE = join(import.meta.dirname, '..', '..', '..');

/** A copy of this workspace, its dependencies linked, in which anything may be generated. */
export interface ScratchWorkspace {
  readonly read: (file: string) => string;
  readonly write: (file: string, text: string) => void;
  /** Runs a command of `node_modules/.bin` in the copy. */
  readonly run: (command: string, ...commandArguments: readonly string[]) => Promise<CommandResult>;
  readonly remove: () => void;
}

export function scratchWorkspace(): ScratchWorkspace {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'scratch-workspace-')));
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  for (const file of filesOfWorkspace()) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    copyFileSync(join(WORKSPACE, file), join(root, file));
  }
  // Some commands look at what git knows.
  execFileSync('git', ['init', '--quiet', root]);
  linkDependencies(root);
  return {
    read: (file) => readFileSync(join(root, file), 'utf8'),
    write,
    run: (command, ...commandArguments) =>
      runCommand(join(root, 'node_modules', '.bin', command), commandArguments, {
        directory: root,
        environment: environmentOf(root),
        timeoutSeconds: 120,
      }),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** What is or would be committed. */
function filesOfWorkspace(): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: WORKSPACE,
    encoding: 'utf8',
  });
  return listed.split('\0').filter((file) => file !== '' && existsSync(join(WORKSPACE, file)));
}

/** Every dependency is that of the workspace; its own packages are those of the copy. */
function linkDependencies(root: string): void {
  for (const folder of ['.', ...workspaceFolders()]) {
    const installed = join(WORKSPACE, folder, 'node_modules');
    if (!existsSync(installed)) continue;
    mkdirSync(join(root, folder, 'node_modules'), { recursive: true });
    for (const name of readdirSync(installed)) {
      // What tools leave there is no dependency.
      if (name === '@cache' || name === '.cache') continue;
      symlinkSync(join(installed, name), join(root, folder, 'node_modules', name));
    }
  }
  const own = join(root, 'node_modules', '@cache');
  mkdirSync(own);
  for (const folder of workspaceFolders()) {
    const { name } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as { name: string };
    symlinkSync(join(root, folder), join(own, name.replace('@cache/', '')));
  }
}

function workspaceFolders(): string[] {
  const grouped = ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(WORKSPACE, group)).map((name) => join(group, name)),
  );
  return [...grouped, 'tools', join('tools', 'services')].filter((folder) =>
    existsSync(join(WORKSPACE, folder, 'package.json')),
  );
}

/** Where Nx runs these tests, its variables name the workspace it runs in, and the project. */
function environmentOf(root: string): Record<string, string> {
  const ofNx = Object.keys(process.env).filter((name) => name.startsWith('NX_'));
  return {
    ...Object.fromEntries(ofNx.map((name) => [name, ''])),
    NX_DAEMON: 'false',
    NX_WORKSPACE_DATA_DIRECTORY: join(root, '.nx', 'workspace-data'),
    NX_CACHE_DIRECTORY: join(root, '.nx', 'cache'),
    NO_COLOR: '1',
    CI: 'true',
    NODE_OPTIONS: '--experimental-vm-modules',
  };
}
