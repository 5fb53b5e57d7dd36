import { env } from 'node:process';
import KeyvRedis, { createKeyv } from '@keyv/redis';
import keyvTestSuite, { keyvIteratorTests } from '@keyv/test-suite';
import { Keyv } from 'keyv';
import * as vitest from 'vitest';
import { describeBackend, describeUnreachable } from './backends.mjs';
import { keyvBackend, keyvStore } from './core.mjs';

const { Keyv: Keyv6 } = await import(env.KEYV_6);

const adapters = [];

/** Each on a database of its own. */
function redis(database, options) {
  const adapter = new KeyvRedis(`${env.REDIS_URL}/${database}`, options);
  adapters.push(adapter);
  return adapter;
}

vitest.afterAll(async () => {
  await Promise.all(adapters.map((adapter) => adapter.disconnect()));
});

describeBackend('Keyv 5.6 over @keyv/redis', new Keyv({ store: redis(0) }));
describeBackend('bare @keyv/redis', redis(1));
describeBackend('bare @keyv/redis with a namespace', redis(2, { namespace: 'team' }));
describeBackend('Keyv 6.1 over @keyv/redis', new Keyv6({ store: redis(3) }));
const made = createKeyv(`${env.REDIS_URL}/4`, { namespace: 'team' });
adapters.push(made);
describeBackend('createKeyv of @keyv/redis', made);

/** Nobody listens on port 1. One attempt: each operation has an adapter of its own. */
const refusing = () => new KeyvRedis({ socket: { port: 1, host: '127.0.0.1', reconnectStrategy: false } });
describeUnreachable(
  'Keyv 5.6 over @keyv/redis',
  () => new Keyv({ store: refusing() }),
  'CACHE_BACKEND_UNAVAILABLE',
);
describeUnreachable('bare @keyv/redis', refusing, 'CACHE_BACKEND_UNAVAILABLE');
describeUnreachable(
  'Keyv 6.1 over @keyv/redis',
  () => new Keyv6({ store: refusing() }),
  'CACHE_BACKEND_UNAVAILABLE',
);

vitest.describe('keyvStore over a backend over @keyv/redis', () => {
  const backend = keyvBackend(redis(5));
  const store = () => keyvStore(backend);
  keyvTestSuite(vitest, Keyv, store);
  keyvIteratorTests(vitest, Keyv, store);
});
