import { bytesCases } from './bytes-cases.ts';
import { clearCases } from './clear-cases.ts';
import { concurrencyCases } from './concurrency-cases.ts';
import { expiryCases } from './expiry-cases.ts';
import { keyCases } from './key-cases.ts';
import { lifecycleCases } from './lifecycle-cases.ts';
import { limitCases } from './limit-cases.ts';
import { listCases } from './list-cases.ts';
import { manyCases } from './many-cases.ts';
import { signalCases } from './signal-cases.ts';
import type { BackendCase } from './suite-case.ts';
import { writeCases } from './write-cases.ts';

/** Every case of `backendSuite`. */
export const backendCases: readonly BackendCase[] = [
  ...lifecycleCases,
  ...bytesCases,
  ...keyCases,
  ...writeCases,
  ...manyCases,
  ...expiryCases,
  ...listCases,
  ...clearCases,
  ...signalCases,
  ...concurrencyCases,
  ...limitCases,
];
