import { afterEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import {
  bytesReply,
  chatChoice,
  chatCompletionAnswer,
  chatCompletionChunks,
  errorReply,
  jsonReply,
  slicedInto,
  streamReply,
  type ProviderScript,
} from '../testing/index.ts';
import { question, setUp, type Setup } from './openai.fixture.ts';

let setup: Setup;
afterEach(() => setup.close());

const CALLS = ['{"a":"é😀 b"}', '{}'].map((args, index) => ({
  id: `call_${index}`,
  type: 'function',
  function: { name: `f${index}`, arguments: args },
}));

const ANSWERS = {
  'plain text': chatCompletionAnswer(),
  'two choices': chatCompletionAnswer({
    choices: [
      chatChoice({ content: 'a b' }),
      chatChoice({ content: 'c d e' }, { index: 1, finishReason: 'length' }),
    ],
  }),
  'tool calls': chatCompletionAnswer({
    choices: [chatChoice({ tool_calls: CALLS }, { finishReason: 'tool_calls' })],
  }),
  'a refusal': chatCompletionAnswer({ choices: [chatChoice({ refusal: 'No, I will not' })] }),
  'filtered text': chatCompletionAnswer({
    choices: [chatChoice({ content: 'x' }, { finishReason: 'content_filter' })],
  }),
  'members nobody knows': chatCompletionAnswer({
    citations: ['a'],
    choices: [chatChoice({ content: 'x y', reasoning_content: 'because of it' })],
  }),
  nothing: chatCompletionAnswer({ choices: [chatChoice({ content: '' })] }),
};

const DEMANDS = {
  whole: {},
  streamed: { stream: true as const },
  'streamed with usage': { stream: true as const, stream_options: { include_usage: true } },
};

/** Everything a user of the SDK gets: the answer, or every chunk, or the error. */
async function seen(openai: OpenAI, demand: object): Promise<unknown> {
  try {
    const answer: unknown = await openai.chat.completions.create({ ...question(), ...demand });
    if (!('stream' in demand)) return answer;
    const chunks: unknown[] = [];
    for await (const chunk of answer as AsyncIterable<OpenAI.ChatCompletionChunk>) chunks.push(chunk);
    // OpenAI puts `usage: null` into every chunk of a stream asked for usage, and the cache always asks for it.
    return JSON.parse(JSON.stringify(chunks).replaceAll(',"usage":null', ''));
  } catch (error) {
    if (!(error instanceof OpenAI.APIError)) throw error;
    return { kind: error.constructor.name, status: error.status, message: error.message, code: error.code };
  }
}

async function expectUnchanged(script: ProviderScript, demand: object): Promise<void> {
  setup = await setUp();
  setup.provider.script(script);
  const bare = await seen(setup.client({ fetch: globalThis.fetch }), demand);
  expect(await seen(setup.openai, demand)).toEqual(bare);
  expect(setup.provider.calls).toHaveLength(2);
  // What is replayed as a stream may come in other pieces.
  if (!('stream' in demand)) expect(await seen(setup.openai, demand)).toEqual(bare);
}

describe('the SDK sees what it would see without the cache', () => {
  const cases = Object.entries(ANSWERS).flatMap(([name, answer]) =>
    Object.entries(DEMANDS).map(([how, demand]) => ({ name, how, answer, demand })),
  );
  it.each(cases)('$name, $how', async ({ answer, demand }) => {
    await expectUnchanged((call) => {
      const asked = call.body as { stream?: boolean; stream_options?: { include_usage?: boolean } };
      if (asked.stream !== true) return jsonReply(answer);
      const includeUsage = asked.stream_options?.include_usage === true;
      return slicedInto(streamReply(chatCompletionChunks(answer, { includeUsage })), 7);
    }, demand);
  });

  it.each<[string, ProviderScript]>([
    [
      "a gateway's page",
      () => bytesReply('<html>', { status: 502, headers: { 'content-type': 'text/html' } }),
    ],
    ['a page with status 200', () => bytesReply('<html>', { headers: { 'content-type': 'text/html' } })],
    ['a refused request', () => errorReply(400, { code: 'context_length_exceeded', param: 'messages' })],
    ['an error with status 200', () => jsonReply({ error: { message: 'quota', code: 'x' } })],
  ])('%s, whole and streamed', async (_name, script) => {
    await expectUnchanged(script, {});
    await setup.close();
    await expectUnchanged(script, { stream: true });
  });

  it('an error in the middle of a stream', async () => {
    const script: ProviderScript = () =>
      streamReply([{ error: { message: 'overloaded', code: 'o' } }], { done: false });
    await expectUnchanged(script, { stream: true });
  });
});
