import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { moduleResolve } from 'import-meta-resolve';
import { failureText } from './third-party-failure.ts';
import type { ThirdPartyName } from './third-party-name.ts';

/** The conditions Node itself imports by, so that the rest of the process gets the same copy. */
const CONDITIONS: ReadonlySet<string> = new Set(['node', 'import', 'module-sync', 'node-addons']);

/** A file to import, or why there is none. */
export type FoundModule = { readonly file: string } | { readonly problem: string; readonly remedy?: string };

/** Where the module of `type` is, seen from `folder`. Nothing of it is run. */
export function findModule(type: string, name: ThirdPartyName, folder: string): FoundModule {
  switch (name.kind) {
    case 'file':
      return findFile(resolve(folder, type));
    case 'package':
      return findInPackage(type, name.packageName, folder);
    case 'refused':
      return { problem: name.reason };
  }
}

function findFile(file: string): FoundModule {
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined) return { problem: `there is no file ${file}` };
    if (found.isDirectory()) return { problem: `${file} is a folder: name the file in it` };
    return { file };
  } catch (error) {
    return { problem: `${file} cannot be read: ${failureText(error)}` };
  }
}

function findInPackage(type: string, packageName: string, folder: string): FoundModule {
  try {
    // The name of the importing file is of no importance, only its folder.
    const url = moduleResolve(type, pathToFileURL(join(folder, 'config.yaml')), new Set(CONDITIONS));
    return { file: fileURLToPath(url) };
  } catch (error) {
    if (isPackageMissing(error, packageName)) {
      return {
        problem: `there is no package "${packageName}" in ${folder}, nor above it`,
        remedy: `: install it there with "npm i ${packageName}"`,
      };
    }
    return { problem: `the package cannot be entered: ${failureText(error)}` };
  }
}

/** A package that lacks the file its `exports` promise has the same code; its message names that file. */
function isPackageMissing(error: unknown, packageName: string): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.startsWith(`Cannot find package '${packageName}'`)
  );
}
