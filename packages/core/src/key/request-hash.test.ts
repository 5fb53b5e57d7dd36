import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '../json.ts';
import { UNKEYED_MEMBERS, keyedMembers, requestHash, type KeyedRequest } from './cache-key.ts';
import { anyBody, picks, written } from './json.fixture.ts';
import { parseJsonBody } from './parse-body.ts';

/** A body and its hash, written down once: whoever changes it makes every stored entry a miss. */
const KNOWN_BODY =
  '{"model":"gpt-4o","messages":[{"role":"user","content":"caf\\u00e9 \\ud83d\\ude00 \\ud800"}],' +
  '"temperature":1.0,"seed":9007199254740993,"logit_bias":{"50256":-100},"stream":true}';
const KNOWN_HASH = '818041593eae92ed06b5c1c8970fd809c1a1aa7e8962ab9a8260dd17d52d75f9';

function hashOf(body: JsonObject | string, more: Partial<KeyedRequest> = {}): string {
  const parsed = typeof body === 'string' ? parseJsonBody(body) : body;
  return requestHash({ callType: 'chat_completion', body: parsed, ...more });
}

/** A program that prints the hash of KNOWN_BODY, from a process or thread of its own. */
function program(print: string): string {
  const url = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);
  return `
    Promise.all([import(${url('./cache-key.ts')}), import(${url('./parse-body.ts')})]).then(([key, parse]) => {
      const body = parse.parseJsonBody(${JSON.stringify(KNOWN_BODY)});
      ${print}(key.requestHash({ callType: 'chat_completion', body }));
    });`;
}

describe('requestHash', () => {
  it('peer defect 1: is the same however the body is written', () => {
    fc.assert(
      fc.property(anyBody, picks, picks, (body, pick, otherPick) => {
        expect(hashOf(written(body, pick))).toBe(hashOf(written(body, otherPick)));
      }),
    );
  });

  it('peer defect 1: is the same in every release', () => {
    expect(hashOf(KNOWN_BODY)).toBe(KNOWN_HASH);
  });

  it('peer defect 1: is the same after a restart', () => {
    const output = execFileSync(process.execPath, ['--no-warnings', '-e', program('console.log')], {
      encoding: 'utf8',
    });
    expect(output.trim()).toBe(KNOWN_HASH);
  });

  it('peer defect 1: is the same in a worker thread', async () => {
    const print = `require('node:worker_threads').parentPort.postMessage`;
    const worker = new Worker(program(print), { eval: true, execArgv: ['--no-warnings'] });
    expect(await once(worker, 'message')).toEqual([KNOWN_HASH]);
    await worker.terminate();
  });

  it('is that of what the provider is sent: neither reads the body differently', () => {
    const numbers = [
      '9007199254740993',
      '1e400',
      '-1E+400',
      '9.007199254740993e15',
      '0.1000000000000000055',
      '1e-400',
    ];
    fc.assert(
      fc.property(anyBody, picks, fc.constantFrom(...numbers), (body, pick, number) => {
        const received = `{"seed":${number},"body":${written(body, pick)}}`;
        const sent = JSON.stringify(parseJsonBody(received));
        expect(hashOf(sent)).toBe(hashOf(received));
      }),
    );
  });

  it('leaves the body as it is', () => {
    const body = parseJsonBody(KNOWN_BODY);
    const before = JSON.stringify(body);
    hashOf(body, { ignoredParams: ['seed'] });
    expect(JSON.stringify(body)).toBe(before);
  });

  const BASE = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] };
  const said = (message: object): JsonObject => ({ model: 'm', messages: [{ role: 'user', ...message }] });
  const called = (args: string): JsonObject =>
    said({ tool_calls: [{ id: '1', type: 'function', function: { name: 'f', arguments: args } }] });
  const shown = (url: string, detail = 'auto'): JsonObject =>
    said({ content: [{ type: 'image_url', image_url: { url, detail } }] });
  const heard = (data: string): JsonObject =>
    said({ content: [{ type: 'input_audio', input_audio: { data, format: 'wav' } }] });

  it.each<[string, ...JsonObject[]]>([
    ['tool calls', called('{"a":1}'), called('{"a":2}')],
    ['tool results', said({ role: 'tool', tool_call_id: '1' }), said({ role: 'tool', tool_call_id: '2' })],
    ['images', shown('https://a/1.png'), shown('https://a/2.png'), shown('https://a/1.png', 'low')],
    [
      'audio',
      heard('AAAA'),
      heard('AAAB'),
      { ...BASE, audio: { voice: 'a' } },
      { ...BASE, modalities: ['audio'] },
    ],
    [
      'response_format',
      { ...BASE, response_format: { type: 'json_object' } },
      { ...BASE, response_format: { type: 'text' } },
    ],
    ['seed', { ...BASE, seed: 1 }, { ...BASE, seed: 2 }, { ...BASE, seed: null }],
    ['n', { ...BASE, n: 1 }, { ...BASE, n: 2 }],
    [
      'logit_bias',
      { ...BASE, logit_bias: { 1: 5 } },
      { ...BASE, logit_bias: { 1: -5 } },
      { ...BASE, logit_bias: { 2: 5 } },
    ],
    ['reasoning_effort', { ...BASE, reasoning_effort: 'low' }, { ...BASE, reasoning_effort: 'high' }],
    ['tools', { ...BASE, tools: [] }, { ...BASE, tools: [{ type: 'function', function: { name: 'f' } }] }],
    ['tool_choice', { ...BASE, tool_choice: 'none' }, { ...BASE, tool_choice: 'required' }],
    ['model', { ...BASE, model: 'n' }],
    ['user', { ...BASE, user: 'a' }, { ...BASE, user: 'b' }],
    ['temperature', { ...BASE, temperature: 0 }, { ...BASE, temperature: 1 }],
    ['thinking', { ...BASE, thinking: { type: 'enabled', budget_tokens: 1024 } }],
    ['members nobody knows yet', { ...BASE, x_new: 1 }, { ...BASE, x_new: 2 }, { ...BASE, timeouts: 1 }],
    [
      'inner members named like unkeyed ones',
      said({ metadata: 1 }),
      said({ stream: true }),
      said({ cache: 1 }),
    ],
  ])('peer defect 11: %s change it', (_what, ...bodies) => {
    const hashes = new Set([BASE, ...bodies].map((body) => hashOf(body)));
    expect(hashes.size).toBe(bodies.length + 1);
  });

  it('is not changed by members that only say how the answer travels', () => {
    expect([...UNKEYED_MEMBERS]).toEqual(
      expect.arrayContaining(['stream', 'stream_options', 'cache', 'metadata']),
    );
    for (const member of UNKEYED_MEMBERS) {
      expect(hashOf({ ...BASE, [member]: { a: 1 } })).toBe(hashOf(BASE));
    }
  });

  it('is not changed by members named in ignoredParams, at the top level', () => {
    const ignoredParams = ['user'];
    expect(hashOf({ ...BASE, user: 'a' }, { ignoredParams })).toBe(hashOf(BASE));
    expect(hashOf({ ...BASE, user: 'a', stream: true }, { ignoredParams })).toBe(
      hashOf(BASE, { ignoredParams: [] }),
    );
    expect(hashOf({ ...BASE, seed: 1 }, { ignoredParams })).not.toBe(hashOf(BASE));
    expect(hashOf(said({ user: 'a' }), { ignoredParams })).not.toBe(
      hashOf(said({ user: 'b' }), { ignoredParams }),
    );
  });

  it('is changed by call type, location and headers, each in its own place', () => {
    const hashes = [
      hashOf(BASE),
      hashOf(BASE, { callType: 'text_completion' }),
      hashOf(BASE, { location: 'https://a/v1/chat/completions' }),
      hashOf(BASE, { location: 'https://b/v1/chat/completions' }),
      hashOf(BASE, { location: '' }),
      hashOf(BASE, { headers: [['openai-beta', 'a']] }),
      hashOf(BASE, { headers: [['openai-beta', 'b']] }),
      hashOf(BASE, { headers: [['anthropic-beta', 'a']] }),
      hashOf({ ...BASE, 'openai-beta': 'a' }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hashOf(BASE, { headers: [] })).toBe(hashOf(BASE));
  });

  it('is changed by those members of extra_headers that change the answer', () => {
    const withHeaders = (extra_headers: JsonObject): string => hashOf({ ...BASE, extra_headers });
    expect(withHeaders({ 'X-Trace': '1' })).toBe(hashOf(BASE));
    expect(withHeaders({ 'Anthropic-Beta': 'a' })).not.toBe(hashOf(BASE));
    expect(withHeaders({ 'Anthropic-Beta': 'a' })).not.toBe(withHeaders({ 'Anthropic-Beta': 'b' }));
    expect(withHeaders({ 'anthropic-beta': 'a', 'x-trace': '1' })).toBe(
      withHeaders({ 'Anthropic-Beta': 'a' }),
    );
    expect(hashOf({ ...BASE, extra_headers: 'a' })).toBe(hashOf(BASE));
  });
});

describe('keyedMembers', () => {
  it('names exactly the members whose change is another key', () => {
    const body = {
      model: 'm',
      messages: [],
      stream: true,
      cache: {},
      user: 'u',
      temperature: 1,
      metadata: {},
    };
    const ignoredParams = ['user'];
    const hashOf = (of: JsonObject): string =>
      requestHash({ callType: 'chat_completion', body: of, ignoredParams });
    const separating = Object.keys(body).filter(
      (name) => hashOf({ ...body, [name]: 'changed' }) !== hashOf(body),
    );
    expect(keyedMembers(body, ignoredParams)).toEqual(separating);
    expect(separating).toEqual(['model', 'messages', 'temperature']);
  });
});
