import { join } from 'node:path';
import {
  formatFiles,
  generateFiles,
  getProjects,
  logger,
  names,
  OverwriteStrategy,
  readJson,
  type GeneratorCallback,
  type Tree,
} from '@nx/devkit';
import { addProjectReference } from './project-reference.ts';
import { addToSizeBudget } from './size-budget.ts';

export interface BackendGeneratorOptions {
  /** Lower-case words joined by dashes: `acme`, `acme-cloud`. */
  readonly name: string;
}

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/**
 * Makes `packages/NAME`: a backend that is complete but for its store, and passes the conformance suite once that is written.
 * Nothing is overwritten.
 */
export async function backendGenerator(
  tree: Tree,
  { name }: BackendGeneratorOptions,
): Promise<GeneratorCallback> {
  const folder = `packages/${name}`;
  const packageName = `@cache/${name}`;
  refuseWrongName(tree, name, packageName, folder);
  generateFiles(
    tree,
    join(import.meta.dirname, 'files'),
    '.',
    { ...spellings(name), packageName, ...versions(tree) },
    { overwriteStrategy: OverwriteStrategy.ThrowIfExisting },
  );
  // The same as the workspace's, to the letter: a check compares them.
  tree.write(`${folder}/LICENSE`, tree.read('LICENSE') ?? '');
  addProjectReference(tree, `./${folder}`);
  addToSizeBudget(tree, packageName);
  await formatFiles(tree);
  return () => {
    logger.info(nextSteps(name, folder));
  };
}

function refuseWrongName(tree: Tree, name: string, packageName: string, folder: string): void {
  if (!NAME.test(name)) {
    throw new Error(
      `A backend is named by lower-case words joined by dashes, such as "acme-cloud", got ${JSON.stringify(name)}.`,
    );
  }
  if (tree.exists(folder)) throw new Error(`${folder} exists already.`);
  if (getProjects(tree).has(packageName)) throw new Error(`There is a ${packageName} already.`);
}

function spellings(name: string): Record<string, string> {
  const { className, propertyName, constantName } = names(name);
  return {
    name,
    // `AcmeCloud`, `acmeCloud`, `acme_cloud`: types, functions, members of `cache_params`.
    className,
    propertyName,
    memberName: constantName.toLowerCase(),
    nothing: '',
  };
}

/** What core has, so that the packages of the workspace go on sharing one version of everything. */
function versions(tree: Tree): Record<string, string> {
  const core = readJson<{ version: string; engines: { node: string }; dependencies: { zod: string } }>(
    tree,
    'packages/core/package.json',
  );
  return { version: core.version, nodeRange: core.engines.node, zodVersion: core.dependencies.zod };
}

function nextSteps(name: string, folder: string): string {
  const steps = [
    ['npm install', 'links the package, and enters it into package-lock.json'],
    [`${folder}/src/${name}-store.ts`, 'the store itself: every method throws until it is written'],
    [`npx nx test ${name}`, 'the conformance suite: red until then'],
  ];
  const width = Math.max(...steps.map(([step = '']) => step.length));
  const lines = steps.map(([step = '', what = '']) => `  ${step.padEnd(width)}  # ${what}`);
  return ['', `${folder} is there. What is left to you:`, ...lines, ''].join('\n');
}
