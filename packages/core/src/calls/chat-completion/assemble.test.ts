import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { assemblyOf, chunk, head, role, stop } from './stream.fixture.ts';

describe('what an event is', () => {
  it.each([
    ['part', chunk({ content: 'Hi' })],
    ['part', { ...chunk({ content: 'Hi' }), usage: { prompt_tokens: 1 } }],
    ['part', { ...head, choices: [], prompt_filter_results: [] }],
    ['part', { ...head, choices: [], usage: null }],
    ['part', { ...chunk({}), error: null }],
    ['part', 'not JSON'],
    ['part', '[1]'],
    ['part', ''],
    ['usage', { ...head, choices: [], usage: { prompt_tokens: 1 } }],
    ['usage', { ...head, choices: null, usage: { prompt_tokens: 1 } }],
    ['usage', { ...head, usage: { prompt_tokens: 1 } }],
    ['error', { error: { message: 'overloaded' } }],
    ['error', { ...chunk({ content: '' }, { finish_reason: 'error' }), error: { code: 502 } }],
    ['done', '[DONE]'],
    ['done', ' [DONE] '],
  ])('%s: %j', (kind, event) => {
    const assembly = assemblyOf([]);
    expect(assembly.push(typeof event === 'string' ? event : JSON.stringify(event))).toBe(kind);
  });
});

describe('what is not an answer', () => {
  const cases: [string, (object | string)[]][] = [
    ['no terminal event', [role, stop]],
    ['no choice', [{ ...head, choices: [] }, '[DONE]']],
    ['nothing but the terminal event', ['[DONE]']],
    ['an error event', [role, { error: { message: 'overloaded' } }, '[DONE]']],
    ['an event that is not JSON', [role, '{"choices":[', stop, '[DONE]']],
    ['an event that is not an object', [role, '17', stop, '[DONE]']],
    ['choices that are not a list', [role, { ...head, choices: {} }, stop, '[DONE]']],
    ['a choice that is not an object', [role, { ...head, choices: ['a'] }, stop, '[DONE]']],
    ['a choice without a usable index', [role, { ...head, choices: [{ index: -1, delta: {} }] }, '[DONE]']],
    ['a delta that is not an object', [role, { ...head, choices: [{ index: 0, delta: 'a' }] }, '[DONE]']],
  ];

  it.each(cases)('peer defect 3: %s', (_name, events) => {
    expect(assemblyOf(events).finish()).toBeUndefined();
  });

  it('peer defect 3: a stream cut anywhere before its terminal event', () => {
    const events = [
      role,
      chunk({ content: 'a' }),
      stop,
      { ...head, choices: [], usage: { prompt_tokens: 1 } },
    ];
    for (let end = 0; end <= events.length; end++)
      expect(assemblyOf(events.slice(0, end)).finish()).toBeUndefined();
    expect(assemblyOf([...events, '[DONE]']).finish()).toBeDefined();
  });

  it.each([
    ['pieces', (deep: string) => `{"choices":[{"index":0,"delta":{"x":${deep}}}]}`],
    ['members', (deep: string) => `{"x":${deep}}`],
    ['lists', (deep: string) => `{"x":[${deep}]}`],
  ])('%s nested too deep to follow', (_name, eventOf) => {
    const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
    const event = eventOf(deep);
    expect(assemblyOf([role, event, event, stop, '[DONE]']).finish()).toBeUndefined();
  });
});

it('takes any events without throwing, and what it puts together is JSON', () => {
  const member = fc.constantFrom(
    'choices',
    'delta',
    'index',
    'message',
    'tool_calls',
    'logprobs',
    'content',
    'usage',
    'x',
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 6 }, fc.constantFrom(null, 0, 1, '', 'a'), tie('list'), tie('object')),
    list: fc.array(tie('value'), { maxLength: 3 }),
    object: fc.dictionary(member, tie('value'), { maxKeys: 5 }),
  }));
  const choice = fc.record({ index: fc.constantFrom(0, 1), delta: value, logprobs: value, x: value });
  const event = fc.oneof(
    fc.record(
      { choices: fc.array(choice, { maxLength: 2 }), usage: value, x: value },
      { requiredKeys: ['choices'] },
    ),
    value,
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 6 }), (events) => {
      const answer = assemblyOf([...(events as object[]), '[DONE]']).finish();
      if (answer !== undefined) expect(JSON.parse(answer.body.toString())).toHaveProperty('choices');
    }),
    { numRuns: 500 },
  );
});
