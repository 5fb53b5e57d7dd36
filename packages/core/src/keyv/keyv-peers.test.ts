import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith, redisProblem, startRedis } from '@cache/services';
import type { RedisService } from '@cache/services';
import { backendCases } from '../testing/conformance/backend-cases.ts';
import { keyvPeers, runPeerSuite } from './keyv-peers.fixture.ts';

/** Cases of Keyv's own suite at 2.1.2, its iterator tests included. */
const OFFICIAL_CASES = 42;
const UNREACHABLE_CASES = 7;

const MILLISECONDS = 250_000;

const peers = await keyvPeers();

describeWith(peers.problem, 'Keyv 5.6 with its official suite 2.1.2 (tools/services/keyv-peers)', () => {
  it(
    'passes on keyvStore',
    async () => {
      const report = await runPeerSuite(peers, 'official.suite.mjs');
      expect(report).toEqual({ passed: OFFICIAL_CASES, failures: [] });
    },
    MILLISECONDS,
  );

  it(
    'conforms over @keyv/sqlite 4.0.8, as an instance and bare, and over a Map',
    async () => {
      const report = await runPeerSuite(peers, 'sqlite.suite.mjs');
      const cases = 4 * backendCases.length + 2 * UNREACHABLE_CASES + OFFICIAL_CASES;
      expect(report).toEqual({ passed: cases, failures: [] });
    },
    MILLISECONDS,
  );
});

describeWith(peers.problem ?? redisProblem(), 'Keyv 5.6 and 6.1 over @keyv/redis 5.1.6', () => {
  let redis: RedisService;

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it(
    'conforms over a real Redis, as an instance and bare, with namespaces and without',
    async () => {
      const report = await runPeerSuite(peers, 'redis.suite.mjs', { REDIS_URL: redis.url });
      const cases = 5 * backendCases.length + 3 * UNREACHABLE_CASES + OFFICIAL_CASES;
      expect(report).toEqual({ passed: cases, failures: [] });
    },
    MILLISECONDS,
  );
});
