import { describe, expect, it } from '@jest/globals';
import {
  bytesReply,
  chatReply,
  chatCompletionBody,
  cutAfter,
  endedAfter,
  errorReply,
  gzipped,
  jsonReply,
  redirectReply,
  silentReply,
  stalledAfter,
} from '@cache/core/testing';
import {
  ask,
  begin,
  cacheStatusOf,
  eventsOf,
  jsonOf,
  readUntil,
  send,
  streamedText,
} from './proxy-client.fixture.ts';
import { LANES, MODEL, PROVIDER_KEY, startProxy } from './proxy.fixture.ts';

describe.each(LANES)('what the provider does, $lane', ({ fastLane }) => {
  it.each([400, 401, 403, 404, 408, 409, 422, 429, 500, 503, 529])(
    'peer defect 3: its error %i reaches the client as it is and is not kept',
    async (status) => {
      await using proxy = await startProxy({ fastLane });
      const error = { message: 'as it is', type: 'some_type', param: 'p', code: 'some_code', more: [1] };
      proxy.provider.script(() => errorReply(status, error));
      for (const stream of [false, true, false]) {
        const reply = await ask(proxy, { stream });
        expect([reply.status, jsonOf(reply)]).toEqual([status, { error }]);
        expect(reply.headers['content-type']).toBe('application/json');
      }
      expect(proxy.provider.calls).toHaveLength(3);
    },
  );

  it.each([
    ['no JSON', () => bytesReply('<html>')],
    ['half a JSON', () => bytesReply('{"choices":[{"index":0,"mess')],
    ['an error with status 200', () => jsonReply({ error: { message: 'no' } })],
    ['nothing', () => bytesReply('')],
  ])('peer defect 3: %s is passed on and not kept', async (_, script) => {
    await using proxy = await startProxy({ fastLane });
    proxy.provider.script(script);
    const replies = [await ask(proxy), await ask(proxy)];
    expect(replies.map(({ status }) => status)).toEqual([200, 200]);
    expect(replies.map(({ text }) => text)).toEqual(
      replies.map(() => Buffer.concat(script().pieces).toString()),
    );
    expect(proxy.provider.calls).toHaveLength(2);
  });

  it.each([
    ['ends without [DONE]', endedAfter],
    ['is cut', cutAfter],
  ])('peer defect 3: a stream that %s says so and is not kept', async (_, broken) => {
    await using proxy = await startProxy({ fastLane });
    proxy.provider.script((call) => broken(chatReply(call), 3));
    const streamed = await ask(proxy, { stream: true });
    expect(streamed.status).toBe(200);
    expect(streamed.text).not.toContain('[DONE]');
    expect(eventsOf(streamed.text).at(-1).error).toMatchObject({ code: 'stream_interrupted' });
    proxy.provider.script((call) => chatReply(call));
    expect(cacheStatusOf(await ask(proxy, { stream: true }))).toEqual({ fwd: 'uri-miss' });
    expect(proxy.provider.calls).toHaveLength(2);
  });

  it('peer defect 3: a whole answer that breaks off is 502 and not kept', async () => {
    await using proxy = await startProxy({ fastLane });
    proxy.provider.script((call) =>
      cutAfter({ ...chatReply(call), headers: { 'content-length': '9999' } }, 1),
    );
    const reply = await ask(proxy);
    expect([reply.status, jsonOf(reply).error.code]).toEqual([502, 'stream_interrupted']);
    proxy.provider.script((call) => chatReply(call));
    expect((await ask(proxy)).status).toBe(200);
    expect(proxy.provider.calls).toHaveLength(2);
  });

  it('bytes beyond the announced content-length are 502 or cut off, never kept', async () => {
    await using proxy = await startProxy({ fastLane });
    proxy.provider.script((call) => ({
      ...chatReply(call),
      headers: { 'content-type': 'application/json', 'content-length': '20' },
    }));
    await ask(proxy);
    proxy.provider.script((call) => chatReply(call));
    const good = await ask(proxy);
    expect(jsonOf(good).choices[0].message.content).toContain('Answer');
    expect(proxy.provider.calls.length).toBeGreaterThanOrEqual(2);
  });

  it.each([
    ['silence', () => silentReply(), { timeout: 0.15 }, false],
    ['half an answer', () => stalledAfter(bytesReply('{"choices":'), 1), { timeout: 0.15 }, false],
    ['silence for a stream', () => silentReply(), { timeout: 60, stream_timeout: 0.15 }, true],
  ] as const)('too much %s is 504', async (_, script, params, stream) => {
    await using proxy = await startProxy({ fastLane, params });
    proxy.provider.script(script);
    const reply = await ask(proxy, { stream });
    expect([reply.status, jsonOf(reply).error]).toEqual([
      504,
      expect.objectContaining({ type: 'timeout_error', code: 'timeout' }),
    ]);
    await proxy.provider.waitForAborts(1);
  });

  it('a stream that stalls ends with an error event', async () => {
    await using proxy = await startProxy({ fastLane, params: { stream_timeout: 0.15 } });
    proxy.provider.script((call) => stalledAfter(chatReply(call), 3));
    const { text } = await ask(proxy, { stream: true });
    expect(streamedText(text)).toMatch(/^Answer/);
    expect(text).toContain('"error"');
    expect(text).not.toContain('[DONE]');
    await proxy.provider.waitForAborts(1);
  });

  it.each([
    ['nobody listens', { api_base: 'http://127.0.0.1:1' }, undefined],
    ['it sends elsewhere', {}, () => redirectReply('http://127.0.0.1:1/')],
  ])('where %s: 502 without the key', async (_, params, script) => {
    await using proxy = await startProxy({ fastLane, params });
    if (script !== undefined) proxy.provider.script(script);
    const reply = await ask(proxy);
    expect([reply.status, jsonOf(reply).error.code]).toEqual([502, 'provider_unavailable']);
    expect(reply.text).not.toContain(PROVIDER_KEY);
    await proxy.waitForRequests(1);
    const told = jsonOf(reply).error.message as string;
    expect(told).toMatch(/127\.0\.0\.1/);
    expect(proxy.requestLines()).toEqual([expect.objectContaining({ status: 502, message: told })]);
  });

  it('a stream that breaks off is a line of the log: its head said 200', async () => {
    await using proxy = await startProxy({ fastLane });
    proxy.provider.script((call) => cutAfter(chatReply(call), 3));
    await ask(proxy, { stream: true });
    expect(proxy.log()).toMatch(
      /"level":"warn".*"key":"[0-9a-f]{64}","msg":"the answer of the provider broke off"/,
    );
  });

  it('compressed answers are decoded, and kept so', async () => {
    await using proxy = await startProxy({ fastLane });
    proxy.provider.script((call) => gzipped(chatReply(call)));
    const [miss, hit] = [await ask(proxy), await ask(proxy)];
    expect(miss.headers).not.toHaveProperty('content-encoding');
    expect(jsonOf(miss).choices[0].message.content).toBe('Answer 1 to: Say hello');
    expect(hit.text).toBe(miss.text);
  });

  it('is cancelled when the only client goes away', async () => {
    await using proxy = await startProxy({ fastLane });
    proxy.provider.hold();
    const waiting = begin(proxy, { body: chatCompletionBody() });
    await proxy.provider.waitForCalls(1);
    waiting.request.destroy();
    await proxy.provider.waitForAborts(1);
    await proxy.waitForRequests(1);
    expect(proxy.requestLines()[0]).toMatchObject({ status: 499, error: 'client_closed_request' });
  });

  it('is cancelled when the only client goes away in the middle of a stream', async () => {
    await using proxy = await startProxy({ fastLane });
    proxy.provider.hold(3);
    const reading = begin(proxy, { body: chatCompletionBody({ stream: true }) });
    await readUntil(await reading.response, (text) => text.includes('data: '));
    reading.request.destroy();
    await proxy.provider.waitForAborts(1);
    await proxy.waitForRequests(1);
    expect(cacheStatusOf(await ask(proxy))).toMatchObject({ fwd: 'uri-miss' });
  });

  it("learns nothing of the client's credentials", async () => {
    await using proxy = await startProxy({ fastLane });
    const secret = 'sk-of-the-client';
    const names = [
      'x-api-key',
      'api-key',
      'cookie',
      'proxy-authorization',
      'openai-organization',
      'x-forwarded-for',
    ];
    const headers = Object.fromEntries(names.map((name) => [name, secret]));
    await ask(proxy, {}, { ...headers, authorization: `Bearer ${secret}` });
    const [call] = proxy.provider.calls;
    expect(call?.headers.authorization).toBe(`Bearer ${PROVIDER_KEY}`);
    expect(JSON.stringify(call?.headers)).not.toContain(secret);
  });

  it('sets no cookies at clients, and tells nothing of its own connection', async () => {
    await using proxy = await startProxy({ fastLane });
    const own = {
      'set-cookie': 'session=1',
      server: 'theirs',
      'strict-transport-security': 'max-age=1',
      'alt-svc': 'h3=":1"',
    };
    proxy.provider.script((call) => ({
      ...chatReply(call),
      headers: { ...chatReply(call).headers, ...own },
    }));
    for (const { headers } of [
      await ask(proxy),
      await ask(proxy),
      await ask(proxy, { stream: true, seed: 1 }),
    ]) {
      for (const name of Object.keys(own)) expect(headers).not.toHaveProperty(name);
    }
  });

  it('does not pass off a hit of a caching provider as one of its own', async () => {
    await using proxy = await startProxy({ fastLane });
    const own = { 'x-litellm-cache-key': 'theirs', 'x-litellm-semantic-similarity': '0.9' };
    proxy.provider.script((call) => ({
      ...chatReply(call),
      headers: { ...chatReply(call).headers, ...own },
    }));
    for (const stream of [false, true]) {
      const { headers } = await ask(proxy, { stream, seed: Number(stream) });
      for (const name of Object.keys(own)) expect(headers).not.toHaveProperty(name);
    }
    expect((await ask(proxy, { seed: 0 })).headers['x-litellm-cache-key']).toMatch(/^[0-9a-f]{64}$/);
  });

  it('answers a model by the name it has there, with defaults of the deployment', async () => {
    await using proxy = await startProxy({ fastLane, params: { model: 'openai/other', temperature: 0.5 } });
    await send(proxy, { body: chatCompletionBody({ model: MODEL }) });
    expect(proxy.provider.calls[0]?.body).toMatchObject({ model: 'other', temperature: 0.5 });
  });
});
