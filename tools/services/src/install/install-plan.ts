import { installCommand } from '../process/programs.ts';

/** What a machine is, as far as installing goes. */
export interface Machine {
  /** Debian packages whose programs it has not. */
  readonly missingPackages: readonly string[];
  readonly isRoot: boolean;
  readonly hasAptGet: boolean;
  /** The variable `CACHE_TEST_INSTALL`. */
  readonly setting: string | undefined;
}

export type InstallPlan =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'install'; readonly packages: readonly string[] }
  /** The tests that need them are skipped; `notice` says why and what to type. */
  | { readonly kind: 'forgo'; readonly notice: string };

export function planInstall(machine: Machine): InstallPlan {
  const packages = machine.missingPackages;
  if (packages.length === 0) return { kind: 'nothing' };
  const reason = reasonAgainst(machine);
  if (reason === undefined) return { kind: 'install', packages };
  return { kind: 'forgo', notice: missingNotice(packages, reason) };
}

/** One loud line. */
export function missingNotice(packages: readonly string[], reason: string): string {
  return `!!! SERVERS FOR THE TESTS ARE MISSING and not installed (${reason}). Their tests are skipped. Type, as root: ${installCommand(packages)}`;
}

function reasonAgainst({ setting, isRoot, hasAptGet }: Machine): string | undefined {
  if (setting === 'never') return 'CACHE_TEST_INSTALL=never';
  if (setting !== undefined && setting !== '') {
    return `CACHE_TEST_INSTALL is "${setting}"; it knows only "never"`;
  }
  if (!hasAptGet) return 'this machine has no apt-get';
  if (!isRoot) return 'not root';
  return undefined;
}
