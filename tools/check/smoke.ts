import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failed, fromProblems, type Check, type CheckOutcome } from './check.ts';
import { lastLines, run } from './commands.ts';
import { entryPoints, publicPackages, workspaceRoot, type WorkspacePackage } from './workspace.ts';

/**
 * Packs every public package, installs each into an empty project with only what it depends on, and uses it there: every
 * entry point is imported by plain node and by the compiler, every bin started.
 */

export const smokeCheck: Check = {
  name: 'smoke',
  title: 'packed, installed into an empty project, imported and type-checked',
  run: async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'smoke-'));
    try {
      return await smoke(scratch);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  },
};

async function smoke(scratch: string): Promise<CheckOutcome> {
  const packages = publicPackages();
  const tarballs = new Map<string, string>();
  const problems: string[] = [];
  for (const each of packages) {
    const packed = await pack(each, scratch);
    if (typeof packed === 'string') return failed(packed);
    problems.push(...packed.problems);
    tarballs.set(each.name, packed.tarball);
  }
  for (const each of packages) problems.push(...(await projectProblems(each, tarballs, scratch)));
  return fromProblems(problems, `${packages.length} packages`);
}

interface PackedPackage {
  readonly tarball: string;
  readonly problems: readonly string[];
}

async function pack(each: WorkspacePackage, scratch: string): Promise<PackedPackage | string> {
  const result = await run('npm', ['pack', '--json', '--silent', '--pack-destination', scratch], {
    directory: join(workspaceRoot, each.folder),
  });
  const start = result.output.indexOf('[');
  if (result.exitCode !== 0 || start === -1)
    return `npm pack in ${each.folder}:\n${lastLines(result.output)}`;
  const [packed] = JSON.parse(result.output.slice(start)) as [
    { filename: string; files: { path: string }[] },
  ];
  const unwanted = packed.files.filter(({ path }) =>
    /\.(test|fixture)\.|\.tsbuildinfo$|^dist\/spec\//.test(path),
  );
  return {
    tarball: join(scratch, packed.filename),
    problems: unwanted.map(
      ({ path }) => `${each.name} would publish ${path}: see "files" in its package.json`,
    ),
  };
}

/** An empty project for one package: what it does not declare, it does not get. */
async function projectProblems(
  each: WorkspacePackage,
  tarballs: ReadonlyMap<string, string>,
  scratch: string,
): Promise<string[]> {
  const directory = join(scratch, each.folder.replaceAll('/', '-'));
  mkdirSync(directory);
  writeConsumer(directory, each);
  const ownTarballs = [each.name, ...Object.keys(each.json.dependencies ?? {})].flatMap(
    (name) => tarballs.get(name) ?? [],
  );
  const steps: [string, string, string[]][] = [
    [
      'installing it',
      'npm',
      ['install', '--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock', ...ownTarballs],
    ],
    ['importing it', process.execPath, ['import-all.mjs']],
    ['type-checking a program that uses it', process.execPath, [compilerPath, '--project', 'tsconfig.json']],
    ...Object.keys(each.json.bin ?? {}).map((name): [string, string, string[]] => [
      `${name} --version`,
      join(directory, 'node_modules', '.bin', name),
      ['--version'],
    ]),
  ];
  for (const [step, command, commandArguments] of steps) {
    const result = await run(command, commandArguments, { directory, timeoutSeconds: 180 });
    if (result.exitCode !== 0) return [`${each.name}, ${step}:`, lastLines(result.output, 30)];
  }
  return [];
}

const compilerPath = join(workspaceRoot, 'node_modules', 'typescript', 'bin', 'tsc');

function writeConsumer(directory: string, each: WorkspacePackage): void {
  const specifiers = entryPoints(each).map((entry) => entry.specifier);
  const write = (file: string, text: string): void => {
    writeFileSync(join(directory, file), text);
  };
  write(
    'package.json',
    JSON.stringify({ name: 'consumer', private: true, type: 'module', devDependencies: nodeTypes() }),
  );
  write('import-all.mjs', importAll(specifiers));
  write('consumer.ts', consumerProgram(specifiers));
  write(
    'tsconfig.json',
    JSON.stringify({
      compilerOptions: { module: 'nodenext', target: 'es2024', strict: true, noEmit: true, types: ['node'] },
      files: ['consumer.ts'],
    }),
  );
}

/** Fails for an entry point that cannot be imported and for one that is empty. */
function importAll(specifiers: readonly string[]): string {
  return `for (const specifier of ${JSON.stringify(specifiers)}) {
  const entry = await import(specifier);
  if (Object.keys(entry).length === 0) throw new Error(specifier + ' exports nothing at run time');
}
`;
}

/** The exports are used as values and made a type, so that an entry point without types is an error. */
function consumerProgram(specifiers: readonly string[]): string {
  const imports = specifiers.map((specifier, index) => `import * as entry${index} from '${specifier}';`);
  const uses = specifiers.map(
    (_, index) => `export const names${index}: string[] = Object.keys(entry${index});`,
  );
  return [...imports, ...uses, 'export {};', ''].join('\n');
}

function nodeTypes(): Record<string, string> {
  const root = JSON.parse(readFileSync(join(workspaceRoot, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  const version = root.devDependencies['@types/node'];
  if (version === undefined)
    throw new Error('@types/node is missing from the devDependencies of the workspace');
  return { '@types/node': version };
}
