import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chatChoice, chatCompletionAnswer, chatCompletionBody } from './chat-completions.ts';
import { chatReply, chatReplyText } from './chat-reply.ts';
import { FakeClock } from './fake-clock.ts';
import type { FakeProvider } from './fake-provider.ts';
import { startFakeProvider } from './fake-provider.ts';
import * as replies from './provider-replies.ts';
import { streamEvents, streamedContent } from './stream-events.ts';

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
    expect(streamEvents(await textOf(post(stream())))).toHaveLength(2);
    provider.script(() => replies.streamReply([{ only: 1 }], { done: false }));
    expect(streamEvents(await textOf(post(stream())))).toEqual(['{"only":1}']);
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
    expect(streamedContent(await textOf(post()))).toBe(chatReplyText(1, 'Say hello'));
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
    expect(streamedContent(await textOf(post(stream())))).toBe('gr\u00fc\u00dfe \u{1F600}');
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
