import type { CacheBackend } from '@cache/core';
import { backendSuite } from '@cache/core/testing';

export interface ConformanceCount {
  readonly passed: number;
  readonly failed: readonly string[];
}

/** Runs the conformance suite, a few cases at a time: many of them wait for something to expire. */
export async function countConformance(
  create: () => Promise<CacheBackend>,
  prefix: string,
): Promise<ConformanceCount> {
  const cases: { readonly name: string; readonly run: () => Promise<void> }[] = [];
  backendSuite({
    test: (name, run) => cases.push({ name, run }),
    create: async () => ({ backend: await create(), prefix }),
  });
  const total = cases.length;
  const failed: string[] = [];
  const worker = async (): Promise<void> => {
    for (let next = cases.shift(); next !== undefined; next = cases.shift()) {
      try {
        await next.run();
      } catch (error) {
        failed.push(`${next.name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return { passed: total - failed.length, failed };
}
