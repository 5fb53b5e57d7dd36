import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { chatChoice, chatCompletionAnswer, chatCompletionBody } from './chat-completions.ts';
import { chatReply, chatReplyText } from './chat-reply.ts';
import { FakeClock } from './fake-clock.ts';
import type { FakeProvider } from './fake-provider.ts';
import { startFakeProvider } from './fake-provider.ts';
import * as replies from './provider-replies.ts';

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

const stream = (overrides = {}) => chatCompletionBody({ stream: true, ...overrides });

interface Chunk {
  choices: { index: number; delta: Record<string, any>; finish_reason: string | null }[];
  usage?: unknown;
}

async function eventsOf(response: Response): Promise<string[]> {
  const text = await response.text();
  return text
    .split('\n\n')
    .slice(0, -1)
    .map((event) => event.replace(/^data: /, ''));
}

async function chunksOf(response: Response): Promise<Chunk[]> {
  const events = await eventsOf(response);
  expect(events.at(-1)).toBe('[DONE]');
  return events.slice(0, -1).map((event) => JSON.parse(event) as Chunk);
}

const textOf = (chunks: Chunk[], index = 0) =>
  chunks
    .flatMap(({ choices }) => choices)
    .filter((choice) => choice.index === index)
    .map(({ delta }) => delta['content'] ?? '')
    .join('');

describe('what it answers by itself', () => {
  it('tells call number and question, so that a second upstream call shows', async () => {
    const first = (await (await post()).json()) as ReturnType<typeof chatCompletionAnswer>;
    const second = (await (await post()).json()) as ReturnType<typeof chatCompletionAnswer>;
    expect(first.choices[0]?.message['content']).toBe(chatReplyText(1, 'Say hello'));
    expect(second.choices[0]?.message['content']).toBe(chatReplyText(2, 'Say hello'));
    expect(first.id).not.toBe(second.id);
    expect(first.usage).toEqual({ prompt_tokens: 2, completion_tokens: 5, total_tokens: 7 });
  });

  it('streams: role, content in pieces, finish reason on its own, no usage unless asked', async () => {
    const response = await post(stream());
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const chunks = await chunksOf(response);
    expect(chunks[0]?.choices[0]?.delta['role']).toBe('assistant');
    expect(chunks.length).toBeGreaterThan(4);
    expect(textOf(chunks)).toBe(chatReplyText(1, 'Say hello'));
    expect(chunks.at(-1)?.choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' });
    expect(chunks.every((chunk) => !('usage' in chunk))).toBe(true);
  });

  it('ends with usage where include_usage asks for it', async () => {
    const chunks = await chunksOf(await post(stream({ stream_options: { include_usage: true } })));
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 7 } });
    expect(chunks[0]?.usage).toBeNull();
  });

  it('answers n choices in turns', async () => {
    const chunks = await chunksOf(await post(stream({ n: 2 })));
    expect(chunks.slice(0, 2).map(({ choices }) => choices[0]?.index)).toEqual([0, 1]);
    expect(textOf(chunks, 1)).toBe(`${chatReplyText(1, 'Say hello')} (choice 1)`);
  });

  it('calls a tool where one is demanded, its arguments in pieces', async () => {
    const tools = [{ type: 'function', function: { name: 'say' } }];
    const chunks = await chunksOf(await post(stream({ tools, tool_choice: 'required' })));
    const calls = chunks.flatMap(({ choices }) => choices.flatMap(({ delta }) => delta['tool_calls'] ?? []));
    expect(calls[0]).toMatchObject({ index: 0, id: 'call_0', function: { name: 'say', arguments: '' } });
    expect(calls.length).toBeGreaterThan(2);
    const whole = calls.map((call) => call.function.arguments).join('');
    expect(JSON.parse(whole)).toEqual({ text: chatReplyText(1, 'Say hello') });
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls');
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
    expect(await chunksOf(await response)).not.toHaveLength(0);
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

describe('what a script makes of an answer', () => {
  it('an error with its headers, in the shape of OpenAI', async () => {
    provider.script(() => replies.errorReply(429, { code: 'rate_limit_exceeded' }, { 'retry-after': '7' }));
    const response = await post();
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('7');
    expect(await response.json()).toMatchObject({ error: { code: 'rate_limit_exceeded', param: null } });
  });

  it('a stream whose socket is destroyed after so many events', async () => {
    provider.script((call) => replies.cutAfter(chatReply(call), 2));
    const response = await post(stream());
    let seen = '';
    const read = async (): Promise<void> => {
      for await (const bytes of response.body ?? []) seen += Buffer.from(bytes).toString();
    };
    await expect(read()).rejects.toThrow();
    expect(seen.split('\n\n')).toHaveLength(3);
  });

  it('a stream that ends properly without [DONE]', async () => {
    provider.script((call) => replies.endedAfter(chatReply(call), 2));
    expect(await eventsOf(await post(stream()))).toHaveLength(2);
    provider.script(() => replies.streamReply([{ only: 1 }], { done: false }));
    expect(await eventsOf(await post(stream()))).toEqual(['{"only":1}']);
  });

  it('a stream that falls silent, and no answer at all', async () => {
    provider.script((call) =>
      call.number === 1 ? replies.stalledAfter(chatReply(call), 1) : replies.silentReply(),
    );
    const abort = new AbortController();
    const stalled = await post(stream(), { signal: abort.signal });
    const reader = (stalled.body as ReadableStream<Uint8Array>).getReader();
    expect((await reader.read()).done).toBe(false);
    const silent = post(stream(), { signal: abort.signal });
    await provider.waitForCalls(2);
    abort.abort();
    await expect(silent).rejects.toThrow('aborted');
    await provider.waitForAborts(2);
  });

  it('malformed JSON', async () => {
    provider.script(() => replies.bytesReply('{"id": "chatcmpl-1", "cho'));
    await expect((await post()).json()).rejects.toThrow('JSON at position');
  });

  it('no choices, and content_filter', async () => {
    provider.script(() => replies.jsonReply(chatCompletionAnswer({ choices: [] })));
    expect(await (await post()).json()).toMatchObject({ choices: [] });
    provider.script((call) => chatReply(call, { finishReason: 'content_filter' }));
    expect(await (await post()).json()).toMatchObject({ choices: [{ finish_reason: 'content_filter' }] });
  });

  it('a stream although JSON was asked for, and JSON although a stream was', async () => {
    provider.script((call) => chatReply(call, { stream: true }));
    expect(textOf(await chunksOf(await post()))).toBe(chatReplyText(1, 'Say hello'));
    provider.script((call) => chatReply(call, { stream: false }));
    expect(await (await post(stream())).json()).toMatchObject({ object: 'chat.completion' });
  });

  it.each([false, true])('gzip, every piece flushed (stream: %s)', async (isStream) => {
    provider.script((call) => replies.gzipped(chatReply(call, { stream: isStream })));
    const gate = provider.hold(1);
    const response = await post(stream());
    expect(response.headers.get('content-encoding')).toBe('gzip');
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = Buffer.from((await reader.read()).value ?? []).toString();
    expect(text).toMatch(/^(data: )?\{"id"/);
    gate.release();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      text += Buffer.from(read.value).toString();
    }
    expect(text.endsWith(isStream ? 'data: [DONE]\n\n' : '}')).toBe(true);
  });

  it('a large body, whole', async () => {
    provider.script(() => replies.bytesReply(Buffer.alloc(5_000_000, 'x')));
    const response = await post();
    expect(response.headers.get('content-length')).toBe('5000000');
    expect((await response.arrayBuffer()).byteLength).toBe(5_000_000);
  });

  it('a redirect', async () => {
    provider.script(() => replies.redirectReply('http://127.0.0.1:1/elsewhere'));
    const response = await post();
    expect([response.status, response.headers.get('location')]).toEqual([
      307,
      'http://127.0.0.1:1/elsewhere',
    ]);
  });

  it('the same bytes cut inside of characters', async () => {
    const answer = { choices: [chatChoice({ content: 'gr\u00fc\u00dfe \u{1F600}' })] };
    provider.script((call) => replies.slicedInto(chatReply(call, { answer }), 1));
    expect(textOf(await chunksOf(await post(stream())))).toBe('gr\u00fc\u00dfe \u{1F600}');
  });

  it('its time, by a clock', async () => {
    const clock = new FakeClock();
    provider.script((call) => replies.paced(chatReply(call), { headMilliseconds: 1_000 }, clock));
    const response = post();
    await provider.waitForCalls(1);
    await clock.advance(1_000);
    expect((await response).status).toBe(200);
  });

  it('500 where the script throws', async () => {
    provider.script(() => {
      throw new Error('no such thing');
    });
    const response = await post();
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('no such thing');
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
