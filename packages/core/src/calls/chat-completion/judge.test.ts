import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { judgeChatCompletion } from './judge.ts';

const good = { index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' };

function judge(answer: unknown, options = {}): ReturnType<typeof judgeChatCompletion> {
  return judgeChatCompletion(
    Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer)),
    options,
  );
}

function withChoice(finish_reason: unknown, message: object): object {
  return {
    choices: [{ index: 0, message: { role: 'assistant', content: null, ...message }, finish_reason }],
  };
}

const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } };

describe('judging a whole chat completion', () => {
  it.each([
    ['stop', { content: 'Hi' }],
    ['length', { content: 'Hi' }],
    ['tool_calls', { tool_calls: [call] }],
    ['function_call', { function_call: { name: 'f', arguments: '{}' } }],
    ['stop', { audio: { id: 'a', data: 'AA==' } }],
    ['stop', { images: [{ type: 'image_url', image_url: { url: 'data:,' } }] }],
    ['stop', { content: [{ type: 'text', text: 'Hi' }] }],
  ])('keeps one that ended by %s with %j', (finishReason, message) => {
    expect(judge(withChoice(finishReason, message))).toEqual({ storable: true });
  });

  it.each([
    ['malformed', 'not JSON', {}],
    ['malformed', '{"choices":[', {}],
    ['malformed', '[]', {}],
    ['malformed', 'null', {}],
    ['malformed', { choices: 'many' }, {}],
    ['malformed', { choices: [] }, {}],
    ['malformed', { choices: [], usage: null }, { empty: true }],
    ['malformed', { choices: [{ index: 0, finish_reason: 'stop' }] }, {}],
    ['malformed', { choices: [null] }, {}],
    ['malformed', {}, {}],
    ['error', { error: { message: 'overloaded' }, choices: [good] }, {}],
    ['error', { error: 'overloaded' }, {}],
    ['empty', withChoice('stop', {}), {}],
    ['empty', withChoice('stop', { content: '' }), {}],
    ['empty', withChoice('tool_calls', { tool_calls: [] }), {}],
    ['empty', withChoice('length', { content: '', reasoning_content: 'Let me see' }), {}],
    ['empty', withChoice('length', { content: [{ type: 'thinking', thinking: [] }] }), {}],
    ['empty', { choices: [good, { ...good, message: { content: '' } }] }, {}],
    ['content_filter', withChoice('content_filter', { content: 'Once' }), {}],
    ['refusal', withChoice('stop', { refusal: 'I cannot' }), {}],
    ['finish_reason', withChoice('error', { content: 'Once' }), {}],
    ['finish_reason', withChoice(null, { content: 'Once' }), {}],
    ['finish_reason', withChoice(undefined, { content: 'Once' }), {}],
    ['finish_reason', withChoice({ type: 'stop' }, { content: 'Once' }), {}],
  ])('peer defect 3: what is complete and bad is not kept: %s %j', (reason, answer, options) => {
    expect(judge(answer, options)).toEqual({ storable: false, reason });
  });

  it.each([
    ['contentFilter', withChoice('content_filter', {})],
    ['refusal', withChoice('stop', { refusal: 'I cannot' })],
    ['empty', withChoice('stop', { content: '' })],
    ['unknown', withChoice('eos', { content: 'Hi' })],
  ])('keeps what %s switches on, and only that', (option, answer) => {
    expect(judge(answer, { [option]: true })).toEqual({ storable: true });
    const others = ['contentFilter', 'refusal', 'empty', 'unknown'].filter((name) => name !== option);
    expect(judge(answer, Object.fromEntries(others.map((name) => [name, true]))).storable).toBe(false);
  });

  it('takes `error: null` as no error', () => {
    expect(judge({ error: null, choices: [good] })).toEqual({ storable: true });
  });

  it('reads usage, of answers it does not keep too', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 9 };
    const read = { promptTokens: 3, completionTokens: 4, totalTokens: 9 };
    expect(judge({ choices: [good], usage })).toEqual({ storable: true, usage: read });
    expect(judge({ choices: [], usage })).toEqual({ storable: false, reason: 'malformed', usage: read });
    expect(
      judge({ choices: [good], usage: { prompt_tokens: 3, completion_tokens: 4 } }).usage?.totalTokens,
    ).toBe(7);
    expect(judge({ choices: [good], usage: { prompt_tokens: '3' } }).usage).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        expect(judge(text).storable).toBe(false);
        expect(judge(`{"choices":[${text}]}`, { empty: true, unknown: true, refusal: true })).toBeDefined();
      }),
    );
  });
});
