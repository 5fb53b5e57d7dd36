import { describe, expect, it } from '@jest/globals';
import { proveCases } from '../prove-cases.ts';
import { brokenBus, brokenEnds } from './broken/bus-and-ends.ts';
import { brokenSubject } from './broken/broken-state.ts';
import { brokenCounters } from './broken/counters.ts';
import { brokenLeases, brokenValues } from './broken/leases-and-values.ts';
import { sharedStateCases } from './shared-state-cases.ts';

describe('each case of sharedStateSuite passes a correct state and is failed by one broken for it', () => {
  proveCases({
    test: it,
    cases: sharedStateCases,
    broken: { ...brokenCounters, ...brokenLeases, ...brokenValues, ...brokenBus, ...brokenEnds },
    subject: brokenSubject,
  });

  it('has a name of its own', () => {
    expect(new Set(sharedStateCases.map(({ name }) => name)).size).toBe(sharedStateCases.length);
  });
});
