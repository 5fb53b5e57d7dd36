import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { formatEvent } from '../sse/parse.ts';
import { replayChatCompletion } from './replay.ts';

/** Whatever was parsed. */
type Parsed = ReturnType<typeof JSON.parse>;

const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
const head = { id: 'chatcmpl-1', created: 1700000000, model: 'gpt-5', system_fingerprint: 'fp_1' };
const withUsage = { stream: true, usage: true };
const withoutUsage = { stream: true, usage: false };

function answerOf(message: object, rest: object = {}, finish_reason = 'stop'): Parsed {
  const choice = {
    index: 0,
    message: { role: 'assistant', content: null, ...message },
    finish_reason,
    ...rest,
  };
  return { ...head, object: 'chat.completion', choices: [choice], usage };
}

function replayed(answer: object, demand = withUsage): Parsed[] {
  const events = [...replayChatCompletion({ body: Buffer.from(JSON.stringify(answer)) }, demand)];
  expect(events.pop()).toBe('[DONE]');
  return events.map((event) => JSON.parse(event));
}

function choicesOf(answer: object): Parsed[] {
  return replayed(answer, withoutUsage).flatMap((chunk) => chunk.choices);
}

function deltasOf(answer: object): Parsed[] {
  return choicesOf(answer).map((choice) => choice.delta);
}

const call = (id: string, text: string) => ({
  id,
  type: 'function',
  function: { name: 'weather', arguments: text },
});

describe('replaying a whole answer as a stream', () => {
  it('peer defect 4: role first, content in pieces, finish reason on its own chunk, usage last, terminal event', () => {
    const chunkHead = { ...head, object: 'chat.completion.chunk', usage: null };
    const piece = (delta: object, finish_reason: string | null = null) => ({
      ...chunkHead,
      choices: [{ index: 0, delta, finish_reason }],
    });
    expect(replayed(answerOf({ content: 'Hello there, world', refusal: null }))).toEqual([
      piece({ role: 'assistant', content: '', refusal: null }),
      piece({ content: 'Hello ' }),
      piece({ content: 'there, ' }),
      piece({ content: 'world' }),
      piece({}, 'stop'),
      { ...chunkHead, choices: [], usage },
    ]);
  });

  it('peer defect 4: gives no usage to those who did not ask', () => {
    const chunks = replayed(answerOf({ content: 'Hi' }), withoutUsage);
    expect(chunks.some((chunk) => 'usage' in chunk || chunk.choices.length === 0)).toBe(false);
  });

  it('says unknown members once', () => {
    const chunks = replayed(
      { ...answerOf({ content: 'a b' }), citations: ['c'], x_groq: { id: 'r' } },
      withoutUsage,
    );
    expect(chunks.map((chunk) => [chunk.citations, chunk.x_groq])).toEqual([
      [['c'], { id: 'r' }],
      [undefined, undefined],
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it('gives tool calls a head and pieces of arguments', () => {
    const message = { tool_calls: [call('call_1', '{"a": 1}'), call('call_2', '')] };
    expect(deltasOf(answerOf(message, {}, 'tool_calls'))).toEqual([
      { role: 'assistant', content: null },
      { tool_calls: [{ index: 0, ...call('call_1', '') }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"a": ' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '1}' } }] },
      { tool_calls: [{ index: 1, ...call('call_2', '') }] },
      {},
    ]);
  });

  it('gives thoughts before the answer, and refusals in pieces', () => {
    expect(deltasOf(answerOf({ content: '42', reasoning_content: 'Hm, so' }))).toEqual([
      { role: 'assistant', content: '' },
      { reasoning_content: 'Hm, ' },
      { reasoning_content: 'so' },
      { content: '42' },
      {},
    ]);
    expect(deltasOf(answerOf({ refusal: 'I cannot' }))).toEqual([
      { role: 'assistant', content: null },
      { refusal: 'I ' },
      { refusal: 'cannot' },
      {},
    ]);
  });

  it('gives every token its probability', () => {
    const tokens = ['He', 'llo', ' you'].map((token) => ({
      token,
      logprob: -0.5,
      bytes: null,
      top_logprobs: [],
    }));
    const answer = answerOf({ content: 'Hello you' }, { logprobs: { content: tokens, refusal: null } });
    expect(choicesOf(answer).map(({ delta, logprobs }) => [delta.content, logprobs])).toEqual([
      ['', { content: [], refusal: null }],
      ['He', { content: [tokens[0]], refusal: null }],
      ['llo', { content: [tokens[1]], refusal: null }],
      [' you', { content: [tokens[2]], refusal: null }],
      [undefined, undefined],
    ]);
  });

  it('gives probabilities at once where they are not those of the text', () => {
    const logprobs = { content: [{ token: '\\xf0\\x9f' }, { token: '\\xa6\\x86' }], refusal: null };
    const choices = choicesOf(answerOf({ content: '🦆' }, { logprobs }));
    expect(choices.map((choice) => choice.logprobs)).toEqual([logprobs, undefined, undefined]);
  });

  it('keeps the number of pieces bounded, whatever the length', () => {
    const content = 'word '.repeat(100_000);
    const chunks = replayed(answerOf({ content, tool_calls: [call('a', '1 '.repeat(100_000))] }));
    expect(chunks.length).toBeLessThan(600);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(content);
  });

  it.each(['not JSON', '{}', '{"choices":{}}', '{"choices":[{"index":0}]}', '[]'])(
    'says at once that %s is no chat completion',
    (body) => {
      expect(() => replayChatCompletion({ body: Buffer.from(body) }, withUsage)).toThrow(
        expect.objectContaining({ code: 'CACHE_ENTRY_DAMAGED' }),
      );
    },
  );
});

describe('replaying recorded events', () => {
  const part = '{"choices":[{"index":0,"delta":{"content":"the \\"usage\\""}}],"usage":{"total_tokens":1}}';
  const counted = '{"choices":[],"usage":{"total_tokens":2}}';
  const entry = { body: Buffer.from('{}'), events: Buffer.from([part, counted].join('\n')) };

  it('peer defect 4: gives them as they were, the usage event to those who asked', () => {
    expect([...replayChatCompletion(entry, withUsage)]).toEqual([part, counted, '[DONE]']);
    expect([...replayChatCompletion(entry, withoutUsage)]).toEqual([part, '[DONE]']);
  });
});

describe('the official client reads a replayed stream', () => {
  async function readByClient(answer: object): Promise<Parsed> {
    const events = replayChatCompletion({ body: Buffer.from(JSON.stringify(answer)) }, withUsage);
    const text = Array.from(events, (data) => formatEvent(data)).join('');
    const client = new OpenAI({
      apiKey: 'x',
      fetch: async () => new Response(text, { headers: { 'content-type': 'text/event-stream' } }),
    });
    const stream = client.chat.completions.stream({
      model: 'gpt-5',
      messages: [{ role: 'user', content: 'Hi' }],
      stream_options: { include_usage: true },
    });
    return JSON.parse(JSON.stringify(await stream.finalChatCompletion()));
  }

  const tokens = ['Hel', 'lo'].map((token) => ({ token, logprob: -0.5, bytes: null, top_logprobs: [] }));

  it.each([
    ['text', answerOf({ content: 'Grüß Gott 🦆, world' })],
    // Of thoughts the client keeps the last piece, in any stream.
    ['thoughts of one word', answerOf({ content: 'Yes indeed', reasoning_content: 'Hm' })],
    [
      'tool calls',
      answerOf({ tool_calls: [call('call_1', '{"a":1}'), call('call_2', '{}')] }, {}, 'tool_calls'),
    ],
    [
      'a function call',
      answerOf({ function_call: { name: 'f', arguments: '{"a": 1}' } }, {}, 'function_call'),
    ],
    ['a refusal', answerOf({ refusal: 'I cannot do that' })],
    ['probabilities', answerOf({ content: 'Hello' }, { logprobs: { content: tokens, refusal: null } })],
    ['a long text', answerOf({ content: 'word '.repeat(5000) })],
    [
      'several choices',
      {
        ...answerOf({}),
        choices: [0, 1, 2].map((index) => ({
          index,
          message: { role: 'assistant', content: `${index} bottles` },
          finish_reason: 'stop',
        })),
      },
    ],
  ])('peer defect 4: %s', async (_name, answer) => {
    const expected = structuredClone(answer);
    const read = await readByClient(answer);
    for (const choice of expected.choices) {
      // The client's own additions.
      choice.logprobs ??= null;
      choice.message.refusal ??= null;
    }
    expect(withoutAdditions(read)).toEqual(withoutAdditions(expected));
  });

  /** The client adds the parse of what it can parse. */
  function withoutAdditions(answer: Parsed): Parsed {
    return JSON.parse(JSON.stringify(answer, (name, value) => (/^parsed/.test(name) ? undefined : value)));
  }
});
