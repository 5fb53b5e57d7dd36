import { describe, expect, test } from 'vitest';
import { backendSuite, keyvBackend } from './core.mjs';

/** The conformance suite of `@cache/core` on a Keyv or an adapter, which the cases share, `atOnce` or one after the other. */
export function describeBackend(name, keyv, { atOnce = true } = {}) {
  describe(name, () => {
    backendSuite({
      test: (title, run) => (atOnce ? test.concurrent : test)(title, run),
      create: async () => ({ backend: keyvBackend(keyv, { maxValueBytes: 1024 * 1024 }) }),
    });
  });
}

/** Every operation of a backend whose store cannot be reached rejects with `code`. */
export function describeUnreachable(name, makeKeyv, code) {
  describe(`${name}, out of reach`, () => {
    const operations = {
      get: (backend) => backend.get('a'),
      getMany: (backend) => backend.getMany(['a', 'b']),
      set: (backend) => backend.set('a', Buffer.from('1'), { deleteAt: Date.now() + 60_000 }),
      setMany: (backend) => backend.setMany([{ key: 'a', bytes: Buffer.from('1') }]),
      delete: (backend) => backend.delete(['a']),
      list: async (backend) => {
        for await (const { key } of backend.list('')) expect(key).toBe('never');
      },
      ping: (backend) => backend.ping(),
    };
    for (const [operation, run] of Object.entries(operations)) {
      test(operation, async () => {
        const backend = keyvBackend(makeKeyv());
        await expect(run(backend)).rejects.toMatchObject({ name: 'CacheError', code, operation });
        await backend.close();
      });
    }
  });
}
