import { describe, expect, it } from '@jest/globals';
import { assembled, one, recording, usage } from './recording.fixture.ts';

describe('streams as OpenAI and Azure send them', () => {
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
});
