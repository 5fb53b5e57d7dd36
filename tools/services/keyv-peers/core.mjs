import { env } from 'node:process';

/** The sources of `@cache/core`, which this folder is no neighbour of once it is installed somewhere else. */
const source = (path) => import(new URL(path, env.CACHE_CORE_SOURCE).href);

export const { keyvBackend, keyvStore } = await source('keyv/index.ts');
export const { memoryBackend } = await source('memory/memory-backend.ts');
export const { backendSuite } = await source('testing/conformance.ts');
