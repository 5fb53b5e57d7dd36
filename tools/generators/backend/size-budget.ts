import { readJson, writeJson, type Tree } from '@nx/devkit';

interface SizeBudget {
  readonly unlimited: Readonly<Record<string, string>>;
}

const FILE = 'tools/check/size-budget.json';

/** Every entry point stands in the size budget, with a limit or with the reason why it has none. */
export function addToSizeBudget(tree: Tree, packageName: string): void {
  const budget = readJson<SizeBudget>(tree, FILE);
  const reason = 'A backend runs on a server, beside its client: it is installed, not bundled.';
  writeJson(tree, FILE, { ...budget, unlimited: { ...budget.unlimited, [packageName]: reason } });
}
