import { readJson, type Tree } from '@nx/devkit';

interface RootTsconfig {
  readonly references: readonly { readonly path: string }[];
}

const FILE = 'tsconfig.json';

/** Enters a package into the references of the workspace, behind the packages before it in the alphabet. */
export function addProjectReference(tree: Tree, path: string): void {
  const tsconfig = readJson<RootTsconfig>(tree, FILE);
  const paths = tsconfig.references.map((reference) => reference.path);
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const before = paths.findLastIndex((each) => each.startsWith(folder) && each < path);
  const references = paths.toSpliced(before + 1, 0, path).map((each) => ({ path: each }));
  tree.write(FILE, oneLineEach(JSON.stringify({ ...tsconfig, references }, undefined, 2)));
}

/** `{ "path": "./packages/core" }` on one line, as the file has it: prettier would leave either as it is. */
function oneLineEach(json: string): string {
  return `${json.replaceAll(/\{\s*("path": "[^"]*")\s*\}/g, '{ $1 }')}\n`;
}
