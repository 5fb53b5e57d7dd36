import type { describe } from '@jest/globals';

/**
 * `describe` when nothing stands in the way, else `describe.skip` with the problem in the name, where the totals of
 * `npm test` read it. `problem` is what {@link redisProblem} and its like return.
 */
export function describeWith(problem: string | undefined, name: string, body: () => void): void {
  const jest = (globalThis as { readonly describe?: typeof describe }).describe;
  if (jest === undefined) throw new Error('describeWith is for tests: jest is not running');
  if (problem === undefined) jest(name, body);
  else jest.skip(`${name} [skipped: ${problem.replaceAll(']', ')')}]`, body);
}
