export { cacheControls } from './cache-controls.ts';
export { cachedFetch } from './cached-fetch.ts';
export { getCacheInfo } from './cache-info.ts';

export type { CacheControls } from './cache-controls.ts';
export type { CachedFetchOptions } from './cached-fetch.ts';
export type { CacheInfo } from './cache-info.ts';
