import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromProblems, type Check } from './check.ts';
import { run } from './commands.ts';
import { packageProblems } from './package-rules.ts';
import { sourceProblems } from './source-rules.ts';
import { readPackages, workspaceRoot } from './workspace.ts';

export const structureCheck: Check = {
  name: 'structure',
  title: 'every package has its rooms, every file its size, nothing private stands in it',
  run: async () => {
    const files = await repositoryFiles();
    const packages = readPackages();
    const problems = [
      ...packageProblems(packages, { files: new Set(files), read }),
      ...files.filter(isText).flatMap((file) => sourceProblems(file, read(file))),
    ];
    return fromProblems(problems, `${files.length} files, ${packages.length} packages`);
  },
};

/** What is or would be committed: tracked and new files, without those ignored or deleted. */
async function repositoryFiles(): Promise<string[]> {
  const listed = await run('git', [
    'ls-files',
    '--cached',
    '--others',
    '--exclude-standard',
    '--deduplicate',
  ]);
  const deleted = await run('git', ['ls-files', '--deleted']);
  if (listed.exitCode !== 0 || deleted.exitCode !== 0) throw new Error(`git ls-files: ${listed.output}`);
  const gone = new Set(deleted.output.split('\n'));
  return listed.output.split('\n').filter((file) => file !== '' && !gone.has(file));
}

function read(file: string): string {
  return readFileSync(join(workspaceRoot, file), 'utf8');
}

function isText(file: string): boolean {
  return !/\.(png|jpe?g|gif|ico|woff2?|wav|mp3|gz|zip|bin|pem)$/i.test(file);
}
