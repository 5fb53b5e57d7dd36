import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The command of the README that makes a user with just the rights the package needs, for redis-cli. */
export function aclCommand({ namespace, password }: { namespace: string; password: string }): string[] {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
  const lines = readme.split('\n').filter((line) => line.startsWith('ACL SETUSER '));
  const [line] = lines;
  if (line === undefined || lines.length > 1)
    throw new Error('README.md has one line that starts with ACL SETUSER');
  return line.split(' ').map((word) => {
    if (word === '>PASSWORD') return `>${password}`;
    return word.replace('<ns>', namespace);
  });
}
