import { describe, expect, it } from '@jest/globals';
import { packageProblems, type Repository } from './package-rules.ts';
import { readPackages, type PackageJson, type WorkspacePackage } from './workspace.ts';

const goodJson: PackageJson = {
  name: '@cache/good',
  version: '0.1.0',
  description: 'A good package.',
  license: 'Apache-2.0',
  type: 'module',
  engines: { node: '>=22.19' },
  sideEffects: false,
  files: ['dist'],
  exports: {
    '.': { '@cache/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
    './package.json': './package.json',
  },
  nx: { tags: ['type:backend'] },
};

const roomFiles = [
  'README.md',
  'LICENSE',
  'jest.config.mjs',
  'tsconfig.json',
  'tsconfig.lib.json',
  'tsconfig.spec.json',
];

function packageWith(changes: Partial<PackageJson>): WorkspacePackage {
  const json = { ...goodJson, ...changes };
  return { name: '@cache/good', folder: 'packages/good', json, isPublic: true, isPlaceholder: false };
}

function repositoryWith(files: readonly string[], text = ''): Repository {
  return { files: new Set(files.map((file) => `packages/good/${file}`)), read: () => text };
}

/** Problems of one package beside the real ones, which are of no interest here. */
function problemsOf(each: WorkspacePackage, repository: Repository = repositoryWith(roomFiles)): string[] {
  return packageProblems([each], repository).filter((problem) => problem.startsWith('packages/good'));
}

describe('rules about a package', () => {
  it('finds nothing wrong with a good one', () => {
    expect(problemsOf(packageWith({}))).toEqual([]);
  });

  it.each(roomFiles)('misses %s', (file) => {
    const repository = repositoryWith(roomFiles.filter((each) => each !== file));
    expect(problemsOf(packageWith({}), repository)).toEqual([`packages/good/${file} is missing`]);
  });

  it.each<[string, Partial<PackageJson>]>([
    ['a name outside the scope', { name: 'good' }],
    ['no licence', { license: 'MIT' }],
    ['CommonJS', { type: 'commonjs' }],
    ['no layer', { nx: { tags: [] } }],
    ['two layers', { nx: { tags: ['type:core', 'type:app'] } }],
    ['no list of files', { files: undefined }],
    ['side effects', { sideEffects: true }],
    ['a wildcard', { exports: { './package.json': './package.json', './*': './dist/*.js' } }],
    [
      'a condition out of order',
      { exports: { './package.json': './package.json', '.': { default: './x.js', types: './x.d.ts' } } },
    ],
  ])('objects to %s', (_, changes) => {
    expect(problemsOf(packageWith(changes))).toHaveLength(1);
  });

  it('objects to a workspace range that no longer fits the version', () => {
    const outdated = packageWith({ dependencies: { '@cache/good': '^0.0.0' } });
    expect(problemsOf(outdated)).toEqual([
      expect.stringContaining('@cache/good is "^0.0.0", the workspace has 0.1.0'),
    ]);
  });

  it('objects to a tsconfig that is long', () => {
    expect(problemsOf(packageWith({}), repositoryWith(roomFiles, '{\n'.repeat(21)))).toHaveLength(3);
  });

  it('misses a package of the design', () => {
    expect(packageProblems([], repositoryWith([]))).toContain('@cache/disk is missing from the workspace');
    expect(readPackages().map((each) => each.name)).toEqual(
      expect.arrayContaining(['@cache/core', '@cache/disk']),
    );
  });
});
