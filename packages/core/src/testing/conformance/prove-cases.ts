import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { CacheError } from '../../contract/errors.ts';
import type { SuiteCase } from './suite-case.ts';

/** What it takes to show that cases are worth having. */
export interface Proof<Subject, Broken> {
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  readonly cases: readonly SuiteCase<Subject>[];
  /** By the name of the case: what is broken in a way that this case is there to find. */
  readonly broken: Readonly<Record<string, Broken>>;
  /** A correct subject; with `broken`, one that is broken in that way only. */
  readonly subject: (broken?: Broken) => Subject;
}

/**
 * Registers a test for each case: the correct subject passes it, the one broken for it fails it. A case without a broken
 * subject fails, and so does a broken subject without a case.
 */
export function proveCases<Subject, Broken>({ test, cases, broken, subject }: Proof<Subject, Broken>): void {
  for (const { name, run } of cases) {
    test(name, async () => {
      const killer = broken[name];
      assert.ok(killer !== undefined, `nothing is broken for "${name}": the case is not proven`);
      await run(subject());
      const failure = await run(subject(killer)).then(
        () => undefined,
        (error: unknown) => error as { code?: unknown },
      );
      assert.ok(failure !== undefined, `"${name}" did not notice what is broken for it`);
      assert.ok(isFinding(failure), `"${name}" failed for a reason of its own: ${inspect(failure)}`);
    });
  }
  test('nothing is broken without a case', async () => {
    const names = new Set(cases.map(({ name }) => name));
    assert.deepEqual(
      Object.keys(broken).filter((name) => !names.has(name)),
      [],
    );
  });
}

/** An assertion that did not hold, or the backend's own error; anything else is a mistake in case or killer. */
function isFinding(failure: { code?: unknown }): boolean {
  return CacheError.is(failure) || failure.code === 'ERR_ASSERTION';
}
