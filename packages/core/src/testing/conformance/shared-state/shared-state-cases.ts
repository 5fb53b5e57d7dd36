import { busCases } from './bus-cases.ts';
import { counterCases } from './counter-cases.ts';
import { endCases } from './end-cases.ts';
import { leaseCases } from './lease-cases.ts';
import type { SharedStateCase } from './subject.ts';
import { valueCases } from './value-cases.ts';

/** Every case of `sharedStateSuite`. */
export const sharedStateCases: readonly SharedStateCase[] = [
  ...counterCases,
  ...leaseCases,
  ...valueCases,
  ...busCases,
  ...endCases,
];
