import { describe, expect, it } from '@jest/globals';
import { assembled, one, recording, usage, type Parsed } from './recording.fixture.ts';

describe('streams as other providers send them', () => {
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
