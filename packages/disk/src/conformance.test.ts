import { describe, it } from '@jest/globals';
import { backendSuite } from '@cache/core/testing';
import { testFolder } from './disk.fixture.ts';

describe('the disk backend, held to the contract', () => {
  backendSuite({
    test: it,
    async create() {
      const folder = await testFolder();
      const backend = folder.open();
      return {
        backend,
        async reopen() {
          await backend.close();
          return folder.open();
        },
        dispose: () => folder[Symbol.asyncDispose](),
      };
    },
  });
});
