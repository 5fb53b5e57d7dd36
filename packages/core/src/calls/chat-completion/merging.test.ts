import { describe, expect, it } from '@jest/globals';
import { assemblyOf, chunk, finished, head, messageOf, role, stop } from './stream.fixture.ts';

describe('merging deltas', () => {
  it('appends text', () => {
    expect(messageOf({ content: 'Hel' }, { content: 'lo' }, { content: null }, { content: '' })).toEqual({
      role: 'assistant',
      content: 'Hello',
    });
  });

  it('sets what names something, however often it is said', () => {
    const again = { role: 'assistant', audio: { id: 'audio_1', format: 'wav', data: 'AA' } };
    expect(messageOf(again, again)).toEqual({
      role: 'assistant',
      content: '',
      audio: { id: 'audio_1', format: 'wav', data: 'AAAA' },
    });
  });

  it('keeps a member that is only ever null, and adds no `refusal`', () => {
    expect(messageOf({ refusal: null, annotations: null })).toEqual({
      role: 'assistant',
      content: '',
      refusal: null,
      annotations: null,
    });
  });

  it('says `content: null` where only tool calls came', () => {
    const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } };
    const { body } = finished(chunk({ role: 'assistant', tool_calls: [call] }), stop);
    expect(body['choices'][0].message).toEqual({
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }],
    });
  });

  it.each([[{}], [{ role: null }], [{ role: '' }]])(
    'is the assistant where the stream names no role: %j',
    (delta) => {
      const { body } = finished(chunk({ ...delta, content: 'Hi' }), stop);
      expect(body.choices[0].message).toEqual({ role: 'assistant', content: 'Hi' });
    },
  );

  it('takes a whole message from a server that sends no deltas', () => {
    const message = { role: 'assistant', content: 'Hi', x: 1 };
    const { body } = finished({ ...head, choices: [{ message, finish_reason: 'stop' }] });
    expect(body.choices).toEqual([{ index: 0, message, finish_reason: 'stop' }]);
  });

  it('joins a character whose two halves come in two events', () => {
    const half = (escape: string) => `{"choices":[{"index":0,"delta":{"content":"${escape}"}}]}`;
    const { body } = finished(role, half('\\ud83e'), half('\\udd86'), stop);
    expect(body.choices[0].message.content).toBe('🦆');
  });

  it('orders tool calls by their index, and takes it off', () => {
    const message = messageOf(
      { tool_calls: [{ index: 1, id: 'b', function: { name: 'g', arguments: '' } }] },
      { tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{"x"' } }] },
      {
        tool_calls: [
          { index: 0, function: { arguments: ':1}' } },
          { index: 1, function: { arguments: '{}' } },
        ],
      },
    );
    expect(message['tool_calls']).toEqual([
      { id: 'a', function: { name: 'f', arguments: '{"x":1}' } },
      { id: 'b', function: { name: 'g', arguments: '{}' } },
    ]);
  });

  it('folds pieces of one tool call that come in one event', () => {
    const first = { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{' } };
    const message = messageOf({ tool_calls: [first, { index: 0, function: { arguments: '}' } }] });
    expect(message['tool_calls']).toEqual([
      { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } },
    ]);
  });

  it('keeps two items of one index apart where their types differ', () => {
    const items = [
      { index: 0, type: 'reasoning.summary', summary: 'a' },
      { index: 0, type: 'reasoning.encrypted', data: 'b' },
    ];
    const message = messageOf(
      { reasoning_details: items.slice(0, 1) },
      { reasoning_details: items.slice(1) },
    );
    expect(message.reasoning_details).toEqual(items);
  });

  it('takes a tool call for the same one where only its id changes', () => {
    const message = messageOf(
      { tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{' } }] },
      { tool_calls: [{ index: 0, id: 'b', function: { arguments: '}' } }] },
    );
    expect(message.tool_calls).toEqual([{ id: 'b', function: { name: 'f', arguments: '{}' } }]);
  });

  it('keeps the time at which the answer began', () => {
    const times = [0, 1700000001, 1700000002].map((created) => ({ ...role, created }));
    expect(finished(...times, { ...stop, created: 0 }).body.created).toBe(1700000001);
  });

  it('keeps unknown members, nested ones too', () => {
    const message = messageOf(
      { x: { y: { z: 'a' }, n: 1 } },
      { x: { y: { z: 'b' }, list: [1] } },
      { x: { list: [2] } },
    );
    expect(message['x']).toEqual({ y: { z: 'ab' }, n: 1, list: [1, 2] });
  });

  it('keeps numbers a double would change, by their text', () => {
    const event =
      '{"choices":[{"index":0,"delta":{"content":"a","seed":9007199254740993,"x":1e400,"y":0.5}}]}';
    const answer = assemblyOf([role, event, stop, '[DONE]']).finish();
    expect(answer?.body.toString()).toContain('"seed":9007199254740993,"x":1e400,"y":0.5');
    expect(answer?.events).toBeUndefined();
  });

  it('never reaches a prototype', () => {
    const evil = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":"x"}';
    const event = `{"choices":[{"index":0,"delta":${evil},"x":${evil},"__proto__":{"polluted":1},"logprobs":${evil}}],"y":${evil},"__proto__":{"polluted":1}}`;
    const answer = assemblyOf([event, event, stop, '[DONE]']).finish();
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
    const message = JSON.parse(answer!.body.toString()).choices[0].message;
    expect(Object.getOwnPropertyDescriptor(message, '__proto__')?.value).toEqual({ polluted: 1 });
    expect(Object.getOwnPropertyDescriptor(message, 'toString')?.value).toBe('xx');
  });
});

describe('where the body alone would lose something', () => {
  it.each([
    ['a number changed', chunk({ n: 1 }), chunk({ n: 2 })],
    ['a name changed', { ...role, model: 'a' }, { ...role, model: 'b' }],
    [
      'a name came in pieces',
      chunk({ function_call: { name: 'get_' } }),
      chunk({ function_call: { name: 'weather' } }),
    ],
    ['a list was replaced', { ...role, citations: ['a'] }, { ...role, citations: ['b'] }],
    ['a member changed its kind', chunk({ x: 1 }), chunk({ x: { y: 1 } })],
    [
      'an index was used twice',
      chunk({ x: [{ index: 0, type: 'a' }] }),
      chunk({ x: [{ index: 0, type: 'b' }] }),
    ],
  ])('the events are kept too: %s', (_name, one, other) => {
    const events = [role, one, other, stop].map((event) => JSON.stringify(event));
    expect(finished(...events).events).toEqual(events);
  });

  it.each([
    ['an equal list is repeated', { ...role, citations: [{ a: 1 }] }, { ...role, citations: [{ a: 1 }] }],
    ['an empty value is filled', { ...role, model: '', x: null }, { ...role, model: 'm', x: 1 }],
    ['a value is empty later', { ...role, x: 'a', list: [1] }, { ...role, x: '', list: [] }],
    [
      'the clock went on',
      { ...role, created: 0 },
      { ...role, created: 1700000001 },
      { ...role, created: 1700000002 },
    ],
    ['usage grows', { ...role, usage: { total_tokens: 1 } }, { ...role, usage: { total_tokens: 2 } }],
  ])('and not otherwise: %s', (_name, ...events) => {
    expect(finished(...events, stop).events).toBeUndefined();
  });

  it('an event of several lines is kept on one', () => {
    const [one, other] = [chunk({ n: 'a', m: 1 }), chunk({ n: 'b', m: 2 })];
    const { events } = finished(JSON.stringify(one, undefined, 2), JSON.stringify(other, undefined, 2), stop);
    expect(events?.map((event) => JSON.parse(event))).toEqual([one, other, stop]);
  });
});
