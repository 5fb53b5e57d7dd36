import { Agent } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { chatCompletionBody, chatCompletionAnswer, chatReply, jsonReply } from '@cache/core/testing';
import {
  ask,
  begin,
  cacheStatusOf,
  CHAT,
  eventsOf,
  jsonOf,
  replyOf,
  send,
  streamedText,
  type Reply,
} from './proxy-client.fixture.ts';
import { LANES, MODEL, startProxy } from './proxy.fixture.ts';

const KEY = /^[0-9a-f]{64}$/;

describe.each(LANES)('asked twice the same, $lane', ({ fastLane }) => {
  it('calls the provider once and gives the same bytes', async () => {
    await using proxy = await startProxy({ fastLane });
    const [first, second, third] = [await ask(proxy), await ask(proxy), await ask(proxy)];
    expect([first.status, second.status, third.status]).toEqual([200, 200, 200]);
    expect(jsonOf(first).choices[0].message.content).toBe('Answer 1 to: Say hello');
    expect(second.body.equals(first.body)).toBe(true);
    expect(third.body.equals(first.body)).toBe(true);
    expect(proxy.provider.calls).toHaveLength(1);
  });

  it('peer defect 18: says so in headers, never in the body', async () => {
    await using proxy = await startProxy({ fastLane, cacheParams: { ttl: 300 } });
    const miss = await ask(proxy);
    expect(cacheStatusOf(miss)).toEqual({ fwd: 'uri-miss', stored: true });
    expect(miss.headers).not.toHaveProperty('x-litellm-cache-key');
    expect(miss.headers).not.toHaveProperty('age');

    const hit = await ask(proxy);
    const key = hit.headers['x-litellm-cache-key'];
    expect(key).toMatch(KEY);
    expect(Number(hit.headers.age)).toBeGreaterThanOrEqual(0);
    const { ttl, ...status } = cacheStatusOf(hit);
    expect(status).toEqual({ hit: true, key });
    expect(ttl).toBeGreaterThan(290);
    expect(ttl).toBeLessThanOrEqual(300);
    expect(hit.headers['content-type']).toBe('application/json');
    expect(hit.headers['content-length']).toBe(String(hit.body.length));
  });

  it('shares answers between /chat/completions and /v1/chat/completions, queries or not', async () => {
    await using proxy = await startProxy({ fastLane });
    const first = await send(proxy, { path: '/chat/completions', body: chatCompletionBody() });
    for (const path of [CHAT, '/chat/completions', `${CHAT}?beta=true`, '/chat/completions/', `${CHAT}/`]) {
      const again = await send(proxy, { path, body: chatCompletionBody() });
      expect([path, again.status, cacheStatusOf(again)['hit'], again.text]).toEqual([
        path,
        200,
        true,
        first.text,
      ]);
    }
    expect(proxy.provider.calls.map((call) => call.path)).toEqual(['/v1/chat/completions']);
  });

  it('peer defect 1: does not mind member order, white space or how a character is written', async () => {
    await using proxy = await startProxy({ fastLane });
    const texts = [
      `{"model":"${MODEL}","temperature":1,"messages":[{"role":"user","content":"caf\u00e9"}]}`,
      `{"messages":[{"content":"caf\u00e9","role":"user"}],"temperature":1.0,"model":"${MODEL}"}`,
      `\n{ "model": "${MODEL}",\t"messages": [ { "role": "user", "content": "caf\\u00e9" } ], "temperature": 1e0 }\r\n`,
    ];
    const replies: Reply[] = [];
    for (const body of texts) replies.push(await send(proxy, { body }));
    expect(replies.map(({ text }) => text)).toEqual(texts.map(() => replies[0]?.text));
    expect(proxy.provider.calls).toHaveLength(1);
  });

  it('tells different questions apart', async () => {
    await using proxy = await startProxy({ fastLane });
    const differences = [
      {},
      { temperature: 0 },
      { n: 2 },
      { seed: 1 },
      { user: 'u' },
      { unknown: null },
      { max_tokens: 9 },
    ];
    for (const difference of [...differences, ...differences]) await ask(proxy, difference);
    expect(proxy.provider.calls).toHaveLength(differences.length);
  });

  it.each([
    ['application/x-www-form-urlencoded'],
    ['text/plain'],
    ['application/json; charset=utf-8'],
    ['multipart/form-data; boundary=x'],
    ['nonsense'],
  ])('reads JSON whatever the content type says: %s', async (contentType) => {
    await using proxy = await startProxy({ fastLane });
    const replies = [await ask(proxy), await ask(proxy, {}, { 'content-type': contentType })];
    expect(replies.map(({ status }) => status)).toEqual([200, 200]);
    expect(proxy.provider.calls).toHaveLength(1);
  });

  it('keeps the headers of the provider that are about the answer', async () => {
    await using proxy = await startProxy({ fastLane });
    proxy.provider.script((call) => {
      const reply = chatReply(call);
      return {
        ...reply,
        headers: { ...reply.headers, 'x-request-id': 'req-1', 'x-ratelimit-remaining-requests': '9' },
      };
    });
    const [miss, hit] = [await ask(proxy), await ask(proxy)];
    expect(miss.headers).toMatchObject({ 'x-request-id': 'req-1', 'x-ratelimit-remaining-requests': '9' });
    expect(hit.headers).toMatchObject({ 'x-request-id': 'req-1' });
    expect(hit.headers).not.toHaveProperty('x-ratelimit-remaining-requests');
  });

  it('works on a connection that is used again', async () => {
    await using proxy = await startProxy({ fastLane });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const body = chatCompletionBody();
    const ports = new Set<number | undefined>();
    for (let time = 0; time < 5; time += 1) {
      const response = await begin(proxy, { body, agent }).response;
      ports.add(response.socket.localPort);
      expect((await replyOf(response)).status).toBe(200);
    }
    agent.destroy();
    expect(ports.size).toBe(1);
    expect(proxy.provider.calls).toHaveLength(1);
  });
});

describe.each(LANES)('whole and streamed, $lane', ({ fastLane }) => {
  it('peer defect 4: a whole answer is streamed to who asks for a stream', async () => {
    await using proxy = await startProxy({ fastLane });
    const whole = await ask(proxy);
    const streamed = await ask(proxy, { stream: true });
    expect(streamed.headers['content-type']).toContain('text/event-stream');
    expect(cacheStatusOf(streamed)).toMatchObject({ hit: true });
    expect(streamed.headers['x-litellm-cache-key']).toMatch(KEY);
    expect(streamedText(streamed.text)).toBe(jsonOf(whole).choices[0].message.content);
    expect(eventsOf(streamed.text).at(-1)).toBe('[DONE]');
    expect(proxy.provider.calls).toHaveLength(1);
  });

  it('peer defect 4: a streamed answer is given whole to who asks for it whole', async () => {
    await using proxy = await startProxy({ fastLane });
    const streamed = await ask(proxy, { stream: true });
    expect(cacheStatusOf(streamed)).toEqual({ fwd: 'uri-miss' });
    const whole = await ask(proxy);
    expect(cacheStatusOf(whole)).toMatchObject({ hit: true });
    const answer = jsonOf(whole);
    expect(answer.object).toBe('chat.completion');
    expect(answer.choices[0].message.content).toBe(streamedText(streamed.text));
    expect(answer.usage.total_tokens).toBeGreaterThan(0);
    expect(proxy.provider.calls).toHaveLength(1);
  });

  it('shows usage to who asks for it, and asks the provider for it always', async () => {
    await using proxy = await startProxy({ fastLane });
    const usages = async (options: object): Promise<number> => {
      const { text } = await ask(proxy, { stream: true, ...options });
      return eventsOf(text).filter(({ usage }) => usage !== undefined && usage !== null).length;
    };
    expect(await usages({})).toBe(0);
    expect(await usages({ stream_options: { include_usage: true } })).toBe(1);
    expect(await usages({ stream_options: { include_usage: false } })).toBe(0);
    expect(
      proxy.provider.calls.map(({ body }) => (body as { stream_options: unknown }).stream_options),
    ).toEqual([{ include_usage: true }]);
  });

  it('has one key for all forms of one question', async () => {
    await using proxy = await startProxy({ fastLane });
    await ask(proxy);
    const forms = [
      {},
      { stream: true },
      { stream: false },
      { stream_options: null },
      { cache: { ttl: 5 } },
      { metadata: { a: 1 } },
    ];
    const keys: unknown[] = [];
    for (const form of forms) keys.push((await ask(proxy, form)).headers['x-litellm-cache-key']);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(KEY);
  });

  it('peer defect 3: does not keep an answer without choices', async () => {
    await using proxy = await startProxy({ fastLane });
    proxy.provider.script(() => jsonReply(chatCompletionAnswer({ choices: [] })));
    const replies = [await ask(proxy), await ask(proxy)];
    expect(replies.map(cacheStatusOf)).toEqual([{ fwd: 'uri-miss' }, { fwd: 'uri-miss' }]);
    expect(proxy.provider.calls).toHaveLength(2);
  });
});
