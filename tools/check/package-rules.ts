import type { PackageJson, WorkspacePackage } from './workspace.ts';

/** Rules about the rooms of a package: which files it has and what its package.json says. */

export interface Repository {
  /** Paths of all files, relative to the workspace root. */
  readonly files: ReadonlySet<string>;
  readonly read: (file: string) => string;
}

/** The house as designed: these exist from the start, built or not. */
const expectedPackages = [
  '@cache/core',
  '@cache/redis',
  '@cache/s3',
  '@cache/disk',
  '@cache/semantic-qdrant',
  '@cache/semantic-redis',
  '@cache/proxy',
];

const layerTags = [
  'type:core',
  'type:backend',
  'type:semantic',
  'type:proxy',
  'type:app',
  'type:tool',
  'type:service',
];

const tsconfigFiles = ['tsconfig.json', 'tsconfig.lib.json', 'tsconfig.spec.json'];
const maximumTsconfigLines = 20;

export function packageProblems(packages: readonly WorkspacePackage[], repository: Repository): string[] {
  const names = new Set(packages.map((each) => each.name));
  return [
    ...expectedPackages
      .filter((name) => !names.has(name))
      .map((name) => `${name} is missing from the workspace`),
    ...packages.flatMap((each) => [
      ...fileProblems(each, repository),
      ...memberProblems(each),
      ...versionProblems(each, packages),
    ]),
  ];
}

function fileProblems(each: WorkspacePackage, { files, read }: Repository): string[] {
  const needed = [
    ...(each.folder.startsWith('tools') ? [] : ['README.md']),
    ...(each.isPlaceholder ? [] : [...tsconfigFiles, 'jest.config.mjs']),
    ...(each.isPublic ? ['LICENSE'] : []),
  ].map((file) => `${each.folder}/${file}`);
  const problems = needed.filter((file) => !files.has(file)).map((file) => `${file} is missing`);
  const license = `${each.folder}/LICENSE`;
  if (each.isPublic && files.has(license) && read(license) !== read('LICENSE')) {
    problems.push(`${license} differs from the LICENSE of the workspace`);
  }
  for (const file of tsconfigFiles.map((name) => `${each.folder}/${name}`)) {
    if (files.has(file) && read(file).trimEnd().split('\n').length > maximumTsconfigLines) {
      problems.push(
        `${file} is over ${maximumTsconfigLines} lines: what many need belongs into tsconfig.base.json`,
      );
    }
  }
  return problems;
}

function memberProblems(each: WorkspacePackage): string[] {
  const { json } = each;
  const claims: [string, boolean][] = [
    ['"name" starts with "@cache/"', json.name?.startsWith('@cache/') === true],
    ['"version" is set', json.version !== undefined],
    [
      '"description" is a sentence',
      typeof json['description'] === 'string' && json['description'].endsWith('.'),
    ],
    ['"license" is "Apache-2.0"', json['license'] === 'Apache-2.0'],
    ['"type" is "module"', json['type'] === 'module'],
    ['"nx.tags" has exactly one layer', layersOf(json).length === 1],
    ...(each.isPublic ? publicClaims(json) : []),
  ];
  return claims
    .filter(([, holds]) => !holds)
    .map(([claim]) => `${each.folder}/package.json: expected that ${claim}`);
}

function publicClaims(json: PackageJson): [string, boolean][] {
  const engines = json['engines'] as { node?: string } | undefined;
  const entries = Object.entries(json.exports ?? {});
  return [
    ['"engines.node" is set', engines?.node !== undefined],
    ['"files" lists what is published', Array.isArray(json['files'])],
    ['"exports" has "./package.json"', entries.some(([path]) => path === './package.json')],
    [
      '"exports" lists its paths one by one: a * would publish internals',
      entries.every(([path]) => !path.includes('*')),
    ],
    ['"sideEffects" is false (an app aside)', json['sideEffects'] === false || json.bin !== undefined],
    ...entries.map(([path, target]): [string, boolean] => [
      `"exports" "${path}" has @cache/source, types and default, in this order`,
      typeof target === 'string' || Object.keys(target).join() === '@cache/source,types,default',
    ]),
  ];
}

/** npm has no `workspace:` protocol: a range that no longer fits would silently fetch a published copy. */
function versionProblems(each: WorkspacePackage, packages: readonly WorkspacePackage[]): string[] {
  return Object.entries(each.json.dependencies ?? {}).flatMap(([name, range]) => {
    const target = packages.find((candidate) => candidate.name === name);
    if (target === undefined || range === `^${target.json.version ?? ''}`) return [];
    return [
      `${each.folder}/package.json: ${name} is "${range}", the workspace has ${target.json.version ?? 'no version'}`,
    ];
  });
}

function layersOf(json: PackageJson): string[] {
  return (json.nx?.tags ?? []).filter((tag) => layerTags.includes(tag));
}
