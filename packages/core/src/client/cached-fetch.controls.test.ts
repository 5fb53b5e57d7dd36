import { afterEach, describe, expect, it, jest } from '@jest/globals';
import OpenAI from 'openai';
import { cacheControls, type CacheControls } from './cache-controls.ts';
import { getCacheInfo, type CacheInfo } from './cache-info.ts';
import { ask, cacheStatusOf, question, setUp, type Setup } from './openai.fixture.ts';

let setup: Setup;
afterEach(() => setup.close());

/** What the cache had to do with one question asked under `controls`. */
async function info(
  controls: CacheControls = {},
  headers: Record<string, string> = {},
): Promise<CacheInfo | undefined> {
  const asked = { ...question(), ...cacheControls(controls) };
  return getCacheInfo(await setup.openai.chat.completions.create(asked, { headers }).asResponse());
}

describe('the cache member of the body', () => {
  it('never reaches the provider, whatever it says', async () => {
    setup = await setUp();
    await info({ ttl: 60 });
    await info({ 'no-cache': true, 'no-store': true });
    expect(setup.provider.calls).toHaveLength(2);
    for (const call of setup.provider.calls) expect(call.body).toEqual(question());
  });

  it('ttl is the lifetime of the entry written now', async () => {
    setup = await setUp();
    await info({ ttl: 1.5 });
    await setup.clock.advance(1_000);
    expect(await info()).toMatchObject({ hit: true, ageSeconds: 1, ttlSeconds: 0 });
    await setup.clock.advance(500);
    expect(await info()).toMatchObject({ hit: false });
  });

  it('no-cache asks again, no-store leaves nothing, s-maxage wants it young, namespace is apart', async () => {
    setup = await setUp();
    expect(await info({ 'no-store': true })).toMatchObject({ hit: false });
    expect(await info()).toMatchObject({ hit: false, reason: 'absent' });
    expect(await info({ 'no-cache': true })).toMatchObject({ hit: false, reason: 'no_cache' });
    await setup.clock.advance(5_000);
    expect(await info({ 's-maxage': 5 })).toMatchObject({ hit: true });
    expect(await info({ namespace: 'other' })).toMatchObject({ hit: false, reason: 'absent' });
    expect(await info({ 's-maxage': 4 })).toMatchObject({ hit: false, reason: 'too_old' });
  });

  it('a stale answer that the request allows says that it is stale', async () => {
    setup = await setUp();
    await info({ ttl: 10, 'stale-while-revalidate': 60 });
    await setup.clock.advance(20_000);
    expect(await info({ 'stale-while-revalidate': 60 })).toMatchObject({
      hit: true,
      stale: true,
      ttlSeconds: -10,
    });
    await setup.cache.close();
  });
});

describe('a wrong control', () => {
  it.each([
    [{ ttl: '60' }, 'cache.ttl', '400 cache.ttl must be a number of seconds, 0 or more, got "60" (string)'],
    [
      { 'no-cahce': true },
      'cache.no-cahce',
      '400 cache.no-cahce is not a cache control; did you mean "no-cache"?',
    ],
  ])("%j is the SDK's BadRequestError, once, without a call", async (cache, param, message) => {
    setup = await setUp();
    const counting = jest.fn(setup.fetch);
    const openai = setup.client({ fetch: counting, maxRetries: 2 });
    const asked = openai.chat.completions.create({ ...question(), ...{ cache } });
    const error = await asked.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({
      message,
      param,
      code: 'invalid_cache_control',
      type: 'invalid_request_error',
    });
    expect(counting).toHaveBeenCalledTimes(1);
    expect(setup.provider.calls).toHaveLength(0);
  });
});

describe('the Cache-Control header', () => {
  it.each([
    ['no-cache', { hit: false, reason: 'no_cache' }],
    ['max-age=0', { hit: false, reason: 'no_cache' }],
    ['max-age=10', { hit: true }],
    ['max-age=9', { hit: false, reason: 'too_old' }],
    ['min-fresh=590', { hit: true }],
    ['min-fresh=591', { hit: false, reason: 'too_old' }],
    ['only-if-cached', { hit: true }],
  ])('%s', async (directives, expected) => {
    setup = await setUp();
    await ask(setup.openai);
    await setup.clock.advance(10_000);
    expect(await info({}, { 'Cache-Control': directives })).toMatchObject(expected);
  });

  it('is overruled by the body', async () => {
    setup = await setUp();
    await ask(setup.openai);
    expect(await info({ 'no-cache': false }, { 'Cache-Control': 'no-cache' })).toMatchObject({ hit: true });
  });

  it('only-if-cached without an entry is 504 cache_miss: no call, no retry', async () => {
    setup = await setUp();
    const response = await setup.post(question(), { headers: { 'Cache-Control': 'only-if-cached' } });
    expect(response.status).toBe(504);
    expect(cacheStatusOf(response)).toEqual({ name: 'llm-cache', parameters: { detail: 'cache_miss' } });
    expect(getCacheInfo(response)).toEqual({ hit: false, key: expect.stringMatching(/^[0-9a-f]{64}$/) });

    const counting = jest.fn(setup.fetch);
    const openai = setup.client({ fetch: counting, maxRetries: 2 });
    const asked = openai.chat.completions.create(question(), {
      headers: { 'Cache-Control': 'only-if-cached' },
    });
    await expect(asked).rejects.toMatchObject({ status: 504, code: 'cache_miss' });
    expect(counting).toHaveBeenCalledTimes(1);
    expect(setup.provider.calls).toHaveLength(0);
  });
});
