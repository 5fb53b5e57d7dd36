import { describe, expect, it } from '@jest/globals';
import type { CacheBackend } from '../contract/backend.ts';
import type { CacheStore } from '../contract/store.ts';
import { framed } from '../engine/framed.ts';
import { resilient } from '../engine/store-wrappers/resilient.ts';
import { memoryBackend } from '../memory/memory-backend.ts';
import { memoryStore } from '../memory/memory-store.ts';
import { backendSubject, backendSuite, storeSuite } from './conformance.ts';
import { backendCases } from './conformance/backend-cases.ts';
import { storeCases } from './conformance/store-cases.ts';
import { FakeClock } from './fake-clock.ts';
import { fail } from './faults.ts';
import { faultyBackend } from './faulty-backend.ts';
import { faultyStore } from './faulty-store.ts';

describe('the suites', () => {
  it('have cases enough, each with a name of its own', () => {
    const names = [...backendCases, ...storeCases].map(({ name }) => name);
    expect(backendCases.length).toBeGreaterThanOrEqual(40);
    expect(new Set(names).size).toBe(names.length);
  });

  it('close the backend and dispose of the rest, when a case failed too', async () => {
    const runs: (() => Promise<void>)[] = [];
    const backends: ReturnType<typeof faultyBackend>[] = [];
    let disposed = 0;
    backendSuite({
      test: (_, run) => runs.push(run),
      create: async () => {
        const backend = faultyBackend(memoryBackend(), {
          set: fail(new Error('no')),
          get: fail(new Error('no')),
        });
        backends.push(backend);
        return { backend, dispose: async () => void (disposed += 1) };
      },
    });
    const outcomes = await Promise.allSettled(runs.slice(0, 20).map((run) => run()));
    expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true);
    expect(disposed).toBe(20);
    for (const { operations } of backends) expect(operations.at(-1)?.name).toBe('close');
  });
});

describe('a backend on a clock that can be moved', () => {
  backendSuite({
    test: it,
    create: async () => {
      const clock = new FakeClock();
      return {
        backend: memoryBackend({ clock }),
        now: () => clock.now(),
        advance: (milliseconds) => clock.advance(milliseconds),
        prefix: 'tests/',
      };
    },
  });
});

/** Five methods, no native expiry: the least that the contract asks for. */
function minimalBackend(): CacheBackend {
  const inner = memoryBackend();
  return {
    contract: inner.contract,
    name: 'minimal',
    capabilities: { ...inner.capabilities, expiry: 'none', maxValueBytes: Infinity, maxKeyBytes: 1_024 },
    get: (key, options) => inner.get(key, options),
    set: (key, bytes, options) => inner.set(key, bytes, options?.signal ? { signal: options.signal } : {}),
    delete: (keys, options) => inner.delete(keys, options),
    ping: (options) => inner.ping(options),
    close: () => inner.close(),
  };
}

describe('a backend of five methods without expiry', () => {
  backendSuite({
    test: it,
    create: async () => ({ backend: minimalBackend(), advance: async () => undefined }),
  });
});

describe('time without a clock to move', () => {
  it('passes really where a case needs little of it, and not at all where it needs much', async () => {
    const subject = backendSubject({ backend: minimalBackend() });
    const before = performance.now();
    expect(await subject.elapse(20)).toBe(true);
    expect(performance.now() - before).toBeGreaterThanOrEqual(18);
    expect(await subject.elapse(3_001)).toBe(false);
    expect(performance.now() - before).toBeLessThan(3_000);
  });
});

describe.each<[string, () => CacheStore]>([
  ['the memory store', () => memoryStore()],
  ['a framed backend', () => framed(memoryBackend())],
  ['a resilient framed backend', () => resilient(framed(memoryBackend()))],
  ['a faulty store without faults', () => faultyStore(memoryStore())],
])('%s', (_, create) => {
  storeSuite({ test: it, create: async () => ({ store: create() }) });
});
