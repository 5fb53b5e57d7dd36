import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { readJson, type Tree } from '@nx/devkit';
import { createTree } from '@nx/devkit/testing';
import { packageProblems } from '../../check/package-rules.ts';
import { sourceProblems } from '../../check/source-rules.ts';
import type { PackageJson } from '../../check/workspace.ts';
import { backendGenerator } from './generator.ts';

const WORKSPACE = join(import.meta.dirname, '..', '..', '..');

/** What the generator reads or changes, as it is in this workspace. */
const TAKEN_OVER = [
  'package.json',
  'nx.json',
  'LICENSE',
  'tsconfig.json',
  '.prettierrc.json',
  'packages/core/package.json',
  'tools/check/size-budget.json',
];

let tree: Tree;
beforeEach(() => {
  tree = createTree();
  for (const file of TAKEN_OVER) tree.write(file, readFileSync(join(WORKSPACE, file)));
});

const text = (file: string): string => tree.read(file, 'utf8') ?? '';

function createdFiles(): string[] {
  return tree
    .listChanges()
    .filter(({ type, path }) => type === 'CREATE' && path.includes('acme'))
    .map(({ path }) => path)
    .sort();
}

describe('nx g @cache/tools:backend acme-cloud', () => {
  it('makes a package with every room', async () => {
    await backendGenerator(tree, { name: 'acme-cloud' });
    expect(createdFiles()).toEqual([
      '.changeset/acme-cloud-backend.md',
      'packages/acme-cloud/LICENSE',
      'packages/acme-cloud/README.md',
      'packages/acme-cloud/jest.config.mjs',
      'packages/acme-cloud/package.json',
      'packages/acme-cloud/src/acme-cloud-backend.test.ts',
      'packages/acme-cloud/src/acme-cloud-backend.ts',
      'packages/acme-cloud/src/acme-cloud-store.ts',
      'packages/acme-cloud/src/index.ts',
      'packages/acme-cloud/tsconfig.json',
      'packages/acme-cloud/tsconfig.lib.json',
      'packages/acme-cloud/tsconfig.spec.json',
    ]);
  });

  it('keeps the rules of the house', async () => {
    await backendGenerator(tree, { name: 'acme-cloud' });
    const files = createdFiles();
    const json = readJson<PackageJson>(tree, 'packages/acme-cloud/package.json');
    const made = { name: '@cache/acme-cloud', folder: 'packages/acme-cloud', json };
    const problems = packageProblems([{ ...made, isPublic: true, isPlaceholder: false }], {
      files: new Set(files),
      read: text,
    });
    expect(problems.filter((problem) => problem.includes('acme'))).toEqual([]);
    expect(files.flatMap((file) => sourceProblems(file, text(file)))).toEqual([]);
    expect(json.nx?.tags).toEqual(['type:backend']);
  });

  it('takes its versions from core', async () => {
    const core = readJson<PackageJson>(tree, 'packages/core/package.json');
    await backendGenerator(tree, { name: 'acme-cloud' });
    const made = readJson<PackageJson>(tree, 'packages/acme-cloud/package.json');
    expect(made.version).toBe(core.version);
    expect(made['engines']).toEqual(core['engines']);
    expect(made.dependencies).toEqual({
      '@cache/core': `^${core.version}`,
      zod: core.dependencies?.['zod'],
    });
  });

  it('spells the name as each place wants it', async () => {
    await backendGenerator(tree, { name: 'acme-cloud' });
    const code = text('packages/acme-cloud/src/acme-cloud-backend.ts');
    for (const spelling of [
      'export function acmeCloudBackend(',
      'class AcmeCloudBackend ',
      'acme_cloud_url:',
      'acme-cloud',
    ]) {
      expect(code).toContain(spelling);
    }
    expect(createdFiles().map(text).join('')).not.toMatch(/<%|%>|__name__/);
    expect(text('.changeset/acme-cloud-backend.md')).toMatch(
      /^---\n['"]@cache\/acme-cloud['"]: minor\n---\n/,
    );
  });

  it('enters it where the workspace lists its packages, and changes nothing else there', async () => {
    const before = { tsconfig: text('tsconfig.json'), budget: text('tools/check/size-budget.json') };
    await backendGenerator(tree, { name: 'acme-cloud' });
    const reference = '    { "path": "./packages/acme-cloud" },\n';
    expect(text('tsconfig.json')).toContain(`${reference}    { "path": "./packages/core" },\n`);
    expect(text('tsconfig.json').replace(reference, '')).toBe(before.tsconfig);
    const { '@cache/acme-cloud': reason, ...others } = readJson<{ unlimited: Record<string, string> }>(
      tree,
      'tools/check/size-budget.json',
    ).unlimited;
    expect(reason).toMatch(/\.$/);
    expect(others).toEqual((JSON.parse(before.budget) as { unlimited: object }).unlimited);
  });

  it('enters it behind the packages before it', async () => {
    await backendGenerator(tree, { name: 'zebra' });
    const paths = readJson<{ references: { path: string }[] }>(tree, 'tsconfig.json').references;
    const packages = paths.map(({ path }) => path).filter((path) => path.startsWith('./packages/'));
    expect(packages).toEqual([...packages].sort());
    expect(packages.at(-1)).toBe('./packages/zebra');
  });
});

describe('a name that cannot be one', () => {
  it.each(['Acme', 'acme_cloud', '-acme', 'acme-', '1acme', '../acme', '@acme/cloud', ''])(
    '%j',
    async (name) => {
      await expect(backendGenerator(tree, { name })).rejects.toThrow(/named by lower-case words/);
      expect(createdFiles()).toEqual([]);
    },
  );

  it('that is taken', async () => {
    await expect(backendGenerator(tree, { name: 'core' })).rejects.toThrow('packages/core exists already.');
    tree.write('apps/acme/package.json', '{ "name": "@cache/acme" }');
    await expect(backendGenerator(tree, { name: 'acme' })).rejects.toThrow('There is a @cache/acme already.');
  });
});
