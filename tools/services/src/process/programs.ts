import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const debianPackages = {
  'redis-server': 'redis-server',
  'redis-cli': 'redis-tools',
  openssl: 'openssl',
  'swift-proxy-server': 'swift-proxy',
  'swift-account-server': 'swift-account',
  'swift-container-server': 'swift-container',
  'swift-object-server': 'swift-object',
  memcached: 'memcached',
} as const;

/** A program the services are made of. */
export type Program = keyof typeof debianPackages;

/** Where servers live that the PATH of an ordinary user leaves out. */
const systemFolders = ['/usr/sbin', '/usr/local/sbin'];

/** The whole path of a program, or undefined when this machine has none of that name. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...systemFolders];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** One sentence that names what is missing and what to type, or undefined when all are there. */
export function missingPrograms(names: readonly Program[]): string | undefined {
  const missing = names.filter((name) => findProgram(name) === undefined);
  if (missing.length === 0) return undefined;
  return `no ${missing.join(', ')} on this machine; type: ${installCommand(packagesFor(missing))}`;
}

/** The Debian packages that have these programs. */
export function packagesFor(names: readonly Program[]): string[] {
  return names.map((name) => debianPackages[name]);
}

/** What a person types. */
export function installCommand(packages: readonly string[]): string {
  return `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

/** Like {@link findProgram}, for where its absence is an error. */
export function requireProgram(name: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`${name} is not installed on this machine`);
  return path;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
