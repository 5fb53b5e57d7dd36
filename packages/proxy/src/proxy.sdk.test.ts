import { describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { errorReply } from '@cache/core/testing';
import { LANES, MASTER_KEY, MODEL, startProxy, type TestProxy } from './proxy.fixture.ts';

const QUESTION = { model: MODEL, messages: [{ role: 'user' as const, content: 'What is a cache?' }] };
const TOOL = { type: 'function' as const, function: { name: 'weather', parameters: { type: 'object' } } };

function client({ url }: TestProxy, apiKey = 'sk-of-the-client'): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
}

async function whole(openai: OpenAI): Promise<{ text: string | null | undefined; key: string | null }> {
  const { data, response } = await openai.chat.completions.create(QUESTION).withResponse();
  return { text: data.choices[0]?.message.content, key: response.headers.get('x-litellm-cache-key') };
}

async function streamed(openai: OpenAI): Promise<{ text: string; key: string | null }> {
  const { data, response } = await openai.chat.completions
    .create({ ...QUESTION, stream: true })
    .withResponse();
  let text = '';
  for await (const chunk of data) text += chunk.choices[0]?.delta.content ?? '';
  return { text, key: response.headers.get('x-litellm-cache-key') };
}

describe.each(LANES)("OpenAI's SDK, only its base URL changed, $lane", ({ fastLane }) => {
  it.each([
    ['whole, then whole', whole, whole],
    ['whole, then streamed', whole, streamed],
    ['streamed, then whole', streamed, whole],
    ['streamed, then streamed', streamed, streamed],
  ])('gets one answer %s', async (_, first, second) => {
    await using proxy = await startProxy({ fastLane });
    const [miss, hit] = [await first(client(proxy)), await second(client(proxy))];
    expect(miss).toEqual({ text: 'Answer 1 to: What is a cache?', key: null });
    expect(hit).toEqual({ text: miss.text, key: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(proxy.provider.calls).toHaveLength(1);
  });

  it('peer defect 11: puts tool calls together from the cache as from the provider', async () => {
    await using proxy = await startProxy({ fastLane });
    const body = { ...QUESTION, tools: [TOOL], tool_choice: 'required' as const };
    const calls = [];
    for (let time = 0; time < 2; time += 1) {
      const answer = await client(proxy).chat.completions.stream(body).finalChatCompletion();
      calls.push(answer.choices[0]?.message.tool_calls);
    }
    expect(calls[0]?.[0]).toMatchObject({ function: { name: 'weather' } });
    expect(calls[1]).toEqual(calls[0]);
    expect(proxy.provider.calls).toHaveLength(1);
    await client(proxy).chat.completions.create({
      ...body,
      tools: [{ ...TOOL, function: { name: 'time' } }],
    });
    expect(proxy.provider.calls).toHaveLength(2);
  });

  it('passes controls in the body and in headers', async () => {
    await using proxy = await startProxy({ fastLane });
    const openai = client(proxy);
    await whole(openai);
    await openai.chat.completions.create({ ...QUESTION, cache: { 'no-cache': true } } as typeof QUESTION);
    await openai.chat.completions.create(QUESTION, { headers: { 'cache-control': 'no-cache' } });
    expect(proxy.provider.calls).toHaveLength(3);
  });

  it('sees errors as its own classes', async () => {
    await using proxy = await startProxy({ fastLane, generalSettings: { master_key: MASTER_KEY } });
    await expect(whole(client(proxy, 'sk-wrong'))).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    const openai = client(proxy, MASTER_KEY);
    const unknown = openai.chat.completions.create({ ...QUESTION, model: 'unknown' });
    await expect(unknown).rejects.toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
    proxy.provider.script(() => errorReply(429, { code: 'rate_limit_exceeded', message: 'slow down' }));
    await expect(whole(openai)).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    await expect(streamed(openai)).rejects.toMatchObject({
      code: 'rate_limit_exceeded',
      message: '429 slow down',
    });
  });

  it('lists the models of the configuration', async () => {
    await using proxy = await startProxy({ fastLane });
    const { data } = await client(proxy).models.list();
    expect(data).toEqual([{ id: MODEL, object: 'model', created: expect.any(Number), owned_by: 'openai' }]);
  });
});
