import { afterEach, describe, expect, it } from '@jest/globals';
import type OpenAI from 'openai';
import { AzureOpenAI } from 'openai';
import { chatReply, chatReplyText } from '../testing/index.ts';
import { getCacheInfo } from './cache-info.ts';
import { ask, cacheStatusOf, question, setUp, streamed, textOf, type Setup } from './openai.fixture.ts';

let setup: Setup;
afterEach(() => setup.close());

const TOOLS: OpenAI.ChatCompletionTool[] = [
  {
    type: 'function',
    function: { name: 'look_up', parameters: { type: 'object', properties: { text: { type: 'string' } } } },
  },
];

describe('the OpenAI SDK over a cache', () => {
  it('asks the provider once; the second answer is equal', async () => {
    setup = await setUp();
    const first = await setup.openai.chat.completions.create(question());
    expect(first.choices[0]?.message.content).toBe(chatReplyText(1, 'What is a cache?'));
    expect(await setup.openai.chat.completions.create(question())).toEqual(first);
    expect(setup.provider.calls).toHaveLength(1);
  });

  it('peer defect 4: a whole answer is replayed as a stream', async () => {
    setup = await setUp();
    const whole = await ask(setup.openai);
    const usage = { stream_options: { include_usage: true } };
    const stream = await setup.openai.chat.completions.create({ ...streamed(), ...usage });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(whole);
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 4 } });
    expect(setup.provider.calls).toHaveLength(1);
  });

  it('peer defect 4: a stream is served as a whole answer, usage included', async () => {
    setup = await setUp();
    const text = await textOf(await setup.openai.chat.completions.create(streamed()));
    const whole = await setup.openai.chat.completions.create(question());
    expect(whole).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 4 },
    });
    expect(await textOf(await setup.openai.chat.completions.create(streamed()))).toBe(text);
    expect(setup.provider.calls).toHaveLength(1);
  });

  it('keeps tool calls, in whole answers and in pieces', async () => {
    setup = await setUp();
    const tools = { tools: TOOLS, tool_choice: 'required' as const };
    const first = await setup.openai.chat.completions.create({ ...question(), ...tools });
    const replayed = await setup.openai.chat.completions
      .stream({ ...streamed(), ...tools })
      .finalChatCompletion();
    const call = { type: 'function', function: { name: 'look_up', arguments: expect.any(String) } };
    expect(first.choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { tool_calls: [call] } });
    expect(replayed.choices[0]?.message.tool_calls).toMatchObject(first.choices[0]?.message.tool_calls ?? []);
    await setup.openai.chat.completions.create(question());
    expect(setup.provider.calls).toHaveLength(2);
  });

  it('serves the helpers of chat.completions.stream()', async () => {
    setup = await setUp();
    const content = async (): Promise<string> => {
      const stream = setup.openai.chat.completions.stream(streamed());
      let told = '';
      stream.on('content', (delta) => (told += delta));
      expect(await stream.finalContent()).toBe(told);
      expect(await stream.totalUsage()).toBeDefined();
      return told;
    };
    expect(await content()).toBe(await content());
    expect(setup.provider.calls).toHaveLength(1);
  });

  it('makes one provider call of 50 at once', async () => {
    setup = await setUp();
    const gate = setup.provider.hold();
    const answers = Array.from({ length: 50 }, (_, index) =>
      index % 2 === 0
        ? ask(setup.openai)
        : setup.openai.chat.completions.create(streamed()).then((stream) => textOf(stream)),
    );
    await setup.provider.waitForCalls(1);
    gate.release();
    expect(new Set(await Promise.all(answers))).toEqual(new Set([chatReplyText(1, 'What is a cache?')]));
    expect(setup.provider.calls).toHaveLength(1);
  });

  it('reaches an Azure deployment, which differs by path, query and api-key', async () => {
    setup = await setUp();
    const azure = (deployment: string, apiVersion = '2024-10-21'): OpenAI =>
      new AzureOpenAI({
        ...{
          baseURL: `${setup.provider.url}/openai/deployments/${deployment}`,
          apiKey: 'azure-key',
          apiVersion,
        },
        ...{ maxRetries: 0, fetch: setup.fetch },
      });
    const first = await ask(azure('one'));
    expect(await ask(azure('one'))).toBe(first);
    expect(setup.provider.calls[0]).toMatchObject({
      path: '/v1/openai/deployments/one/chat/completions?api-version=2024-10-21',
      headers: { 'api-key': 'azure-key' },
    });
    expect(await ask(azure('two'))).not.toBe(first);
    expect(await ask(azure('one', '2025-01-01'))).not.toBe(first);
  });
});

describe('getCacheInfo', () => {
  it('tells a hit, for whole answers and streams', async () => {
    setup = await setUp();
    const { response } = await setup.openai.chat.completions.create(question()).withResponse();
    const key = getCacheInfo(response)?.key;
    expect(getCacheInfo(response)).toEqual({ hit: false, key, reason: 'absent', collapsed: false });
    await setup.clock.advance(2_500);

    const hit = { hit: true, key, ageSeconds: 2, ttlSeconds: 597, stale: false, source: 'local' };
    const again = await setup.openai.chat.completions.create(question()).withResponse();
    expect(getCacheInfo(again.response)).toEqual(hit);
    const stream = await setup.openai.chat.completions.create(streamed()).withResponse();
    expect(getCacheInfo(stream.response)).toEqual(hit);
    expect(await textOf(stream.data)).toBe(again.data.choices[0]?.message.content);
    const raw = await setup.openai.chat.completions.create(question()).asResponse();
    expect(getCacheInfo(raw)).toEqual(hit);
    expect(await raw.json()).toEqual(expect.objectContaining({ id: again.data.id }));
  });

  it('tells a shared call', async () => {
    setup = await setUp();
    const gate = setup.provider.hold();
    const both = [1, 2].map(() => setup.openai.chat.completions.create(question()).asResponse());
    await setup.provider.waitForCalls(1);
    gate.release();
    const infos = (await Promise.all(both)).map((response) => getCacheInfo(response)?.collapsed);
    expect(infos).toEqual([false, true]);
  });

  it('knows nothing of other responses', async () => {
    setup = await setUp();
    expect(getCacheInfo(await setup.openai.models.list().asResponse())).toBeUndefined();
    expect(getCacheInfo(new Response())).toBeUndefined();
  });
});

describe('response headers', () => {
  it("of a miss: Cache-Status says what became of it, the provider's headers are there", async () => {
    setup = await setUp();
    const response = await setup.openai.chat.completions.create(question()).asResponse();
    expect(cacheStatusOf(response)).toEqual({
      name: 'llm-cache',
      parameters: { fwd: 'uri-miss', stored: true },
    });
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.has('age')).toBe(false);
    expect(response.headers.has('x-litellm-cache-key')).toBe(false);
    expect(response.url).toBe(`${setup.provider.url}/chat/completions`);
  });

  it('Cache-Status and Age of a cache nearer to the provider stay on a miss, and are not stored', async () => {
    setup = await setUp();
    setup.provider.script((call) => {
      const reply = chatReply(call);
      return { ...reply, headers: { ...reply.headers, 'cache-status': 'cdn;fwd=miss', age: '7' } };
    });
    const status = async (): Promise<(string | null)[]> => {
      const { headers } = await setup.openai.chat.completions.create(question()).asResponse();
      return [headers.get('cache-status'), headers.get('age')];
    };
    expect(await status()).toEqual(['cdn;fwd=miss, llm-cache;fwd=uri-miss;stored', '7']);
    expect(await status()).toEqual([expect.stringMatching(/^llm-cache;hit;ttl=600;key=/), '0']);
  });

  it('peer defect 18: of a hit: the mark is in the headers, the body is what the provider sent', async () => {
    setup = await setUp();
    const first = await setup.openai.chat.completions.create(question()).asResponse();
    await setup.clock.advance(3_000);
    const hit = await setup.openai.chat.completions.create(question()).asResponse();
    const key = getCacheInfo(hit)?.key;
    expect(cacheStatusOf(hit)).toEqual({ name: 'llm-cache', parameters: { hit: true, ttl: 597, key } });
    expect(hit.headers.get('age')).toBe('3');
    expect(hit.headers.get('x-litellm-cache-key')).toBe(key);
    expect(await hit.text()).toBe(await first.text());
  });
});
