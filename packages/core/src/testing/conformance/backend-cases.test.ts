import { describe, it } from '@jest/globals';
import { backendCases } from './backend-cases.ts';
import { memorySubject } from './broken/broken-backend.ts';
import { brokenExpiry } from './broken/expiry.ts';
import { brokenClear, brokenList } from './broken/listing.ts';
import { brokenConcurrency, brokenLifecycle, brokenLimits, brokenSignals } from './broken/operation.ts';
import { brokenBytes, brokenKeys, brokenMany, brokenWrites } from './broken/values.ts';
import { proveCases } from './prove-cases.ts';

describe('each case of backendSuite passes a correct backend and is failed by one broken for it', () => {
  proveCases({
    test: it,
    cases: backendCases,
    broken: {
      ...brokenLifecycle,
      ...brokenBytes,
      ...brokenKeys,
      ...brokenWrites,
      ...brokenMany,
      ...brokenExpiry,
      ...brokenList,
      ...brokenClear,
      ...brokenSignals,
      ...brokenConcurrency,
      ...brokenLimits,
    },
    subject: memorySubject,
  });
});
