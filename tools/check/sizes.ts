import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type BuildResult } from 'esbuild';
import { fromProblems, type Check } from './check.ts';
import { entryPoints, publicPackages, workspaceRoot } from './workspace.ts';

/**
 * What importing an entry point costs: bundled with all it pulls in (Node's own modules aside), minified, gzipped. The limits
 * stand in size-budget.json; an entry point without a limit names the reason there.
 */

interface SizeBudget {
  readonly maxBytes: Readonly<Record<string, number>>;
  readonly unlimited: Readonly<Record<string, string>>;
}

/** Room over the measured size that a new limit gets. */
const headroom = 1.1;

export const sizesCheck: Check = {
  name: 'sizes',
  title: 'entry points stay within size-budget.json',
  run: async () => {
    const budget = JSON.parse(
      readFileSync(join(import.meta.dirname, 'size-budget.json'), 'utf8'),
    ) as SizeBudget;
    const specifiers = publicPackages()
      .flatMap(entryPoints)
      .map((entry) => entry.specifier);
    const problems = unknownNames(budget, specifiers);
    const measured: string[] = [];
    for (const specifier of specifiers.filter((name) => !(name in budget.unlimited))) {
      const bytes = await bundledBytes(specifier);
      if (typeof bytes === 'string') {
        problems.push(`${specifier} cannot be bundled: ${bytes}`);
        continue;
      }
      measured.push(`${specifier} ${(bytes / 1000).toFixed(1)} kB`);
      problems.push(...limitProblems(specifier, bytes, budget.maxBytes[specifier]));
    }
    return fromProblems(problems, measured.join(', '));
  },
};

/** A limit for a name that is gone guards nothing. */
function unknownNames(budget: SizeBudget, specifiers: readonly string[]): string[] {
  return [...Object.keys(budget.maxBytes), ...Object.keys(budget.unlimited)]
    .filter((name) => !specifiers.includes(name))
    .map((name) => `${name} stands in size-budget.json and is no entry point`);
}

function limitProblems(specifier: string, bytes: number, limit: number | undefined): string[] {
  const suggestion = Math.ceil((bytes * headroom) / 100) * 100;
  if (limit === undefined) {
    return [
      `${specifier} has ${bytes} bytes and no limit: add one (measured + 10 % is ${suggestion}), or a reason, to size-budget.json`,
    ];
  }
  if (bytes <= limit) return [];
  return [
    `${specifier} has ${bytes} bytes, its limit is ${limit}: find what came in, or raise the limit in a commit that says why`,
  ];
}

/** The built package is measured, as a user gets it; `types` must have run before. A text says why it cannot be. */
async function bundledBytes(specifier: string): Promise<number | string> {
  const bundle = await bundleOf(specifier);
  if (bundle instanceof Error) return bundle.message;
  const code = bundle.outputFiles[0]?.contents;
  return code === undefined ? 'esbuild wrote nothing' : gzipSync(code, { level: 9 }).length;
}

function bundleOf(specifier: string): Promise<BuildResult<{ write: false }> | Error> {
  return build({
    stdin: { contents: `export * from '${specifier}';`, resolveDir: workspaceRoot },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    logLevel: 'silent',
  }).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
}
