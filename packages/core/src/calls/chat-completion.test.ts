import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rawJson } from '../key/raw-json.ts';
import { chatCompletion } from './chat-completion.ts';
import { createEventParser, formatComment, formatEvent } from './sse/parse.ts';

const wantsUsage = { stream: true, usage: true };

describe('what the client wants', () => {
  it.each([
    [{}, { stream: false, usage: true }],
    [
      { stream: false, stream_options: { include_usage: false } },
      { stream: false, usage: true },
    ],
    [{ stream: 'true' }, { stream: false, usage: true }],
    [{ stream: true }, { stream: true, usage: false }],
    [
      { stream: true, stream_options: null },
      { stream: true, usage: false },
    ],
    [
      { stream: true, stream_options: { include_usage: 1 } },
      { stream: true, usage: false },
    ],
    [
      { stream: true, stream_options: { include_usage: true } },
      { stream: true, usage: true },
    ],
  ])('%j', (body, demand) => {
    expect(chatCompletion.demand(body)).toEqual(demand);
  });
});

describe('what the provider is asked', () => {
  const ask = (text: string, includeUsage = true): string =>
    JSON.stringify(chatCompletion.providerBody(JSON.parse(text, keepText), { includeUsage }));
  const keepText = (_name: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' ? rawJson(context?.source ?? '') : value;

  it('peer defect 4: a stream always gives usage', () => {
    expect(ask('{"stream":true,"n":1}')).toBe(
      '{"stream":true,"n":1,"stream_options":{"include_usage":true}}',
    );
    expect(ask('{"stream":true,"stream_options":null}')).toBe(
      '{"stream":true,"stream_options":{"include_usage":true}}',
    );
    expect(ask('{"stream":true,"stream_options":{"include_obfuscation":false,"include_usage":false}}')).toBe(
      '{"stream":true,"stream_options":{"include_obfuscation":false,"include_usage":true}}',
    );
  });

  it('keeps every member, whatever its name, and every number as it was written', () => {
    expect(
      ask(
        '{"__proto__":{"a":1.0},"seed":9007199254740993,"stream":true,"stream_options":{"__proto__":1e400}}',
      ),
    ).toBe(
      '{"__proto__":{"a":1.0},"seed":9007199254740993,"stream":true,"stream_options":{"__proto__":1e400,"include_usage":true}}',
    );
  });

  it('changes nothing of what it is given', () => {
    const body = { stream: true, stream_options: { include_usage: false } };
    chatCompletion.providerBody(body, { includeUsage: true });
    expect(body).toEqual({ stream: true, stream_options: { include_usage: false } });
  });

  it.each([
    ['is not a stream', { stream: false }, true],
    ['asks already', { stream: true, stream_options: { include_usage: true } }, true],
    ['is wrong in a way the provider should tell', { stream: true, stream_options: 'usage' }, true],
    ['goes to a provider that cannot', { stream: true }, false],
  ])('leaves a body alone that %s', (_name, body, includeUsage) => {
    expect(chatCompletion.providerBody(body, { includeUsage })).toBe(body);
  });
});

it('tells an error in the shape of OpenAI', () => {
  expect(JSON.parse(chatCompletion.errorEvent({ message: 'It broke', code: 'stream_interrupted' }))).toEqual({
    error: { message: 'It broke', type: 'server_error', param: null, code: 'stream_interrupted' },
  });
});

describe('whole and streamed are one answer', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', 'B', ' ', '\n', '\r', '"', '\\', 'é', '🦆', '語', '\u{2028}'),
    maxLength: 40,
  });
  const unknownName = fc.constantFrom(
    'x_groq',
    'citations',
    '__proto__',
    'constructor',
    'toString',
    'ünknown',
  );
  const unknown = fc.dictionary(unknownName, fc.jsonValue({ maxDepth: 3 }), {
    maxKeys: 2,
    noNullPrototype: true,
  });
  const call = fc.record({
    id: fc.string({ minLength: 4 }),
    type: fc.constant('function'),
    function: fc.record({ name: fc.constantFrom('weather', 'time'), arguments: text }),
  });
  const texts = fc.record(
    { reasoning_content: text, refusal: fc.option(text), tool_calls: fc.array(call, { maxLength: 3 }) },
    { requiredKeys: [] },
  );
  const token = fc.record({
    token: text,
    logprob: fc.double({ max: 0, noNaN: true, noDefaultInfinity: true }),
  });

  const choice = fc
    .record({
      content: fc.option(text),
      texts,
      unknownOfMessage: unknown,
      unknownOfChoice: unknown,
      tokens: fc.option(fc.array(token, { maxLength: 4 })),
      hasLogprobs: fc.boolean(),
      finish: fc.constantFrom('stop', 'length', 'tool_calls'),
    })
    .map(({ content, tokens, hasLogprobs, finish, ...rest }) => ({
      message: {
        ...rest.unknownOfMessage,
        role: 'assistant',
        content: tokens !== null && hasLogprobs ? tokens.map((item) => item.token).join('') : content,
        ...rest.texts,
      },
      ...rest.unknownOfChoice,
      ...(hasLogprobs ? { logprobs: tokens && { content: tokens, refusal: null } } : {}),
      finish_reason: finish,
    }));
  const answer = fc
    .record({
      choices: fc.array(choice, { minLength: 1, maxLength: 3 }),
      unknown,
      tokens: fc.option(fc.nat()),
    })
    .map(({ choices, unknown: members, tokens }) => ({
      ...members,
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1700000000,
      model: 'm',
      choices: choices.map((item, index) => ({ index, ...item })),
      ...(tokens === null
        ? {}
        : { usage: { prompt_tokens: 1, completion_tokens: tokens, total_tokens: tokens + 1 } }),
    }))
    // Through JSON once, as an answer comes: no -0.
    .map((value) => JSON.parse(JSON.stringify(value)));

  /** An answer as a stream, sent in pieces cut at `places`, and put together again. */
  function throughStream(whole: unknown, ending: string, places: readonly number[]): Buffer | undefined {
    const entry = { body: Buffer.from(JSON.stringify(whole)) };
    const events = Array.from(chatCompletion.replay(entry, wantsUsage), (data) => formatEvent(data));
    const bytes = Buffer.from((formatComment('wait') + events.join('')).replaceAll('\n', ending));
    return assembled(bytes, places);
  }

  function assembled(bytes: Buffer, places: readonly number[]): Buffer | undefined {
    const assembly = chatCompletion.assemble();
    const parser = createEventParser((item) => item.type === 'event' && assembly.push(item.data));
    const cuts = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort(
      (a, b) => a - b,
    );
    cuts.slice(1).forEach((cut, position) => parser.feed(bytes.subarray(cuts[position], cut)));
    parser.end();
    const finished = assembly.finish();
    expect(finished?.events).toBeUndefined();
    return finished?.body;
  }

  it('peer defect 4: an answer streamed and put together is the answer, however its bytes are cut', () => {
    fc.assert(
      fc.property(
        answer,
        fc.constantFrom('\n', '\r\n'),
        fc.array(fc.nat(), { maxLength: 20 }),
        (whole, ending, places) => {
          const body = throughStream(whole, ending, places);
          expect(JSON.parse(body!.toString())).toEqual(whole);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('peer defect 4: doing it again changes nothing, not even a byte', () => {
    fc.assert(
      fc.property(answer, (whole) => {
        const once = throughStream(whole, '\n', [])!;
        expect(throughStream(JSON.parse(once.toString()), '\n', [])!.toString()).toBe(once.toString());
      }),
    );
  });

  it('peer defect 3: a stream cut at any byte before its terminal event is no answer', () => {
    const whole = {
      choices: [{ index: 0, message: { role: 'assistant', content: 'é 🦆' }, finish_reason: 'stop' }],
    };
    const entry = { body: Buffer.from(JSON.stringify(whole)) };
    const events = Array.from(chatCompletion.replay(entry, wantsUsage), (data) => formatEvent(data));
    const bytes = Buffer.from(events.join(''));
    const terminal = bytes.length - '\n\n'.length;
    for (let end = 0; end < terminal; end++) expect(assembled(bytes.subarray(0, end), [])).toBeUndefined();
    expect(assembled(bytes.subarray(0, terminal), [])).toBeDefined();
  });
});
