import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheBackend } from '../contract/backend.ts';
import type { CacheStore } from '../contract/store.ts';
import { backendCases } from './conformance/backend-cases.ts';
import type { StoreSubject } from './conformance/store-cases.ts';
import { storeCases } from './conformance/store-cases.ts';
import type { BackendSubject } from './conformance/suite-case.ts';

/** Registers one test: `it` of jest and vitest, `test` of node:test. */
export type RegisterTest = (name: string, run: () => Promise<void>) => unknown;

/** A backend to be tested, and what the suite may do around it. */
export interface BackendFixture {
  readonly backend: CacheBackend;
  /** Takes away what `create` set up beside the backend. The suite closes the backend before. */
  readonly dispose?: () => Promise<void>;
  /**
   * Moves the time by which the backend expires values. Without it cases of a few seconds take place in real time, and
   * those of longer than that end early.
   */
  readonly advance?: (milliseconds: number) => Promise<void>;
  /** The time as the backend sees it, in epoch milliseconds. Default: the machine's. */
  readonly now?: () => number;
  /** Closes the backend and opens another one over the same data. Only for backends that keep their data. */
  readonly reopen?: () => Promise<CacheBackend>;
  /**
   * What every key starts with, where the backend or its server takes no others. Default: none. Each test adds a random
   * prefix of its own, so that tests may share a server; only `__proto__` and its like are tried without.
   */
  readonly prefix?: string;
}

/** Options of {@link backendSuite}. */
export interface BackendSuiteOptions {
  readonly test: RegisterTest;
  /** Makes a backend for one test. Called for each of them. */
  readonly create: () => Promise<BackendFixture>;
}

/** Waits up to this long take place in real time where a backend has no clock to move. */
const REAL_WAIT_MILLISECONDS = 3_000;

/**
 * Registers the cases that every {@link CacheBackend} must pass, with any test framework. What a backend does not have
 * (`list`, native expiry, ...) is read from the backend itself; there is nothing to switch off.
 *
 * @example
 * import { backendSuite } from '@cache/core/testing';
 * import { test } from 'node:test';
 *
 * backendSuite({ test, create: async () => ({ backend: myBackend({ url }) }) });
 */
export function backendSuite({ test, create }: BackendSuiteOptions): void {
  for (const { name, run } of backendCases) {
    test(name, async () => {
      const fixture = await create();
      try {
        await run(backendSubject(fixture));
      } finally {
        await fixture.backend.close();
        await fixture.dispose?.();
      }
    });
  }
}

/** What the cases see of a fixture. */
export function backendSubject(fixture: BackendFixture): BackendSubject {
  const { backend, prefix = '' } = fixture;
  return {
    backend,
    prefix: `${prefix}${randomUUID()}:`,
    isPrefixRequired: prefix !== '',
    now: () => fixture.now?.() ?? Date.now(),
    reopen: fixture.reopen,
    async elapse(milliseconds) {
      if (fixture.advance !== undefined) await fixture.advance(milliseconds);
      else if (milliseconds > REAL_WAIT_MILLISECONDS) return false;
      else await sleep(milliseconds);
      return true;
    },
  };
}

/** A store to be tested, empty or shared with nobody: one case clears every key of the cache's own shape. */
export interface StoreFixture {
  readonly store: CacheStore;
  /** Takes away what `create` set up beside the store. The suite closes the store before. */
  readonly dispose?: () => Promise<void>;
  /** The time as the store sees it, in epoch milliseconds. Default: the machine's. */
  readonly now?: () => number;
}

/** Options of {@link storeSuite}. */
export interface StoreSuiteOptions {
  readonly test: RegisterTest;
  /** Makes a store for one test. Called for each of them. */
  readonly create: () => Promise<StoreFixture>;
}

/**
 * Registers the cases that every {@link CacheStore} must pass, wrappers around stores included, with any test framework.
 *
 * @example
 * storeSuite({ test, create: async () => ({ store: framed(memoryBackend()) }) });
 */
export function storeSuite({ test, create }: StoreSuiteOptions): void {
  for (const { name, run } of storeCases) {
    test(name, async () => {
      const fixture = await create();
      try {
        await run(storeSubject(fixture));
      } finally {
        await fixture.store.close();
        await fixture.dispose?.();
      }
    });
  }
}

function storeSubject(fixture: StoreFixture): StoreSubject {
  return {
    store: fixture.store,
    prefix: `${randomUUID()}:`,
    now: () => fixture.now?.() ?? Date.now(),
  };
}
