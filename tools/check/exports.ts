import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromProblems, type Check } from './check.ts';
import { entryPoints, publicPackages, workspaceRoot, type WorkspacePackage } from './workspace.ts';

/** After a build: what package.json promises lies in dist, and dist holds nothing whose source is gone. */
export const exportsCheck: Check = {
  name: 'exports',
  title: 'exports and dist agree, in both directions',
  run: async () => {
    const packages = publicPackages();
    const problems = packages.flatMap((each) => [
      ...exportProblems(each),
      ...binProblems(each),
      ...staleFiles(each),
    ]);
    return fromProblems(problems, `${packages.flatMap(entryPoints).length} entry points`);
  },
};

function exportProblems(each: WorkspacePackage): string[] {
  const entries = entryPoints(each);
  if (entries.length === 0 && each.json.bin === undefined)
    return [`${each.name} exports nothing and has no bin`];
  return entries.flatMap(({ specifier, targets }) =>
    Object.entries(targets)
      .filter(([, file]) => !existsSync(inPackage(each, file)))
      .map(([condition, file]) => `${specifier}: "${condition}" is ${file}, which does not exist`),
  );
}

function binProblems(each: WorkspacePackage): string[] {
  return Object.entries(each.json.bin ?? {}).flatMap(([name, file]) => {
    const path = inPackage(each, file);
    if (!existsSync(path)) return [`${each.name}: bin "${name}" is ${file}, which does not exist`];
    const hasShebang = readFileSync(path, 'utf8').startsWith('#!/usr/bin/env node\n');
    return hasShebang ? [] : [`${each.name}: bin "${name}" does not begin with #!/usr/bin/env node`];
  });
}

/** A build never deletes: a renamed source leaves its old output, which would be published. */
function staleFiles(each: WorkspacePackage): string[] {
  return globSync('dist/**/*.js', { cwd: inPackage(each, '.') })
    .filter((file) => !existsSync(inPackage(each, file.replace(/^dist/, 'src').replace(/\.js$/, '.ts'))))
    .map(
      (file) => `${each.folder}/${file} has no source any more: delete ${each.folder}/dist and build again`,
    );
}

function inPackage(each: WorkspacePackage, file: string): string {
  return join(workspaceRoot, each.folder, file);
}
