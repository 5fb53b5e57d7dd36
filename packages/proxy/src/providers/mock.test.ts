import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '@cache/core';
import { FakeClock } from '@cache/core/testing';
import type { Deployment } from './deployment.ts';
import { mockProvider } from './mock.ts';

const TEXT = 'Hello there,  this is\na mock. ';
const DEPLOYMENT: Deployment = {
  id: 'demo',
  modelName: 'demo',
  model: 'gpt-4o-mini',
  apiBase: 'http://nowhere.invalid',
  headers: {},
  defaultParams: {},
  includeUsage: true,
  mockResponse: TEXT,
};
const BODY: JsonObject = { model: 'demo', messages: [{ role: 'user', content: '12345678' }] };

async function ask(
  body: JsonObject,
  text = TEXT,
): Promise<{ contentType: string | undefined; text: string }> {
  const provider = mockProvider({ ...DEPLOYMENT, mockResponse: text }, new FakeClock(1_700_000_000_900));
  const answer = await provider(body, { signal: new AbortController().signal });
  expect(answer.status).toBe(200);
  const pieces: Uint8Array[] = [];
  for await (const piece of answer.body) pieces.push(piece);
  return { contentType: answer.headers[0]?.[1], text: Buffer.concat(pieces).toString() };
}

interface Chunk {
  readonly object: string;
  readonly choices: {
    readonly index: number;
    readonly delta: { role?: string; content?: string };
    readonly finish_reason: string | null;
  }[];
  readonly usage?: object | null;
}

async function stream(body: JsonObject): Promise<Chunk[]> {
  const { contentType, text } = await ask({ ...body, stream: true });
  expect(contentType).toBe('text/event-stream; charset=utf-8');
  const events = text.split('\n\n').filter((event) => event !== '');
  expect(events.pop()).toBe('data: [DONE]');
  return events.map((event) => JSON.parse(event.slice('data: '.length)) as Chunk);
}

describe('a whole answer', () => {
  it('is a chat completion with the configured text and estimated usage', async () => {
    const { contentType, text } = await ask(BODY);
    expect(contentType).toBe('application/json');
    expect(JSON.parse(text)).toEqual({
      id: expect.stringMatching(/^chatcmpl-./),
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'demo',
      choices: [{ index: 0, message: { role: 'assistant', content: TEXT }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 2, completion_tokens: 8, total_tokens: 10 },
    });
  });

  it('is another answer each time, so that a hit can be told from a call', async () => {
    const ids = await Promise.all([ask(BODY), ask(BODY)]);
    expect(ids[0].text).not.toBe(ids[1].text);
  });

  it.each([
    [3, 3],
    [0, 1],
    [-1, 1],
    [1.5, 1],
    ['3', 1],
    [1e9, 128],
  ])('has for n = %j %i choices', async (n, count) => {
    const answer = JSON.parse((await ask({ ...BODY, n })).text) as { choices: object[] };
    expect(answer.choices).toHaveLength(count);
  });

  it('counts text in parts, and takes any body', async () => {
    const usage = async (messages: JsonObject['messages']): Promise<unknown> =>
      (JSON.parse((await ask({ model: 'demo', messages })).text) as { usage: { prompt_tokens: number } })
        .usage.prompt_tokens;
    expect(
      await usage([
        {
          role: 'user',
          content: [
            { type: 'text', text: '1234' },
            { type: 'image_url', image_url: {} },
          ],
        },
      ]),
    ).toBe(1);
    expect(await usage(null)).toBe(0);
    expect(await usage([1, null, 'abcd'])).toBe(1);
  });
});

describe('a streamed answer', () => {
  it('puts together to the same text: role first, finish reason by itself', async () => {
    const chunks = await stream(BODY);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '' });
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(TEXT);
    expect(chunks.at(-1)?.choices[0]).toEqual({ index: 0, delta: {}, finish_reason: 'stop' });
    expect(chunks.length).toBeGreaterThan(5);
    expect(
      chunks.every(({ object, usage }) => object === 'chat.completion.chunk' && usage === undefined),
    ).toBe(true);
  });

  it('ends with usage where that is asked for', async () => {
    const chunks = await stream({ ...BODY, n: 2, stream_options: { include_usage: true } });
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 2, completion_tokens: 16, total_tokens: 18 },
    });
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
    expect(new Set(chunks.flatMap(({ choices }) => choices.map(({ index }) => index)))).toEqual(
      new Set([0, 1]),
    );
  });
});
