import { describe, expect, it } from '@jest/globals';
import { chatCompletionBody } from '@cache/core/testing';
import { ask, CHAT, jsonOf, rawConnection, send, type Reply } from './proxy-client.fixture.ts';
import { LANES, MASTER_KEY, MODEL, startProxy } from './proxy.fixture.ts';

function expectError(reply: Reply, status: number, code: string | null, param: string | null = null): void {
  expect([reply.status, reply.headers['content-type']]).toEqual([status, 'application/json']);
  expect(jsonOf(reply)).toEqual({
    error: { message: expect.stringMatching(/./), type: 'invalid_request_error', param, code },
  });
}

const SMALL = { max_request_size_mb: 0.01 };
const TOO_LONG = JSON.stringify(
  chatCompletionBody({ messages: [{ role: 'user', content: 'x'.repeat(20_000) }] }),
);

describe.each(LANES)('requests that are refused, $lane', ({ fastLane }) => {
  it.each([
    ['nothing', '', 'invalid_json'],
    ['half a JSON', '{"model":"m"', 'invalid_json'],
    ['no JSON', 'model=m', 'invalid_json'],
    ['a list', '[]', 'invalid_json'],
    ['null', 'null', 'invalid_json'],
    ['bytes that are not UTF-8', Buffer.from('{"model":"\xff"}', 'latin1'), 'invalid_json'],
    ['UTF-16', Buffer.from('{"model":"m"}', 'utf16le'), 'invalid_json'],
    [
      '20,000 arrays inside each other',
      `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
      'nesting_too_deep',
    ],
  ])('%s: 400', async (_, body, code) => {
    await using proxy = await startProxy({ fastLane });
    for (let time = 0; time < 2; time += 1)
      expectError(await send(proxy, { method: 'POST', body }), 400, code);
    expect(proxy.provider.calls).toHaveLength(0);
  });

  it('without any body, announced or not: 400', async () => {
    await using proxy = await startProxy({ fastLane });
    expectError(await send(proxy, { method: 'POST' }), 400, 'invalid_json');
    expectError(
      await send(proxy, { method: 'POST', headers: { 'content-length': '0' } }),
      400,
      'invalid_json',
    );
  });

  it.each([[undefined], [''], ['unknown'], [7], [null], ['x'.repeat(5000)]])(
    'the model %j: 404',
    async (model) => {
      await using proxy = await startProxy({ fastLane });
      for (let time = 0; time < 2; time += 1)
        expectError(await ask(proxy, { model }), 404, 'model_not_found', 'model');
      expect(proxy.provider.calls).toHaveLength(0);
    },
  );

  it.each(['api_base', 'api_key', 'mock_response', 'fallbacks', 'base_url', 'extra_headers', 'model_list'])(
    'a client that sets %s: 400, also where the answer is cached',
    async (member) => {
      await using proxy = await startProxy({ fastLane });
      await ask(proxy);
      for (const value of ['http://127.0.0.1:1', null]) {
        for (let time = 0; time < 2; time += 1) {
          expectError(await ask(proxy, { [member]: value }), 400, 'forbidden_parameter', member);
        }
      }
      expect(proxy.provider.calls).toHaveLength(1);
    },
  );

  it('no key or a wrong one: 401, also where the answer is cached', async () => {
    await using proxy = await startProxy({ fastLane, generalSettings: { master_key: MASTER_KEY } });
    const right = { authorization: `Bearer ${MASTER_KEY}` };
    expect([(await ask(proxy, {}, right)).status, (await ask(proxy, {}, right)).status]).toEqual([200, 200]);
    const wrong = [
      {},
      { authorization: 'Bearer sk-wrong' },
      { authorization: `Bearer ${MASTER_KEY}x` },
      { authorization: `Basic ${MASTER_KEY}` },
      { authorization: `Bearer ${MASTER_KEY.toUpperCase()}` },
      { authorization: '' },
      { 'x-api-key': 'sk-wrong' },
      { cookie: `key=${MASTER_KEY}` },
    ];
    for (const headers of wrong) {
      for (const overrides of [{}, { stream: true }]) {
        const reply = await ask(proxy, overrides, headers);
        expectError(reply, 401, 'invalid_api_key');
        expect(reply.headers).not.toHaveProperty('x-litellm-cache-key');
        expect(reply.headers['www-authenticate']).toBe('Bearer');
      }
    }
    for (const headers of [
      { 'x-api-key': MASTER_KEY },
      { 'api-key': MASTER_KEY },
      { authorization: `bearer ${MASTER_KEY}` },
    ]) {
      expect((await ask(proxy, {}, headers)).headers).toHaveProperty('x-litellm-cache-key');
    }
    expect(proxy.provider.calls).toHaveLength(1);
  });

  it.each(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s on a call route: 404', async (method) => {
    await using proxy = await startProxy({ fastLane });
    expectError(await send(proxy, { method }), 404, 'unknown_url');
  });

  it('HEAD on a call route: 404 without a body', async () => {
    await using proxy = await startProxy({ fastLane });
    const { status, text } = await send(proxy, { method: 'HEAD' });
    expect([status, text]).toEqual([404, '']);
  });

  it.each([
    '/v1/unknown',
    '/',
    '/v1/chat/completions/more',
    '/V1/CHAT/COMPLETIONS',
    '/v1//chat/completions',
    '/%',
  ])('the route %s: 404 or 400 in the same shape', async (path) => {
    await using proxy = await startProxy({ fastLane });
    const reply = await send(proxy, { method: 'POST', path, body: chatCompletionBody() });
    expect([404, 400]).toContain(reply.status);
    expect(jsonOf(reply)).toMatchObject({ error: { type: 'invalid_request_error' } });
  });

  it('more than the limit, announced: 413 before the body is read', async () => {
    await using proxy = await startProxy({ fastLane, generalSettings: SMALL });
    expectError(await send(proxy, { body: TOO_LONG }), 413, 'request_too_large');
    const client = await rawConnection(proxy);
    client.write(`POST ${CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999\r\n\r\n{`);
    expect(await client.until(/request_too_large/)).toMatch(/^HTTP\/1\.1 413 /);
    client.socket.destroy();
  });

  it('more than the limit, in chunks: 413', async () => {
    await using proxy = await startProxy({ fastLane, generalSettings: SMALL });
    const headers = { 'transfer-encoding': 'chunked', 'content-length': [] };
    expectError(await send(proxy, { body: TOO_LONG, headers }), 413, 'request_too_large');
    expectError(
      await send(proxy, { path: '/cache/delete', body: TOO_LONG, headers }),
      413,
      'request_too_large',
    );
    expect(proxy.provider.calls).toHaveLength(0);
  });

  it('far more than the limit, sent to its end before the answer is read: the client sees the 413', async () => {
    await using proxy = await startProxy({ fastLane, generalSettings: SMALL });
    for (const path of [CHAT, '/cache/delete']) {
      const client = await rawConnection(proxy);
      client.socket.pause();
      const megabytes = 20;
      client.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${megabytes * 1_000_000}\r\n\r\n`);
      for (let sent = 0; sent < megabytes; sent += 1) client.write(' '.repeat(1_000_000));
      await new Promise((resolve) => client.socket.write('', resolve));
      client.socket.resume();
      expect(await client.closed).toMatch(/^HTTP\/1\.1 413 [^]*request_too_large/);
    }
  });

  it('a body of exactly the limit is taken', async () => {
    await using proxy = await startProxy({ fastLane, generalSettings: { max_request_size_mb: 1 / 1024 } });
    const body = (padding: number): string => `{"model":"${MODEL}","messages":[]}${' '.repeat(padding)}`;
    const padding = 1024 - body(0).length;
    expect((await send(proxy, { body: body(padding) })).status).toBe(200);
    expect(proxy.provider.calls).toHaveLength(1);
    expectError(await send(proxy, { body: body(padding + 1) }), 413, 'request_too_large');
  });

  it('every refusal is one line in the log', async () => {
    await using proxy = await startProxy({ fastLane, generalSettings: { ...SMALL, master_key: MASTER_KEY } });
    const headers = { authorization: `Bearer ${MASTER_KEY}` };
    await ask(proxy, { model: 'unknown' }, headers);
    await send(proxy, { body: 'x', headers });
    await send(proxy, { body: TOO_LONG, headers });
    await send(proxy, { body: TOO_LONG });
    await proxy.waitForRequests(4);
    expect(proxy.requestLines()).toMatchObject([
      { model: 'unknown', status: 404, error: 'model_not_found', cache: 'none' },
      { model: '', status: 400, error: 'invalid_json', cache: 'none' },
      { model: '', status: 413, error: 'request_too_large', cache: 'none' },
      { model: '', status: 401, error: 'invalid_api_key', cache: 'none' },
    ]);
  });
});
