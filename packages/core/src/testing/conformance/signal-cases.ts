import { assertRejects, assertSettles, assertStored, bytesOf } from './expectations.ts';
import { optionalOperations, requiredOperations } from './operations.ts';
import type { Operation } from './operations.ts';
import type { BackendCase } from './suite-case.ts';
import { group } from './suite-case.ts';

/** Whoever stops waiting is told so at once, and nobody else notices. */
export const signalCases: readonly BackendCase[] = group('signals', {
  'get, set, delete and ping reject an aborted signal': async ({ backend, prefix }) => {
    await assertAborted(requiredOperations(backend, `${prefix}a`));
  },

  'the optional operations reject an aborted signal': async ({ backend, prefix }) => {
    await backend.set(`${prefix}a`, bytesOf('a'));
    await assertAborted(optionalOperations(backend, `${prefix}a`));
  },

  'an abort in flight is CACHE_ABORTED unless the work was done already': async ({ backend, prefix }) => {
    const operations = [
      ...requiredOperations(backend, `${prefix}a`),
      ...optionalOperations(backend, `${prefix}a`),
    ];
    for (const { name, run } of operations) {
      const abort = new AbortController();
      const pending = run({ signal: abort.signal });
      abort.abort(new Error('the caller has gone'));
      await assertSettles(`${name}, aborted in flight,`, pending, 'CACHE_ABORTED');
    }
  },

  'an abort after the end undoes nothing': async ({ backend, prefix }) => {
    const abort = new AbortController();
    await backend.set(`${prefix}a`, bytesOf('a'), { signal: abort.signal });
    abort.abort();
    await assertStored(backend, `${prefix}a`, bytesOf('a'));
  },

  'an abort disturbs no other operation': async ({ backend, prefix }) => {
    await backend.set(`${prefix}a`, bytesOf('a'));
    const abort = new AbortController();
    const aborted = backend.get(`${prefix}a`, { signal: abort.signal });
    const other = assertStored(backend, `${prefix}a`, bytesOf('a'));
    abort.abort();
    await Promise.all([other, assertSettles('get, aborted in flight,', aborted, 'CACHE_ABORTED')]);
    await assertStored(backend, `${prefix}a`, bytesOf('a'));
    await backend.ping();
  },
});

async function assertAborted(operations: readonly Operation[]): Promise<void> {
  for (const { name, run } of operations) {
    const options = { signal: AbortSignal.abort(new Error('the caller has gone')) };
    await assertRejects(`${name} with an aborted signal`, () => run(options), 'CACHE_ABORTED');
  }
}
