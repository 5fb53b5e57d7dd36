import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { fromProblems, type Check } from './check.ts';
import { run } from './commands.ts';
import { lintOutcome } from './lint.ts';
import { workspaceRoot } from './workspace.ts';

/**
 * Proves that the module boundaries are watched: lints code that breaks them, in the name of a file that does not exist, and
 * wants to hear of it. A rule that stopped working looks just like a clean workspace otherwise.
 */

interface PlantedImport {
  readonly file: string;
  readonly imports: string;
  readonly isAllowed: boolean;
}

const planted: readonly PlantedImport[] = [
  { file: 'packages/core/src/planted.ts', imports: '@cache/proxy', isAllowed: false },
  { file: 'packages/core/src/planted.ts', imports: '@cache/redis', isAllowed: false },
  { file: 'packages/core/src/planted.ts', imports: '@cache/tools', isAllowed: false },
  { file: 'packages/core/src/planted.ts', imports: 'fastify', isAllowed: false },
  { file: 'packages/core/src/planted.ts', imports: 'undici', isAllowed: false },
  { file: 'packages/core/src/planted.ts', imports: '../../proxy/src/index.ts', isAllowed: false },
  { file: 'packages/proxy/src/planted.ts', imports: '@cache/redis', isAllowed: false },
  { file: 'packages/proxy/src/planted.ts', imports: '@cache/proxy-app', isAllowed: false },
  { file: 'packages/redis/src/planted.ts', imports: '@cache/s3', isAllowed: false },
  { file: 'packages/semantic-redis/src/planted.ts', imports: '@cache/semantic-qdrant', isAllowed: false },
  { file: 'packages/redis/src/planted.ts', imports: '@cache/services', isAllowed: false },
  { file: 'packages/redis/src/planted.test.ts', imports: '@cache/services', isAllowed: true },
  { file: 'packages/redis/src/planted.test.ts', imports: '@cache/s3', isAllowed: false },
  { file: 'packages/proxy/src/planted.ts', imports: '@cache/core', isAllowed: true },
  { file: 'apps/proxy/src/planted.ts', imports: '@cache/proxy', isAllowed: true },
];

export const boundariesCheck: Check = {
  name: 'boundaries',
  title: 'planted imports across the boundaries are caught',
  run: async () => {
    await run('nx', ['show', 'projects']);
    const problems = [...(await misjudgedImports()), ...(await missingGraphProblems())];
    return fromProblems(problems, `${planted.length} planted`);
  },
};

async function misjudgedImports(): Promise<string[]> {
  const eslint = new ESLint({
    cwd: workspaceRoot,
    // The planted file is in no tsconfig, and the boundaries need no types.
    overrideConfig: [{ ...tseslint.configs.disableTypeChecked, files: ['**/*.ts'] }],
    ruleFilter: ({ ruleId }) => ruleId === '@nx/enforce-module-boundaries',
  });
  const problems: string[] = [];
  for (const { file, imports, isAllowed } of planted) {
    const messages = await lintImport(eslint, file, imports);
    const isCaught = messages.some((message) => message.ruleId === '@nx/enforce-module-boundaries');
    const isUnexpected = messages.find((message) => message.fatal);
    if (isUnexpected !== undefined) problems.push(`${file} could not be linted: ${isUnexpected.message}`);
    else if (isCaught === isAllowed) {
      problems.push(`${file} importing "${imports}" was ${isCaught ? 'forbidden' : 'not caught'}`);
    }
  }
  return problems;
}

async function lintImport(
  eslint: ESLint,
  file: string,
  imports: string,
): Promise<ESLint.LintResult['messages']> {
  const results = await eslint.lintText(`import * as planted from '${imports}';\nexport { planted };\n`, {
    filePath: join(workspaceRoot, file),
  });
  return results.flatMap((result) => result.messages);
}

/** Lints with an empty graph cache: the rule then skips itself and eslint is content; `lint` must not be. */
async function missingGraphProblems(): Promise<string[]> {
  const emptyCache = mkdtempSync(join(tmpdir(), 'no-project-graph-'));
  try {
    const result = await run('eslint', ['packages/core/src/json.ts'], {
      environment: { NX_WORKSPACE_DATA_DIRECTORY: emptyCache },
    });
    return lintOutcome(result).status === 'failed' && result.exitCode === 0
      ? []
      : [
          `without a project graph the lint check did not notice that the rule was skipped:\n${result.output}`,
        ];
  } finally {
    rmSync(emptyCache, { recursive: true, force: true });
  }
}
