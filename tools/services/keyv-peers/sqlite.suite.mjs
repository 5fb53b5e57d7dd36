import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import KeyvSqlite from '@keyv/sqlite';
import keyvTestSuite, { keyvIteratorTests } from '@keyv/test-suite';
import { Keyv } from 'keyv';
import * as vitest from 'vitest';
import { describeBackend, describeUnreachable } from './backends.mjs';
import { keyvBackend, keyvStore } from './core.mjs';

const folder = mkdtempSync(join(tmpdir(), 'keyv-sqlite-'));
const adapters = [];

function sqlite(file) {
  const adapter = new KeyvSqlite({ uri: `sqlite://${join(folder, file)}`, busyTimeout: 10_000 });
  adapters.push(adapter);
  return adapter;
}

/** Without waiting for the disk, of which nothing here needs to outlive a power cut. */
async function quick(file) {
  const adapter = sqlite(file);
  await adapter.query('PRAGMA synchronous = OFF');
  return adapter;
}

vitest.afterAll(async () => {
  await Promise.all(adapters.map((adapter) => adapter.disconnect().catch(() => undefined)));
  rmSync(folder, { recursive: true, force: true });
});

describeBackend('Keyv 5.6 over a Map', new Keyv());
describeBackend('Keyv 5.6 over a Map, without prefix', new Keyv({ useKeyPrefix: false }));
/** Its iterator pages by offset: keys are skipped where others are deleted meanwhile, so the cases cannot share it at once. */
const inTurn = { atOnce: false };
describeBackend('Keyv 5.6 over @keyv/sqlite', new Keyv({ store: await quick('keyv.sqlite') }), inTurn);
describeBackend('bare @keyv/sqlite', await quick('bare.sqlite'), inTurn);

const isMissing = 'no/such/folder/keyv.sqlite';
describeUnreachable(
  'Keyv 5.6 over @keyv/sqlite',
  () => new Keyv({ store: sqlite(isMissing) }),
  'CACHE_BACKEND_FAILED',
);
describeUnreachable('bare @keyv/sqlite', () => sqlite(isMissing), 'CACHE_BACKEND_FAILED');

const backend = keyvBackend(await quick('store.sqlite'));

vitest.describe('keyvStore over a backend over @keyv/sqlite', () => {
  const store = () => keyvStore(backend);
  keyvTestSuite(vitest, Keyv, store);
  keyvIteratorTests(vitest, Keyv, store);
});
