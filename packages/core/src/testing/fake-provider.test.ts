import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import OpenAI from 'openai';
import type { ChatCompletionAnswer } from './chat-completions.ts';
import { chatCompletionBody } from './chat-completions.ts';
import { chatReply, chatReplyText } from './chat-reply.ts';
import type { FakeProvider } from './fake-provider.ts';
import { startFakeProvider } from './fake-provider.ts';
import * as replies from './provider-replies.ts';
import { streamEvents, streamedChunks, streamedContent } from './stream-events.ts';

let provider: FakeProvider;
beforeEach(async () => {
  provider = await startFakeProvider();
});
afterEach(() => provider.close());

function post(body: unknown = chatCompletionBody(), init: RequestInit = {}): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(`${provider.url}/chat/completions`, {
    method: 'POST',
    body: text,
    redirect: 'manual',
    ...init,
  });
}

const textOf = async (response: Promise<Response>) => (await response).text();
const stream = (overrides = {}) => chatCompletionBody({ stream: true, ...overrides });

describe('what it answers by itself', () => {
  it('tells call number and question, so that a second upstream call shows', async () => {
    const first = (await (await post()).json()) as ChatCompletionAnswer;
    const second = (await (await post()).json()) as ChatCompletionAnswer;
    expect(first.choices[0]?.message['content']).toBe(chatReplyText(1, 'Say hello'));
    expect(second.choices[0]?.message['content']).toBe(chatReplyText(2, 'Say hello'));
    expect(first.id).not.toBe(second.id);
    expect(first.usage).toEqual({ prompt_tokens: 2, completion_tokens: 5, total_tokens: 7 });
  });

  it('streams: role, content in pieces, finish reason on its own, no usage unless asked', async () => {
    const response = await post(stream());
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const text = await response.text();
    const chunks = streamedChunks(text);
    expect(streamEvents(text).at(-1)).toBe('[DONE]');
    expect(chunks[0]?.choices[0]?.delta['role']).toBe('assistant');
    expect(chunks.length).toBeGreaterThan(4);
    expect(streamedContent(text)).toBe(chatReplyText(1, 'Say hello'));
    expect(chunks.at(-1)?.choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' });
    expect(chunks.every((chunk) => !('usage' in chunk))).toBe(true);
  });

  it('ends with usage where include_usage asks for it', async () => {
    const chunks = streamedChunks(await textOf(post(stream({ stream_options: { include_usage: true } }))));
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 7 } });
    expect(chunks[0]?.usage).toBeNull();
  });

  it('answers n choices in turns', async () => {
    const text = await textOf(post(stream({ n: 2 })));
    const indexes = streamedChunks(text).map(({ choices }) => choices[0]?.index);
    expect(indexes.slice(0, 2)).toEqual([0, 1]);
    expect(streamedContent(text, 1)).toBe(`${chatReplyText(1, 'Say hello')} (choice 1)`);
  });

  it('is understood by the SDK of OpenAI, a tool call in pieces included', async () => {
    const openai = new OpenAI({ baseURL: provider.url, apiKey: 'any', maxRetries: 0 });
    const messages = [{ role: 'user' as const, content: 'Say hello' }];
    const tools = [{ type: 'function' as const, function: { name: 'say', parameters: {} } }];
    const whole = await openai.chat.completions.create({ model: 'm', messages });
    expect(whole.choices[0]?.message.content).toBe(chatReplyText(1, 'Say hello'));

    const streamed = openai.chat.completions.stream({ model: 'm', messages, tools, tool_choice: 'required' });
    const { choices } = await streamed.finalChatCompletion();
    const [call] = choices[0]?.message.tool_calls ?? [];
    expect(call).toMatchObject({ id: 'call_0', type: 'function', function: { name: 'say' } });
    const { arguments: json } = (call as { function: { arguments: string } }).function;
    expect(JSON.parse(json)).toEqual({ text: chatReplyText(2, 'Say hello') });
    expect(choices[0]?.finish_reason).toBe('tool_calls');
  });

  it('lists models, and has nothing else', async () => {
    expect(await (await fetch(`${provider.url}/models`)).json()).toMatchObject({ object: 'list' });
    expect((await fetch(`${provider.url}/nothing`)).status).toBe(404);
    expect((await post({ model: 'm' })).status).toBe(400);
  });
});

describe('what it records', () => {
  it('path, headers, parsed and raw body', async () => {
    await post('{"model":"m", "messages":[]}', { headers: { authorization: 'Bearer secret' } });
    expect(provider.calls).toHaveLength(1);
    expect(provider.calls[0]).toMatchObject({
      number: 1,
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { authorization: 'Bearer secret' },
      body: { model: 'm', messages: [] },
      aborted: false,
    });
    expect(provider.calls[0]?.rawBody.toString()).toBe('{"model":"m", "messages":[]}');
  });

  it('a body that is not JSON as undefined', async () => {
    expect((await post('{"model":')).status).toBe(400);
    expect(provider.calls[0]?.body).toBeUndefined();
  });

  it('connections, and forgets everything on reset', async () => {
    provider.script(() => replies.errorReply(500));
    await (await post()).text();
    expect(provider.connections).toBe(1);
    expect(provider.openConnections).toBe(1);
    provider.reset();
    expect([provider.calls.length, provider.connections, provider.aborted]).toEqual([0, 0, 0]);
    expect((await (await post()).json()) as object).toMatchObject({ id: 'chatcmpl-1' });
  });

  it('a client that went away, once, and not one it cut off itself', async () => {
    const gate = provider.hold(1);
    const abort = new AbortController();
    const response = await post(stream(), { signal: abort.signal });
    await gate.reached;
    abort.abort();
    await provider.waitForAborts(1);
    expect(provider.calls[0]?.aborted).toBe(true);
    await expect(response.text()).rejects.toThrow();

    provider.script((call) => replies.cutAfter(chatReply(call), 1));
    await expect(post(stream()).then((answer) => answer.text())).rejects.toThrow();
    expect(provider.aborted).toBe(1);
    expect(provider.calls[1]?.aborted).toBe(false);
  });
});

describe('gates', () => {
  it('hold the head of the next answer, and of no other', async () => {
    const gate = provider.hold();
    let hasAnswered = false;
    const first = post().then((response) => {
      hasAnswered = true;
      return response.json();
    });
    await gate.reached;
    expect(await (await post()).json()).toMatchObject({ id: 'chatcmpl-2' });
    expect(hasAnswered).toBe(false);
    gate.release();
    expect(await first).toMatchObject({ id: 'chatcmpl-1' });
  });

  it('hold a stream before the event of that index, with the earlier ones delivered', async () => {
    const gate = provider.hold(2);
    const response = await post(stream());
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await gate.reached;
    let seen = '';
    while (seen.split('\n\n').length < 3) seen += Buffer.from((await reader.read()).value ?? []).toString();
    expect(seen.split('\n\n')).toHaveLength(3);
    const next = reader.read();
    expect(await Promise.race([next, Promise.resolve('nothing yet')])).toBe('nothing yet');
    gate.release();
    expect((await next).done).toBe(false);
  });

  it('may be several in one answer', async () => {
    const gates = [provider.hold('head'), provider.hold(1)];
    const response = post(stream());
    await gates[0]?.reached;
    gates[0]?.release();
    await gates[1]?.reached;
    gates[1]?.release();
    expect(streamEvents(await textOf(response)).at(-1)).toBe('[DONE]');
  });

  it('are released by reset', async () => {
    const gate = provider.hold();
    const response = post();
    await gate.reached;
    provider.reset();
    expect((await response).status).toBe(200);
    expect(gate.isOpen).toBe(true);
  });
});

describe('close', () => {
  it('ends connections that never would, and may be called again', async () => {
    provider.script(() => replies.silentReply());
    const pending = httpRequest(`${provider.url}/chat/completions`, { method: 'POST' }).end('{}');
    const failed = once(pending, 'error');
    await provider.waitForCalls(1);
    await provider.close();
    await provider.close();
    expect(await failed).toHaveLength(1);
    expect(provider.aborted).toBe(0);
  });
});
