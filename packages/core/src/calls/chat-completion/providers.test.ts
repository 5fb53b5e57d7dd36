import { describe, expect, it } from '@jest/globals';
import { createEventParser } from '../sse/parse.ts';
import { ChatCompletionAssembly } from './assemble.ts';

/** Whatever was parsed. */
type Parsed = ReturnType<typeof JSON.parse>;

/** What providers send, in their own shape: each recording is the text of a stream, comments included. */
function assembled(recording: string): { body: Parsed; events?: string } {
  const assembly = new ChatCompletionAssembly();
  const parser = createEventParser((item) => item.type === 'event' && assembly.push(item.data));
  parser.feed(new TextEncoder().encode(recording));
  parser.end();
  const answer = assembly.finish();
  if (answer === undefined) throw new Error('the recording should be a complete stream');
  const body = JSON.parse(answer.body.toString());
  return answer.events === undefined ? { body } : { body, events: answer.events.toString() };
}

function recording(head: object, choices: readonly object[][], last: readonly object[] = []): string {
  const chunks = choices.map((list) => ({ ...head, choices: list }));
  return (
    [...chunks, ...last].map((event) => `data: ${JSON.stringify(event)}\n\n`).join('') + 'data: [DONE]\n\n'
  );
}

function one(delta: object, rest: object = {}): object[] {
  return [{ index: 0, delta, finish_reason: null, ...rest }];
}

const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };

describe('streams as providers send them', () => {
  it('OpenAI: tool calls in pieces, padding, usage in a chunk of its own', () => {
    const head = {
      id: 'chatcmpl-A',
      object: 'chat.completion.chunk',
      created: 1760000000,
      model: 'gpt-5-mini',
      service_tier: 'default',
      system_fingerprint: null,
      usage: null,
    };
    const call = (index: number, id: string, name: string) =>
      one({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] });
    const text = (index: number, piece: string) =>
      one({ tool_calls: [{ index, function: { arguments: piece } }] });
    const padded = recording(
      { ...head, obfuscation: 'x8sKq' },
      [
        one({ role: 'assistant', content: null, refusal: null }),
        call(0, 'call_1', 'weather'),
        text(0, '{"ci'),
        text(0, 'ty":"Köln"}'),
        call(1, 'call_2', 'time'),
        text(1, '{}'),
        one({}, { finish_reason: 'tool_calls' }),
      ],
      [{ ...head, choices: [], usage, obfuscation: 'p' }],
    );
    expect(assembled(padded)).toEqual({
      body: {
        id: 'chatcmpl-A',
        object: 'chat.completion',
        created: 1760000000,
        model: 'gpt-5-mini',
        service_tier: 'default',
        system_fingerprint: null,
        choices: [
          {
            index: 0,
            message: {
              role: 'assistant',
              content: null,
              refusal: null,
              tool_calls: [
                {
                  id: 'call_1',
                  type: 'function',
                  function: { name: 'weather', arguments: '{"city":"Köln"}' },
                },
                { id: 'call_2', type: 'function', function: { name: 'time', arguments: '{}' } },
              ],
            },
            finish_reason: 'tool_calls',
          },
        ],
        usage,
      },
    });
  });

  it('OpenAI: a refusal, with the probabilities of its tokens', () => {
    const token = (text: string) => ({
      token: text,
      logprob: -0.1,
      bytes: [...Buffer.from(text)],
      top_logprobs: [],
    });
    const piece = (text: string) =>
      one({ refusal: text }, { logprobs: { content: null, refusal: [token(text)] } });
    const { body, events } = assembled(
      recording({ id: 'c', object: 'chat.completion.chunk' }, [
        one({ role: 'assistant', content: null, refusal: '' }, { logprobs: { content: null, refusal: [] } }),
        piece('I '),
        piece('cannot'),
        one({}, { logprobs: null, finish_reason: 'stop' }),
      ]),
    );
    expect(events).toBeUndefined();
    expect(body.choices[0]).toEqual({
      index: 0,
      message: { role: 'assistant', content: null, refusal: 'I cannot' },
      logprobs: { content: null, refusal: [token('I '), token('cannot')] },
      finish_reason: 'stop',
    });
  });

  it('OpenAI: audio with its transcript', () => {
    const { body } = assembled(
      recording({ id: 'c', object: 'chat.completion.chunk' }, [
        one({ role: 'assistant', content: null, audio: { id: 'audio_1', transcript: 'Good ' } }),
        one({ audio: { transcript: 'day' } }),
        one({ audio: { data: 'UklG' } }),
        one({ audio: { data: 'RgAA' } }),
        one({ audio: { expires_at: 1760003600 } }),
        one({}, { finish_reason: 'stop' }),
      ]),
    );
    expect(body.choices[0].message).toEqual({
      role: 'assistant',
      content: null,
      audio: { id: 'audio_1', transcript: 'Good day', data: 'UklGRgAA', expires_at: 1760003600 },
    });
  });

  it('OpenAI: three choices, interleaved', () => {
    const piece = (index: number, delta: object, finish_reason: string | null = null) => [
      { index, delta, finish_reason },
    ];
    const { body } = assembled(
      recording({ id: 'c', object: 'chat.completion.chunk' }, [
        piece(2, { role: 'assistant', content: 'c' }),
        piece(0, { role: 'assistant', content: 'a' }),
        [...piece(1, { role: 'assistant', content: 'b' }), ...piece(0, { content: 'A' })],
        piece(2, { content: 'C' }),
        piece(1, { content: 'B' }, 'length'),
        piece(0, {}, 'stop'),
        piece(2, {}, 'stop'),
      ]),
    );
    expect(body.choices).toEqual([
      { index: 0, message: { role: 'assistant', content: 'aA' }, finish_reason: 'stop' },
      { index: 1, message: { role: 'assistant', content: 'bB' }, finish_reason: 'length' },
      { index: 2, message: { role: 'assistant', content: 'cC' }, finish_reason: 'stop' },
    ]);
  });

  it('Azure: a first chunk without choices, filter results beside the text', () => {
    const safe = { hate: { filtered: false, severity: 'safe' } };
    const prompt = [
      { prompt_index: 0, content_filter_results: { jailbreak: { filtered: false, detected: false } } },
    ];
    const first = { id: '', object: '', created: 0, model: '', choices: [], prompt_filter_results: prompt };
    const head = { id: 'chatcmpl-Z', object: 'chat.completion.chunk', created: 1760000000, model: 'gpt-4o' };
    const rest = recording(head, [
      one({ role: 'assistant', content: '', refusal: null }, { content_filter_results: {} }),
      one({ content: 'Hi' }, { content_filter_results: safe, logprobs: null }),
      one({ content: '!' }, { content_filter_results: safe, logprobs: null }),
      one({}, { content_filter_results: {}, finish_reason: 'stop', logprobs: null }),
    ]);
    expect(assembled(`data: ${JSON.stringify(first)}\n\n${rest}`)).toEqual({
      body: {
        ...head,
        object: 'chat.completion',
        prompt_filter_results: prompt,
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: 'Hi!', refusal: null },
            content_filter_results: safe,
            logprobs: null,
            finish_reason: 'stop',
          },
        ],
      },
    });
  });

  it('Perplexity: citations, usage and the message so far on every chunk', () => {
    const sources = {
      citations: ['https://a.example', 'https://b.example'],
      search_results: [{ title: 'A' }],
    };
    const head = {
      id: 'p',
      model: 'sonar',
      created: 1760000000,
      object: 'chat.completion.chunk',
      ...sources,
    };
    const piece = (delta: string, soFar: string, counted: number, finish: string | null) => ({
      ...head,
      usage: { ...usage, completion_tokens: counted },
      choices: [
        {
          index: 0,
          finish_reason: finish,
          message: { role: 'assistant', content: soFar },
          delta: { role: 'assistant', content: delta },
        },
      ],
    });
    const last = [
      piece('See ', 'See ', 1, null),
      piece('[1]', 'See [1]', 2, null),
      piece('', 'See [1]', 3, 'stop'),
    ];
    expect(assembled(recording(head, [], last))).toEqual({
      body: {
        ...head,
        object: 'chat.completion',
        usage: { ...usage, completion_tokens: 3 },
        choices: [{ index: 0, message: { role: 'assistant', content: 'See [1]' }, finish_reason: 'stop' }],
      },
    });
  });

  it('Groq: x_groq in the first and in the last chunk', () => {
    const head = { id: 'g', object: 'chat.completion.chunk', created: 1760000000, model: 'llama-3.3' };
    const { body, events } = assembled(
      recording(
        { ...head, x_groq: { id: 'req_1' } },
        [one({ role: 'assistant', content: 'Hi' })],
        [{ ...head, choices: one({}, { finish_reason: 'stop' }), x_groq: { id: 'req_1', usage } }],
      ),
    );
    expect(body.x_groq).toEqual({ id: 'req_1', usage });
    expect(events).toBeUndefined();
  });

  it('DeepSeek: thoughts before the answer', () => {
    const { body } = assembled(
      recording({ id: 'd', object: 'chat.completion.chunk' }, [
        one({ role: 'assistant', content: null, reasoning_content: '' }),
        one({ content: null, reasoning_content: 'Hm, ' }),
        one({ content: null, reasoning_content: 'so' }),
        one({ content: '4', reasoning_content: null }),
        one({ content: '2', reasoning_content: null }),
        [{ index: 0, delta: { content: '', reasoning_content: null }, finish_reason: 'stop' }],
      ]),
    );
    expect(body.choices[0].message).toEqual({
      role: 'assistant',
      content: '42',
      reasoning_content: 'Hm, so',
    });
  });

  it('OpenRouter: keep-alive comments, reasoning details by index, one of two types', () => {
    const detail = (rest: object) =>
      one({
        role: 'assistant',
        content: '',
        reasoning_details: [{ format: 'anthropic-claude-v1', index: 0, ...rest }],
      });
    const stream = recording({ id: 'gen-1', provider: 'Anthropic', object: 'chat.completion.chunk' }, [
      detail({ type: 'reasoning.text', text: 'Let me ' }),
      detail({ type: 'reasoning.text', text: 'see' }),
      detail({ type: 'reasoning.text', signature: 'c2ln' }),
      one({ role: 'assistant', content: 'Yes' }),
      one({ role: 'assistant', content: '' }, { finish_reason: 'stop', native_finish_reason: 'end_turn' }),
    ]);
    const { body, events } = assembled(
      `: OPENROUTER PROCESSING\n\n${stream}`.replace('data: [', ': WAITING\n\ndata: ['),
    );
    expect(events).toBeUndefined();
    expect(body.choices[0]).toEqual({
      index: 0,
      message: {
        role: 'assistant',
        content: 'Yes',
        reasoning_details: [
          {
            type: 'reasoning.text',
            format: 'anthropic-claude-v1',
            index: 0,
            text: 'Let me see',
            signature: 'c2ln',
          },
        ],
      },
      finish_reason: 'stop',
      native_finish_reason: 'end_turn',
    });
  });

  it('vLLM: role, id, type and name on every chunk', () => {
    const piece = (text: string) =>
      one({
        role: 'assistant',
        tool_calls: [
          { index: 0, id: 'tool-1', type: 'function', function: { name: 'weather', arguments: text } },
        ],
      });
    const { body, events } = assembled(
      recording({ id: 'v', object: 'chat.completion.chunk' }, [
        piece('{"a"'),
        piece(':1}'),
        one({ content: '' }, { finish_reason: 'tool_calls', stop_reason: null }),
      ]),
    );
    expect(events).toBeUndefined();
    expect(body.choices[0].message).toEqual({
      role: 'assistant',
      content: '',
      tool_calls: [{ id: 'tool-1', type: 'function', function: { name: 'weather', arguments: '{"a":1}' } }],
    });
  });

  it('Gemini: parallel calls that all have index 0', () => {
    const call = (id: string, text: string) => ({
      index: 0,
      id,
      type: 'function',
      function: { name: 'weather', arguments: text },
    });
    const { body, events } = assembled(
      recording({ id: 'q', object: 'chat.completion.chunk' }, [
        one({ role: 'assistant', tool_calls: [call('1', '{"a":1}'), call('2', '{"a":2}')] }),
        one({ role: 'assistant', tool_calls: [call('3', '{"a":3}')] }, { finish_reason: 'tool_calls' }),
      ]),
    );
    const calls: Parsed[] = body.choices[0].message.tool_calls;
    expect(calls.map((item) => [item.id, item.function.arguments])).toEqual([
      ['1', '{"a":1}'],
      ['2', '{"a":2}'],
      ['3', '{"a":3}'],
    ]);
    expect(events?.split('\n')).toHaveLength(2);
  });

  it('Mistral: parts while it thinks, strings afterwards', () => {
    const thinking = [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] }];
    const { body, events } = assembled(
      recording({ id: 'm', object: 'chat.completion.chunk' }, [
        one({ role: 'assistant', content: '' }),
        one({ content: thinking }),
        one({ content: 'Y' }),
        one({ content: 'es' }, { finish_reason: 'stop' }),
      ]),
    );
    expect(body.choices[0].message.content).toEqual([...thinking, { type: 'text', text: 'Yes' }]);
    expect(events).toBeDefined();
  });
});
