import { describe, expect, it } from '@jest/globals';
import { chatChoice, chatCompletionBody, chatReply, chatReplyText } from '@cache/core/testing';
import { begin, rawCall, rawConnection, send } from './proxy-client.fixture.ts';
import { LANES, startProxy, type TestProxy } from './proxy.fixture.ts';

const LIVE = 'GET /health/liveliness HTTP/1.1\r\nhost: x\r\n\r\n';
const STREAM = chatCompletionBody({ stream: true });

function statusLines(text: string): string[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status ?? '');
}

function about(question: string): object {
  return chatCompletionBody({ messages: [{ role: 'user', content: question }] });
}

/** Idle connections end by the clock for stalled ones: one after the other they show its time passing. */
async function letStallTimePass(proxy: TestProxy): Promise<void> {
  for (let time = 0; time < 3; time += 1) await (await rawConnection(proxy)).closed;
}

describe.each(LANES)('connections, $lane', ({ fastLane }) => {
  it('a client that stalls in the middle of its request is told so and disconnected', async () => {
    await using proxy = await startProxy({ fastLane, limits: { requestTimeoutMilliseconds: 120 } });
    const [body, head] = [await rawConnection(proxy), await rawConnection(proxy)];
    body.write(rawCall().slice(0, -10));
    head.write('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n');
    for (const { closed } of [body, head]) {
      expect(await closed).toMatch(/^HTTP\/1\.1 408 [^]*"code":"request_timeout"/);
    }
    await proxy.waitForRequests(1);
    expect(proxy.requestLines()).toMatchObject([{ status: 499, error: 'client_closed_request' }]);
    expect(proxy.provider.calls).toHaveLength(0);
  });

  it('a slow provider does not count as a slow client', async () => {
    await using proxy = await startProxy({ fastLane, limits: { requestTimeoutMilliseconds: 40 } });
    const { promise, resolve } = Promise.withResolvers<void>();
    proxy.provider.script(async (call) => {
      await promise;
      return chatReply(call);
    });
    const client = await rawConnection(proxy);
    client.write(rawCall());
    // The clock is the server's own: several of its checks pass while another client is timed out twice.
    for (let time = 0; time < 2; time += 1) {
      const slow = await rawConnection(proxy);
      slow.write('POST /');
      await slow.closed;
    }
    resolve();
    expect(await client.until(/Answer/)).toMatch(/^HTTP\/1\.1 200 /);
    client.socket.destroy();
  });

  it('a client that ends its side counts as gone: most that do are, and nobody could tell them apart', async () => {
    await using proxy = await startProxy({ fastLane });
    proxy.provider.hold();
    const client = await rawConnection(proxy, { allowHalfOpen: true });
    client.write(rawCall());
    await proxy.provider.waitForCalls(1);
    client.socket.end();
    expect(await client.closed).toBe('');
    await proxy.provider.waitForAborts(1);
    await proxy.waitForRequests(1);
    expect(proxy.requestLines()).toMatchObject([{ status: 499 }]);
  });

  it('requests sent one after the other without waiting are answered in their order', async () => {
    await using proxy = await startProxy({ fastLane });
    await send(proxy, { body: about('b') });
    const gate = proxy.provider.hold();
    const client = await rawConnection(proxy);
    client.write(rawCall(about('a')) + rawCall(about('b')) + rawCall(about('b')) + LIVE + rawCall({}));
    await proxy.provider.waitForCalls(2);
    gate.release();
    const text = await client.until(/model_not_found/);
    expect(statusLines(text)).toEqual(['200', '200', '200', '200', '404']);
    const order = [chatReplyText(2, 'a'), chatReplyText(1, 'b'), "I'm alive!"].map((part) =>
      text.indexOf(part),
    );
    expect(order).toEqual(order.toSorted((one, other) => one - other));
    expect(order).not.toContain(-1);
    client.socket.destroy();
  });

  it('headers beyond all measure: 431', async () => {
    await using proxy = await startProxy({ fastLane });
    const client = await rawConnection(proxy);
    client.write(`POST /v1/chat/completions HTTP/1.1\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`);
    expect(await client.closed).toMatch(/^HTTP\/1\.1 431 [^]*"code":"headers_too_large"/);
  });

  it.each([
    ['not HTTP', 'HELLO\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    [
      'two lengths',
      'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}',
    ],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a negative length', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -2\r\n\r\n{}'],
    ['a wrong chunk', 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
    ['a line break in a header', 'GET / HTTP/1.1\r\nhost: x\r\nx: a\rb\r\n\r\n'],
  ])('%s: 400, and the end', async (_, bytes) => {
    await using proxy = await startProxy({ fastLane });
    const client = await rawConnection(proxy);
    client.write(bytes);
    const text = await client.closed;
    expect(text).toMatch(/HTTP\/1\.1 400 Bad Request[^]*"code":"malformed_request"/);
  });

  it('nonsense behind a request whose answer is not read ends the connection at once', async () => {
    const answer = { choices: [chatChoice({ content: 'long '.repeat(4_000_000) })] };
    await using proxy = await startProxy({ fastLane, cacheParams: { max_entry_bytes: 64_000_000 } });
    proxy.provider.script((call) => chatReply(call, { answer, stream: false }));
    const client = await rawConnection(proxy);
    client.socket.pause();
    client.write(rawCall() + 'nonsense\r\n\r\n');
    await proxy.waitForRequests(1);
    await send(proxy, { path: '/health/liveliness' });
    client.socket.resume();
    expect((await client.closed).length).toBeLessThan(20_000_000);
  });

  it('nonsense behind a request does not get into the stream that answers it', async () => {
    await using proxy = await startProxy({ fastLane });
    proxy.provider.hold(3);
    const client = await rawConnection(proxy);
    client.write(rawCall(STREAM));
    await client.until(/data: /);
    client.write('nonsense\r\n\r\n');
    const text = await client.closed;
    expect(statusLines(text)).toEqual(['200']);
    expect(text).not.toContain('malformed_request');
    await proxy.provider.waitForAborts(1);
  });

  it.each([
    ['whole', chatCompletionBody()],
    ['streamed', STREAM],
  ])(
    'a client that never reads a long answer is disconnected, and holds up nobody: %s',
    async (_, body) => {
      const answer = { choices: [chatChoice({ content: 'long '.repeat(4_000_000) })] };
      await using proxy = await startProxy({
        fastLane,
        cacheParams: { max_entry_bytes: 64_000_000 },
        // Long enough for the clients that do read, on a machine that has other things to do.
        limits: { stallMilliseconds: 1000 },
      });
      proxy.provider.script((call) => chatReply(call, { answer, stream: false }));
      const idle = [await rawConnection(proxy), await rawConnection(proxy)];
      for (const { socket, write } of idle) {
        socket.pause();
        write(rawCall(body));
        const reply = await send(proxy, { body: chatCompletionBody() });
        expect([reply.status, reply.body.length > 20_000_000]).toEqual([200, true]);
      }
      await letStallTimePass(proxy);
      for (const { socket, closed } of idle) {
        socket.resume();
        // What the system had taken over is all there is of the answer.
        expect((await closed).length).toBeLessThan(20_000_000);
      }
      expect(proxy.provider.calls).toHaveLength(1);
    },
    30_000,
  );

  it('a client that waits longer than that for a slow provider is not', async () => {
    await using proxy = await startProxy({ fastLane, limits: { stallMilliseconds: 20 } });
    const gate = proxy.provider.hold();
    const client = await rawConnection(proxy);
    client.write(rawCall());
    await proxy.provider.waitForCalls(1);
    await letStallTimePass(proxy);
    gate.release();
    expect(await client.until(/Answer/)).toMatch(/^HTTP\/1\.1 200 /);
    client.socket.destroy();
  });

  it('a client that goes away while a stored stream is written to it does no harm', async () => {
    await using proxy = await startProxy({ fastLane });
    await send(proxy, { body: STREAM });
    for (let time = 0; time < 20; time += 1) {
      const { request, response } = begin(proxy, { body: STREAM });
      await response;
      request.destroy();
    }
    expect((await send(proxy, { body: STREAM })).text).toContain('[DONE]');
    expect(proxy.provider.calls).toHaveLength(1);
  });

  it('a body that arrives in single bytes is one body', async () => {
    await using proxy = await startProxy({ fastLane });
    const client = await rawConnection(proxy);
    for (const byte of rawCall()) client.write(byte);
    expect(await client.until(/Answer/)).toMatch(/^HTTP\/1\.1 200 /);
    client.socket.destroy();
  });

  it('a client that waits for 100 Continue gets it', async () => {
    await using proxy = await startProxy({ fastLane });
    const client = await rawConnection(proxy);
    const [head = '', body = ''] = rawCall(undefined, ['expect: 100-continue']).split('\r\n\r\n');
    client.write(`${head}\r\n\r\n`);
    await client.until(/^HTTP\/1\.1 100 Continue/);
    client.write(body);
    expect(await client.until(/Answer/)).toContain('HTTP/1.1 200 OK');
    client.socket.destroy();
  });

  it('a client of HTTP/1.0 is answered and the connection closed', async () => {
    await using proxy = await startProxy({ fastLane });
    const client = await rawConnection(proxy);
    client.write(rawCall().replace('HTTP/1.1', 'HTTP/1.0'));
    expect(await client.closed).toMatch(/^HTTP\/1\.1 200 [^]*Answer 1/);
  });
});
