import { run, lastLines } from './commands.ts';
import { failed, passed, type Check, type CheckOutcome } from './check.ts';

/**
 * What the Nx rules print, and then exit with 0, when they have no project graph: they check nothing at all in that case.
 * Part of the sentence only, so that it survives a change of its end.
 */
const skippedRulePattern = /No cached ProjectGraph|rule will be skipped/i;

export const lintCheck: Check = {
  name: 'lint',
  title: 'eslint with module boundaries and dependency checks',
  run: async () => {
    // Made first, because eslint only ever reads it from the cache.
    const graph = await run('nx', ['show', 'projects']);
    if (graph.exitCode !== 0) return failed(`no project graph:\n${lastLines(graph.output)}`);
    return lintOutcome(await run('eslint', ['--max-warnings', '0', '.'], { timeoutSeconds: 6 * 60 }));
  },
};

/** Passed only when eslint was content and every rule really ran. */
export function lintOutcome(result: { readonly exitCode: number; readonly output: string }): CheckOutcome {
  if (skippedRulePattern.test(result.output)) {
    return failed(`the boundaries were not checked:\n${lastLines(result.output)}`);
  }
  return result.exitCode === 0 ? passed() : failed(lastLines(result.output));
}
