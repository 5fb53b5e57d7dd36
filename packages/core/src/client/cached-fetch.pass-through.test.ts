import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Cache } from '../engine/cache.ts';
import { memoryStore } from '../memory/memory-store.ts';
import { cachedFetch } from './cached-fetch.ts';
import { getCacheInfo } from './cache-info.ts';
import { ask, question, setUp, type Setup } from './openai.fixture.ts';

const cache = new Cache({ store: memoryStore() });
const CHAT = 'https://provider.example/v1/chat/completions';
const JSON_BODY = JSON.stringify(question());
const post = (body: NonNullable<RequestInit['body']>, more: RequestInit = {}): RequestInit => ({
  method: 'POST',
  body,
  ...more,
});

describe("what is none of the cache's business", () => {
  it.each<[string, Parameters<typeof fetch>[0], RequestInit | undefined]>([
    ['GET /models', 'https://provider.example/v1/models', undefined],
    ['GET of the chat path (stored completions)', CHAT, { method: 'GET' }],
    ['DELETE', `${CHAT}/chatcmpl-1`, { method: 'DELETE' }],
    [
      'a call type this cache does not know',
      'https://provider.example/v1/moderations',
      post('{"input":"x"}'),
    ],
    ['another host and path', 'https://elsewhere.example/anything', post(JSON_BODY)],
    ['a path that only contains the words', `${CHAT}/chatcmpl-1`, post('{"metadata":{}}')],
    ['a form', CHAT, post(new FormData())],
    ['parameters of a URL', CHAT, post(new URLSearchParams('a=b'))],
    ['a Blob', CHAT, post(new Blob([JSON_BODY]))],
    ['a stream as body', CHAT, post(new Blob([JSON_BODY]).stream(), { duplex: 'half' })],
    ['a Request object', new Request(CHAT, post(JSON_BODY)), undefined],
    ['a Request object with init', new Request(CHAT), post(JSON_BODY)],
    ['no body', CHAT, { method: 'POST' }],
    ['a body that is no JSON', CHAT, post('{"messages": [')],
    ['a body that is no object', CHAT, post('[1, 2]')],
    ['a body that is not UTF-8', CHAT, post(new Uint8Array([0xff, 0xfe]))],
    ['a body nested too deep', CHAT, post(`${'{"a":'.repeat(600)}1${'}'.repeat(600)}`)],
    ['a relative address', '/v1/chat/completions', post(JSON_BODY)],
    [
      'an address with a password',
      'https://user:secret@provider.example/v1/chat/completions',
      post(JSON_BODY),
    ],
  ])('%s reaches the real fetch: same arguments, same result', async (_name, input, init) => {
    const response = new Response('untouched');
    const realFetch = jest.fn<typeof fetch>(() => Promise.resolve(response));
    expect(await cachedFetch(cache, { fetch: realFetch })(input, init)).toBe(response);
    expect(realFetch).toHaveBeenCalledTimes(1);
    expect(realFetch.mock.calls[0]?.[0]).toBe(input);
    expect(realFetch.mock.calls[0]?.[1]).toBe(init);
    expect(getCacheInfo(response)).toBeUndefined();
  });

  it('a failure of the real fetch is passed on as it is', async () => {
    const failure = new TypeError('fetch failed');
    const failing = cachedFetch(cache, { fetch: () => Promise.reject(failure) });
    await expect(failing('https://provider.example/v1/models')).rejects.toBe(failure);
  });
});

describe('what is', () => {
  it.each<[string, Parameters<typeof fetch>[0], NonNullable<RequestInit['body']>]>([
    ['a string', CHAT, JSON_BODY],
    ['bytes', CHAT, new TextEncoder().encode(JSON_BODY)],
    ['a view on larger memory', CHAT, Buffer.from(`xx${JSON_BODY}`).subarray(2)],
    ['an ArrayBuffer', CHAT, new TextEncoder().encode(JSON_BODY).buffer],
    ['a URL object', new URL(CHAT), JSON_BODY],
  ])('%s', async (_name, input, body) => {
    const realFetch = jest.fn<typeof fetch>(() => Promise.resolve(Response.json({ choices: [] })));
    const response = await cachedFetch(cache, { fetch: realFetch })(input, post(body, { method: 'post' }));
    expect(getCacheInfo(response)).toMatchObject({ hit: false });
    expect(realFetch.mock.calls[0]?.[0]).toBe(CHAT);
    expect(realFetch.mock.calls[0]?.[1]?.body).toBe(JSON_BODY);
  });

  it('the rest of init reaches the real fetch; the headers without the old length', async () => {
    const realFetch = jest.fn<typeof fetch>(() => Promise.resolve(Response.json({ choices: [] })));
    const init = post(JSON_BODY, {
      redirect: 'error',
      keepalive: true,
      headers: { 'content-length': '999', 'x-mine': '1' },
    });
    await cachedFetch(cache, { fetch: realFetch })(CHAT, init);
    const sent = realFetch.mock.calls[0]?.[1];
    expect(sent).toMatchObject({ redirect: 'error', keepalive: true, method: 'POST' });
    expect([...new Headers(sent?.headers)]).toEqual([['x-mine', '1']]);
    expect(init.headers).toEqual({ 'content-length': '999', 'x-mine': '1' });
  });

  it('takes the global fetch as it is at the time of the call', async () => {
    const wrapped = cachedFetch(cache);
    const replaced = jest.spyOn(globalThis, 'fetch').mockResolvedValue(Response.json({ choices: [] }));
    await wrapped(CHAT, post(JSON_BODY));
    expect(replaced).toHaveBeenCalledTimes(1);
    replaced.mockRestore();
  });
});

describe('as the global fetch', () => {
  const original = globalThis.fetch;
  let setup: Setup;
  afterEach(() => {
    globalThis.fetch = original;
    return setup.close();
  });

  it('serves libraries without a fetch option, and goes on to the fetch it replaced', async () => {
    setup = await setUp();
    globalThis.fetch = cachedFetch(setup.cache);
    const post = (): Promise<Response> =>
      globalThis.fetch(`${setup.provider.url}/chat/completions`, { method: 'POST', body: JSON_BODY });
    expect(await (await post()).text()).toBe(await (await post()).text());
    expect((await globalThis.fetch(`${setup.provider.url}/models`)).status).toBe(200);
    expect(setup.provider.calls).toHaveLength(2);
  });

  it('may be the same cache that an SDK uses: it does not wait for its own call', async () => {
    setup = await setUp();
    globalThis.fetch = cachedFetch(setup.cache);
    expect(await ask(setup.openai)).toBe(await ask(setup.openai));
    expect(setup.provider.calls).toHaveLength(1);
  });

  it('may be another cache', async () => {
    setup = await setUp();
    globalThis.fetch = cachedFetch(new Cache({ store: memoryStore() }));
    await ask(setup.openai);
    await setup.cache.clear();
    expect(await ask(setup.openai)).toContain('Answer 1');
    expect(setup.provider.calls).toHaveLength(1);
  });
});

describe('the SDK', () => {
  let setup: Setup;
  afterEach(() => setup.close());

  it('lists models and reads what the cache does not know, every time anew', async () => {
    setup = await setUp();
    expect((await setup.openai.models.list()).data).toHaveLength(1);
    await setup.openai.models.list();
    const embeddings = setup.openai.embeddings.create({ model: 'e', input: 'x' });
    await expect(embeddings).rejects.toMatchObject({ status: 404 });
    expect(setup.provider.calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v1/models',
      'GET /v1/models',
      'POST /v1/embeddings',
    ]);
  });

  it('sends the credential and its own headers to the provider', async () => {
    setup = await setUp();
    await ask(setup.openai);
    expect(setup.provider.calls[0]?.headers).toMatchObject({
      authorization: 'Bearer sk-test',
      'content-type': 'application/json',
      'x-stainless-lang': 'js',
    });
  });
});

describe('arguments', () => {
  it.each<[string, () => unknown, string]>([
    ['a store', () => cachedFetch(memoryStore() as never), 'cache must be a Cache such as'],
    ['nothing', () => cachedFetch(undefined as never), 'cache must be a Cache such as'],
    ['an unknown option', () => cachedFetch(cache, { ttl: 1 } as never), 'ttl must be one of fetch, caller'],
    [
      'a wrong option',
      () => cachedFetch(cache, { caller: 'me' } as never),
      'caller must be a function, got "me"',
    ],
    ['null', () => cachedFetch(cache, null as never), 'options must be an object'],
  ])('%s is refused at once', (_name, make, message) => {
    expect(make).toThrow(
      expect.objectContaining({ code: 'CACHE_INVALID_OPTION', message: expect.stringContaining(message) }),
    );
  });
});
