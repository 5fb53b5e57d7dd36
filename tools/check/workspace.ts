import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const workspaceRoot: string = join(import.meta.dirname, '..', '..');

export interface PackageJson {
  readonly name?: string;
  readonly version?: string;
  readonly private?: boolean;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly nx?: { readonly tags?: readonly string[] };
  readonly [member: string]: unknown;
}

export interface WorkspacePackage {
  readonly name: string;
  /** Relative to the workspace root, such as `packages/core`. */
  readonly folder: string;
  readonly json: PackageJson;
  readonly isPublic: boolean;
  /** True for a package whose place is kept but which is not built yet. */
  readonly isPlaceholder: boolean;
}

/** One importable name of a package and the files it stands for, by condition. */
export interface EntryPoint {
  /** Such as `@cache/core/client`. */
  readonly specifier: string;
  /** Condition to file, relative to the package folder. */
  readonly targets: Readonly<Record<string, string>>;
}

export function readPackages(): WorkspacePackage[] {
  return globSync(
    ['packages/*/package.json', 'apps/*/package.json', 'tools/package.json', 'tools/services/package.json'],
    {
      cwd: workspaceRoot,
    },
  )
    .sort()
    .map((file) => readPackage(join(file, '..')));
}

export function publicPackages(): WorkspacePackage[] {
  return readPackages().filter((each) => each.isPublic);
}

/** Every name that can be imported from a package, files such as package.json aside. */
export function entryPoints(each: WorkspacePackage): EntryPoint[] {
  return Object.entries(each.json.exports ?? {}).flatMap(([path, targets]) =>
    typeof targets === 'string' ? [] : [{ specifier: each.name + path.slice(1), targets }],
  );
}

function readPackage(folder: string): WorkspacePackage {
  const json = JSON.parse(readFileSync(join(workspaceRoot, folder, 'package.json'), 'utf8')) as PackageJson;
  return {
    name: json.name ?? folder,
    folder,
    json,
    isPublic: json.private !== true,
    isPlaceholder:
      json.private === true && !existsSync(join(workspaceRoot, folder, 'src')) && folder !== 'tools',
  };
}
