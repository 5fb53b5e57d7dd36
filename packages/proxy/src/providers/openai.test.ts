import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { HeaderList, JsonObject, ProviderAnswer } from '@cache/core';
import {
  FakeClock,
  bytesReply,
  cutAfter,
  errorReply,
  gzipped,
  jsonReply,
  redirectReply,
  silentReply,
  stalledAfter,
  startFakeProvider,
  streamReply,
  type FakeProvider,
} from '@cache/core/testing';
import { Agent } from 'undici';
import { ProviderTimeout, ProviderUnavailable } from '../errors/http-error.ts';
import type { Deployment } from './deployment.ts';
import { openAiProvider, type OpenAiProvider } from './openai.ts';

const PATH = '/chat/completions';
const BODY: JsonObject = { model: 'fast', messages: [{ role: 'user', content: 'Hello' }] };
const STREAMED: JsonObject = { ...BODY, stream: true, stream_options: { include_usage: true } };
const SECRET = 'sk-of-the-deployment';

let fake: FakeProvider;
let clock: FakeClock;
let openAi: OpenAiProvider;

beforeAll(async () => {
  fake = await startFakeProvider();
});
afterAll(() => fake.close());
beforeEach(() => {
  clock = new FakeClock();
  openAi = openAiProvider({ clock });
});
afterEach(async () => {
  fake.reset();
  await openAi.close();
});

function deployment(changes: Partial<Deployment> = {}): Deployment {
  return {
    id: 'one',
    modelName: 'fast',
    model: 'gpt-4o-mini',
    apiBase: fake.url,
    apiKey: SECRET,
    headers: {},
    defaultParams: {},
    includeUsage: true,
    ...changes,
  };
}

interface AskOptions {
  readonly body?: JsonObject;
  readonly headers?: HeaderList;
  readonly signal?: AbortSignal;
}

function ask(changes: Partial<Deployment> = {}, options: AskOptions = {}): Promise<ProviderAnswer> {
  const { body = BODY, headers = [], signal = new AbortController().signal } = options;
  return openAi(deployment(changes), PATH, headers)(body, { signal });
}

async function read(answer: ProviderAnswer): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of answer.body) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** What a promise rejects with. */
async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it did not reject with an Error');
}

describe('what a provider is sent', () => {
  it("is the deployment's model and key, and the body otherwise as it was", async () => {
    await read(await ask({}, { body: { ...BODY, temperature: 0.5, unheard_of: ['x', { y: null }] } }));
    const [call] = fake.calls;
    expect(call?.body).toEqual({
      ...BODY,
      model: 'gpt-4o-mini',
      temperature: 0.5,
      unheard_of: ['x', { y: null }],
    });
    expect(call?.method).toBe('POST');
    expect(call?.headers['authorization']).toBe(`Bearer ${SECRET}`);
    expect(call?.headers['content-type']).toBe('application/json');
  });

  it('keeps the source text of numbers a double would change, and a member named __proto__', async () => {
    const body = JSON.parse('{"model":"fast","__proto__":{"a":1}}') as JsonObject;
    body['seed'] = (JSON as unknown as { rawJSON(text: string): { rawJSON: string } }).rawJSON(
      '9007199254740993',
    );
    await read(await ask({ defaultParams: { top_p: 1 } }, { body }));
    expect(fake.calls[0]?.rawBody.toString()).toBe(
      '{"top_p":1,"model":"gpt-4o-mini","__proto__":{"a":1},"seed":9007199254740993}',
    );
  });

  it('has the default members the client did not give', async () => {
    await read(
      await ask({ defaultParams: { temperature: 0, top_p: 0.9 } }, { body: { ...BODY, temperature: 1 } }),
    );
    expect(fake.calls[0]?.body).toMatchObject({ temperature: 1, top_p: 0.9 });
  });

  it('asks a stream for usage unless the provider refuses that', async () => {
    await read(await ask({}, { body: STREAMED }));
    await read(await ask({ includeUsage: false }, { body: STREAMED }));
    await read(
      await ask(
        { includeUsage: false },
        { body: { ...BODY, stream: true, stream_options: { x: 1, include_usage: true } } },
      ),
    );
    await read(await ask({ includeUsage: false }, { body: { ...BODY, stream_options: null } }));
    expect(fake.calls.map(({ body }) => (body as JsonObject)['stream_options'])).toEqual([
      { include_usage: true },
      undefined,
      { x: 1 },
      null,
    ]);
  });

  it("never has the client's credentials, cookies, addresses or connection in it", async () => {
    const kept = [
      'authorization',
      'cookie',
      'x-api-key',
      'api-key',
      'host',
      'connection',
      'te',
      'upgrade',
      'expect',
    ];
    const more = [
      'transfer-encoding',
      'proxy-authorization',
      'content-length',
      'x-forwarded-for',
      'forwarded',
      'origin',
    ];
    const account = [
      'user-agent',
      'openai-organization',
      'openai-project',
      'x-stainless-lang',
      'accept-encoding',
    ];
    const headers = [...kept, ...more, ...account].map((name): [string, string] => [name, 'clients-own']);
    await read(await ask({}, { headers: [...headers, ['Authorization', 'Bearer clients-own']] }));
    expect(JSON.stringify(fake.calls[0]?.headers)).not.toContain('clients-own');
  });

  it('has the headers that change what a body means, and the trace', async () => {
    const headers: HeaderList = [
      ['OpenAI-Beta', 'assistants=v2'],
      ['anthropic-version', '2023-06-01'],
      ['anthropic-beta', 'a'],
      ['anthropic-beta', 'b'],
      ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
      ['tracestate', 'x=y'],
    ];
    await read(await ask({}, { headers }));
    expect(fake.calls[0]?.headers).toMatchObject({
      'openai-beta': 'assistants=v2',
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'a, b',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'x=y',
    });
  });

  it("has the operator's headers instead of the client's and ours", async () => {
    const headers = { 'OpenAI-Beta': 'mine', 'api-key': 'azure', Authorization: 'Token t' };
    await read(await ask({ headers }, { headers: [['openai-beta', 'theirs']] }));
    expect(fake.calls[0]?.headers).toMatchObject({
      'openai-beta': 'mine',
      'api-key': 'azure',
      authorization: 'Token t',
    });
  });

  it('has no authorization where the deployment has no key', async () => {
    const { apiKey: _, ...keyless } = deployment();
    await read(await openAi(keyless, PATH, [])(BODY, { signal: new AbortController().signal }));
    expect(fake.calls[0]?.headers).not.toHaveProperty('authorization');
  });

  it.each([
    ['/v1', '/v1/chat/completions'],
    ['/v1/', '/v1/chat/completions'],
    ['', '/chat/completions'],
    ['/', '/chat/completions'],
    [
      '/openai/deployments/d?api-version=2024-06-01',
      '/openai/deployments/d/chat/completions?api-version=2024-06-01',
    ],
  ])('goes to the API base joined with the path: %j', async (base, path) => {
    await ask({ apiBase: `http://127.0.0.1:${fake.port}${base}` });
    expect(fake.calls[0]?.path).toBe(path);
  });
});

describe('what comes back', () => {
  it('is status, headers and bytes, an error answer too', async () => {
    fake.script(() => errorReply(429, { code: 'rate_limit_exceeded' }, { 'retry-after': '7' }));
    const answer = await ask();
    expect(answer.status).toBe(429);
    expect(answer.headers).toContainEqual(['retry-after', '7']);
    expect(JSON.parse((await read(answer)).toString())).toMatchObject({
      error: { code: 'rate_limit_exceeded' },
    });
  });

  it('is a stream piece by piece, as it arrives', async () => {
    const gate = fake.hold(1);
    const pieces = (await ask({}, { body: STREAMED })).body[Symbol.asyncIterator]();
    const first = await pieces.next();
    expect(String(first.value)).toContain('data: ');
    expect(gate.isOpen).toBe(false);
    gate.release();
    let last = first;
    for (let next = first; next.done !== true; next = await pieces.next()) last = next;
    expect(Buffer.from(last.value as Uint8Array).toString()).toContain('[DONE]');
  });

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
    ['GZIP', gzipSync],
    ['identity', (bytes: Buffer) => bytes],
    ['gzip, br', (bytes: Buffer) => brotliCompressSync(gzipSync(bytes))],
  ])('is decoded from %s', async (encoding, encode) => {
    const bytes = Buffer.from(JSON.stringify({ text: 'ünïcödé '.repeat(20_000) }));
    fake.script(() => bytesReply(encode(bytes), { headers: { 'content-encoding': encoding } }));
    const answer = await ask();
    expect((await read(answer)).equals(bytes)).toBe(true);
    if (encoding !== 'identity')
      expect(answer.headers.map(([name]) => name)).not.toContain('content-encoding');
  });

  it('is decoded whatever the status', async () => {
    fake.script(() => gzipped(errorReply(500)));
    expect((await read(await ask())).toString()).toContain('The fake provider answers 500');
  });

  it('asks only for encodings it can undo', async () => {
    await ask();
    expect(fake.calls[0]?.headers['accept-encoding']).toBe('gzip, br');
  });

  it('comes out of a compressed stream event by event, not at its end', async () => {
    fake.script(() => gzipped(streamReply([{ a: 1 }, { b: 2 }])));
    const gate = fake.hold(1);
    const pieces = (await ask({}, { body: STREAMED })).body[Symbol.asyncIterator]();
    expect(String((await pieces.next()).value)).toBe('data: {"a":1}\n\n');
    expect(gate.isOpen).toBe(false);
    gate.release();
    await pieces.next();
  });

  it.each(['zstd', 'compress', 'constructor', 'gzip, gzip, gzip, gzip'])(
    'is refused where it is encoded as %s',
    async (encoding) => {
      fake.script(() => bytesReply('?', { headers: { 'content-encoding': encoding } }));
      expect(await failure(ask())).toBeInstanceOf(ProviderUnavailable);
    },
  );

  it.each([
    [
      'damaged',
      (bytes: Buffer) =>
        Buffer.concat([bytes.subarray(0, 200), Buffer.alloc(200, 0x55), bytes.subarray(400)]),
    ],
    ['cut short', (bytes: Buffer) => bytes.subarray(0, -20)],
    ['not compressed at all', () => Buffer.from('{"id":"x"}')],
  ])('peer defect 3: rejects while it is read if the gzip is %s', async (_, damage) => {
    const bytes = gzipSync(Buffer.from(Array.from({ length: 9000 }, (_, index) => index * 7919).join()));
    fake.script(() => bytesReply(damage(bytes), { headers: { 'content-encoding': 'gzip' } }));
    const answer = await ask();
    expect(await failure(read(answer))).toBeInstanceOf(ProviderUnavailable);
  });

  it('rejects while it is read if the connection is lost', async () => {
    fake.script(() => cutAfter(streamReply([{ a: 1 }, { b: 2 }]), 1));
    const answer = await ask({}, { body: STREAMED });
    expect(answer.status).toBe(200);
    expect(await failure(read(answer))).toBeInstanceOf(ProviderUnavailable);
  });
});

describe('repeated headers', () => {
  let server: Server;
  beforeAll(async () => {
    server = createServer((_, response) => {
      response.writeHead(200, [
        'Set-Cookie',
        'a=1',
        'X-Thing',
        'one',
        'Set-Cookie',
        'b=2',
        'Content-Type',
        'application/json',
      ]);
      response.end('{}');
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server.close();
  });

  it('stay repeated, names in lower case', async () => {
    const { port } = server.address() as AddressInfo;
    const { headers } = await ask({ apiBase: `http://127.0.0.1:${port}` });
    expect(headers.filter(([name]) => name === 'set-cookie')).toEqual([
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ]);
    expect(headers).toContainEqual(['x-thing', 'one']);
  });
});

describe('time', () => {
  it('is up for an answer that does not come', async () => {
    fake.script(silentReply);
    const failed = failure(ask({ timeoutMilliseconds: 30_000, streamTimeoutMilliseconds: 1 }));
    await fake.waitForCalls(1);
    await clock.advance(29_999);
    expect(fake.aborted).toBe(0);
    await clock.advance(1);
    expect(await failed).toBeInstanceOf(ProviderTimeout);
    expect((await failed).message).toBe(
      `The provider (127.0.0.1:${fake.port}) has not completed its answer within 30 seconds.`,
    );
    await fake.waitForAborts(1);
  });

  it('is up for an answer that has begun but does not end, however it drips', async () => {
    fake.script(() => stalledAfter(jsonReply({ id: 'x' }), 1));
    const pieces = (await ask({ timeoutMilliseconds: 30_000 })).body[Symbol.asyncIterator]();
    await pieces.next();
    await clock.advance(29_999);
    const failed = failure(pieces.next());
    await clock.advance(1);
    expect(await failed).toBeInstanceOf(ProviderTimeout);
    await fake.waitForAborts(1);
  });

  it('is ten minutes unless it is said', async () => {
    fake.script(silentReply);
    const failed = failure(ask());
    await fake.waitForCalls(1);
    await clock.advance(599_999);
    expect(fake.aborted).toBe(0);
    await clock.advance(1);
    expect(await failed).toBeInstanceOf(ProviderTimeout);
  });

  it('is up for a stream whose first byte does not come', async () => {
    fake.script(silentReply);
    const failed = failure(
      ask({ timeoutMilliseconds: 30_000, streamTimeoutMilliseconds: 2_000 }, { body: STREAMED }),
    );
    await fake.waitForCalls(1);
    await clock.advance(2_000);
    expect(await failed).toBeInstanceOf(ProviderTimeout);
    expect((await failed).message).toContain('within 2 seconds');
  });

  it('begins anew with each piece of a stream, and only while one is waited for', async () => {
    fake.script(() => stalledAfter(streamReply([{ a: 1 }, { b: 2 }]), 2));
    const gate = fake.hold(1);
    const answer = await ask({ streamTimeoutMilliseconds: 2_000 }, { body: STREAMED });
    const pieces = answer.body[Symbol.asyncIterator]();
    await clock.advance(1_999);
    await pieces.next();
    await clock.advance(3_600_000);
    const second = pieces.next();
    await clock.advance(1_999);
    gate.release();
    expect(String((await second).value)).toBe('data: {"b":2}\n\n');
    const failed = failure(pieces.next());
    await clock.advance(2_000);
    expect(await failed).toBeInstanceOf(ProviderTimeout);
  });

  it('leaves no timer behind, whatever the end', async () => {
    await read(await ask());
    await read(await ask({}, { body: STREAMED }));
    fake.script(() => redirectReply('/elsewhere'));
    await failure(ask());
    fake.script(() => cutAfter(streamReply([{ a: 1 }, { b: 2 }]), 1));
    await failure(read(await ask({}, { body: STREAMED })));
    await failure(ask({ apiBase: 'http://127.0.0.1:1' }));
    expect(clock.pending).toBe(0);
  });
});

describe('a provider that is not there', () => {
  it('is unavailable, told by its host and never by its key', async () => {
    const error = await failure(ask({ apiBase: 'http://user:password@127.0.0.1:1/v1?key=sk-query' }));
    expect(error).toBeInstanceOf(ProviderUnavailable);
    expect(error.message).toBe('The provider (127.0.0.1:1) could not be reached or broke off: ECONNREFUSED.');
  });

  it('is unavailable where its name is not known', async () => {
    const error = await failure(ask({ apiBase: 'http://nowhere.invalid/v1' }));
    expect(error).toBeInstanceOf(ProviderUnavailable);
    expect(error.message).toContain('nowhere.invalid');
  });

  it('is unavailable where it hangs up instead of answering', async () => {
    fake.script(() => cutAfter(jsonReply({}), 0));
    const answered = ask().then(read);
    expect(await failure(answered)).toBeInstanceOf(ProviderUnavailable);
  });

  it('does not give its key away where the key is not fit for a header', async () => {
    const error = await failure(ask({ apiKey: 'sk-with\nnewline' }));
    expect(error).toBeInstanceOf(ProviderUnavailable);
    expect(`${error.message} ${String(error.cause)}`).not.toContain('sk-with');
  });

  it.each([301, 302, 303, 304, 307, 308])(
    'is unavailable where it redirects (%i), and nobody else is asked',
    async (status) => {
      fake.script(() => redirectReply(`http://127.0.0.1:${fake.port}/elsewhere`, status));
      const error = await failure(ask());
      expect(error).toBeInstanceOf(ProviderUnavailable);
      expect(error.message).toContain('redirect');
      expect(fake.calls).toHaveLength(1);
    },
  );
});

describe('a call that is given up', () => {
  it('is cancelled before the answer, with the reason it was given up for', async () => {
    fake.script(silentReply);
    const controller = new AbortController();
    const failed = failure(ask({}, { signal: controller.signal }));
    await fake.waitForCalls(1);
    controller.abort(new Error('everybody left'));
    expect((await failed).message).toBe('everybody left');
    await fake.waitForAborts(1);
    expect(clock.pending).toBe(0);
  });

  it.each([
    ['plain', (reply: ReturnType<typeof streamReply>) => reply],
    ['compressed', gzipped],
  ])('is cancelled in the middle of a %s stream', async (_, shape) => {
    fake.script(() => shape(stalledAfter(streamReply([{ a: 1 }]), 1)));
    const controller = new AbortController();
    const answer = await ask({}, { body: STREAMED, signal: controller.signal });
    const pieces = answer.body[Symbol.asyncIterator]();
    await pieces.next();
    const failed = failure(pieces.next());
    controller.abort(new Error('everybody left'));
    expect((await failed).message).toBe('everybody left');
    await fake.waitForAborts(1);
  });

  it('is cancelled where nobody has begun to read', async () => {
    fake.script(() => stalledAfter(streamReply([{ a: 1 }]), 1));
    const controller = new AbortController();
    await ask({}, { body: STREAMED, signal: controller.signal });
    controller.abort(new Error('everybody left'));
    await fake.waitForAborts(1);
  });

  it('is cancelled where the reader stops half way', async () => {
    fake.script(() => stalledAfter(streamReply([{ a: 1 }]), 1));
    const answer = await ask({}, { body: STREAMED });
    for await (const _ of answer.body) break;
    await fake.waitForAborts(1);
    expect(clock.pending).toBe(0);
  });

  it('is not made at all where it was given up before', async () => {
    const failed = await failure(ask({}, { signal: AbortSignal.abort(new Error('too late')) }));
    expect(failed.message).toBe('too late');
    expect(fake.calls).toHaveLength(0);
  });
});

describe('connections', () => {
  it('are used again', async () => {
    const before = fake.connections;
    for (let call = 0; call < 10; call++) await read(await ask());
    expect(fake.connections - before).toBeLessThan(5);
  });

  it.each([
    ['a redirect', () => redirectReply('/elsewhere')],
    [
      'an unknown encoding',
      () => bytesReply('x'.repeat(1_000_000), { headers: { 'content-encoding': 'zstd' } }),
    ],
  ])('are not held by %s', async (_, reply) => {
    fake.script(reply);
    const calls = Array.from({ length: 10 }, () => failure(ask()));
    expect(await Promise.all(calls)).toHaveLength(10);
    // Resolves only once every answer was read to its end, or its connection closed.
    await openAi.close();
  });

  it('that were handed in stay open at close()', async () => {
    const dispatcher = new Agent();
    const borrowing = openAiProvider({ dispatcher });
    await borrowing.close();
    const answer = await borrowing(deployment(), PATH, [])(BODY, { signal: new AbortController().signal });
    expect((await read(answer)).length).toBeGreaterThan(0);
    await dispatcher.close();
  });
});
