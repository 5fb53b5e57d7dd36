import { fromProblems, type Check } from './check.ts';
import { lastLines, run } from './commands.ts';
import { entryPoints, publicPackages, type WorkspacePackage } from './workspace.ts';

export const publintCheck: Check = {
  name: 'publint',
  title: 'publint --strict on every public package',
  run: () =>
    forEachPackage(publicPackages(), (each) =>
      run('publint', ['run', each.folder, '--strict', '--pack', 'npm']),
    ),
};

/** "Are the types wrong": whether the types an importer gets are those of the code it gets. */
export const attwCheck: Check = {
  name: 'attw',
  title: 'attw --pack on every package that can be imported',
  run: () => {
    const importable = publicPackages().filter((each) => entryPoints(each).length > 0);
    return forEachPackage(importable, (each) =>
      run('attw', [
        '--pack',
        each.folder,
        ...[
          '--profile',
          'esm-only',
          '--format',
          'ascii',
          '--no-color',
          '--no-emoji',
          '--no-definitely-typed',
        ],
        // Named, because attw does not fill in a `*`.
        ...[
          '--entrypoints',
          ...entryPoints(each).map((entry) => entry.specifier.slice(each.name.length + 1) || '.'),
        ],
      ]),
    );
  },
};

async function forEachPackage(
  packages: readonly WorkspacePackage[],
  lint: (each: WorkspacePackage) => Promise<{ exitCode: number; output: string }>,
): ReturnType<Check['run']> {
  const problems: string[] = [];
  for (const each of packages) {
    const result = await lint(each);
    if (result.exitCode !== 0) problems.push(`${each.name}:`, lastLines(withoutNoise(result.output), 30));
  }
  return fromProblems(problems, `${packages.length} packages`);
}

/** attw's empty lines, rules, and the resolutions the profile leaves out. */
function withoutNoise(output: string): string {
  return output
    .split('\n')
    .filter((line) => !/^\s*$|^\*+$|\(ignored\)|ignoring resolutions/.test(line))
    .join('\n');
}
