import keyvTestSuite, { keyvIteratorTests } from '@keyv/test-suite';
import { Keyv } from 'keyv';
import * as vitest from 'vitest';
import { keyvStore, memoryBackend } from './core.mjs';

/** Keyv's own suite on what this project exposes as a store for Keyv. */
vitest.describe('keyvStore over memoryBackend', () => {
  const backend = memoryBackend();
  const store = () => keyvStore(backend);
  keyvTestSuite(vitest, Keyv, store);
  keyvIteratorTests(vitest, Keyv, store);
});
