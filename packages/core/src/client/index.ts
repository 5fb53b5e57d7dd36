export { cachedFetch } from './cached-fetch.ts';
export { getCacheInfo } from './cache-info.ts';

export type { CachedFetchOptions } from './cached-fetch.ts';
export type { CacheInfo } from './cache-info.ts';
