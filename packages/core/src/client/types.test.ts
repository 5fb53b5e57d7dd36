import { describe, expect, it } from '@jest/globals';
import OpenAI, { AzureOpenAI, type ClientOptions } from 'openai';
import { Cache } from '../engine/cache.ts';
import { memoryStore } from '../memory/memory-store.ts';
import {
  cacheControls,
  cachedFetch,
  getCacheInfo,
  type CachedFetchOptions,
  type CacheInfo,
} from './index.ts';

/**
 * Checked by the compiler (`tsc --build packages/core`), under `strict` and `exactOptionalPropertyTypes`; what runs only
 * keeps it from being a test of nothing.
 */
describe('the types fit', () => {
  const cache = new Cache({ store: memoryStore() });
  const fetching = cachedFetch(cache);

  it('the fetch option of the OpenAI SDK and the global fetch, without a cast', () => {
    const options: ClientOptions = { apiKey: 'x', fetch: fetching };
    const likeFetch: typeof globalThis.fetch = fetching;
    const plainest: (input: string, init?: RequestInit) => Promise<Response> = fetching;
    expect(new OpenAI(options)).toBeInstanceOf(OpenAI);
    expect(
      new AzureOpenAI({ apiKey: 'x', apiVersion: '1', baseURL: 'http://x', fetch: fetching }),
    ).toBeInstanceOf(OpenAI);
    expect([likeFetch, plainest]).toEqual([fetching, fetching]);
  });

  it('its own options, and nothing else', () => {
    const options: CachedFetchOptions = {
      fetch: fetching,
      caller: (headers) => ({ teamId: headers.get('x-team') ?? '' }),
    };
    expect(cachedFetch(cache, options)).toBeInstanceOf(Function);
    // @ts-expect-error -- no such option
    expect(() => cachedFetch(cache, { ttlSeconds: 1 })).toThrow();
    // @ts-expect-error -- a cache is needed
    expect(() => cachedFetch()).toThrow();
  });

  it('controls, spread into the parameters of the SDK', () => {
    const asked: OpenAI.ChatCompletionCreateParamsNonStreaming = {
      model: 'm',
      messages: [{ role: 'user', content: 'x' }],
      ...cacheControls({ ttl: 60, 'no-store': false, namespace: 'a' }),
    };
    expect(asked).toMatchObject({ cache: { ttl: 60, 'no-store': false, namespace: 'a' } });
    // @ts-expect-error -- a wrong kind is seen by the compiler
    expect(cacheControls({ ttl: '60' })).toBeDefined();
    // @ts-expect-error -- and so is a misspelt name
    expect(cacheControls({ 'no-cahce': true })).toBeDefined();
  });

  it('what getCacheInfo tells', () => {
    const info: CacheInfo | undefined = getCacheInfo(new Response());
    const age: number | undefined = info?.ageSeconds;
    expect(age).toBeUndefined();
  });
});
