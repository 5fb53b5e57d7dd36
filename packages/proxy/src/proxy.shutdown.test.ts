import { Agent } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { chatCompletionBody, stalledAfter, chatReply } from '@cache/core/testing';
import {
  ask,
  begin,
  jsonOf,
  rawCall,
  rawConnection,
  readUntil,
  replyOf,
  send,
} from './proxy-client.fixture.ts';
import { LANES, startProxy } from './proxy.fixture.ts';

const BODY = chatCompletionBody();
const LONG = 60_000;
/** Refused, or reset where the system had taken the connection just before the server closed. */
const NOBODY_THERE = { code: expect.stringMatching(/^ECONN(REFUSED|RESET)$/) };

describe.each(LANES)('close(), $lane', ({ fastLane }) => {
  it.each([
    ['whole', {}],
    ['streamed', { stream: true }],
  ])('waits for a request under way: %s', async (_, overrides) => {
    await using proxy = await startProxy({ fastLane });
    const gate = proxy.provider.hold(1);
    const waiting = begin(proxy, { body: chatCompletionBody(overrides) });
    await proxy.provider.waitForCalls(1);
    let isClosed = false;
    const closed = proxy.proxy.close(LONG).then(() => (isClosed = true));
    await expect(send(proxy, { body: BODY })).rejects.toMatchObject(NOBODY_THERE);
    expect(isClosed).toBe(false);
    gate.release();
    const reply = await replyOf(await waiting.response);
    expect([reply.status, reply.complete]).toEqual([200, true]);
    expect(reply.text).toContain('hello');
    await closed;
  });

  it('does not wait for idle connections, used or never used', async () => {
    await using proxy = await startProxy({ fastLane });
    const agent = new Agent({ keepAlive: true });
    const used = await begin(proxy, { body: BODY, agent }).response;
    await replyOf(used);
    const unused = await rawConnection(proxy);
    await proxy.proxy.close(LONG);
    expect(await unused.closed).toBe('');
    agent.destroy();
  });

  it('ends a connection that would be kept once its answer is written', async () => {
    await using proxy = await startProxy({ fastLane });
    const gate = proxy.provider.hold();
    const client = await rawConnection(proxy);
    client.write(rawCall());
    await proxy.provider.waitForCalls(1);
    const closed = proxy.proxy.close(LONG);
    gate.release();
    expect(await client.closed).toContain('Answer 1');
    await closed;
  });

  it('refuses what comes on a connection still open, stored or not: 503, ask again elsewhere', async () => {
    await using proxy = await startProxy({ fastLane });
    await ask(proxy);
    const gate = proxy.provider.hold();
    const client = await rawConnection(proxy);
    client.write(rawCall(chatCompletionBody({ seed: 1 })));
    await proxy.provider.waitForCalls(2);
    const closed = proxy.proxy.close(LONG);
    await expect(send(proxy, { body: BODY })).rejects.toMatchObject(NOBODY_THERE);
    client.write(rawCall());
    client.write('GET /health/readiness HTTP/1.1\r\nhost: x\r\n\r\n');
    gate.release();
    const text = await client.closed;
    expect(text).toMatch(/^HTTP\/1\.1 200 [^]*Answer 2/);
    expect(text).toMatch(/HTTP\/1\.1 503 [^]*"code":"shutting_down"/);
    expect(text).not.toContain('Answer 1');
    await closed;
  });

  it('gives up on what is not over in time', async () => {
    await using proxy = await startProxy({ fastLane });
    proxy.provider.script((call) => stalledAfter(chatReply(call), 2));
    const { response } = begin(proxy, { body: chatCompletionBody({ stream: true }) });
    const stream = await response;
    await readUntil(stream, (text) => text.includes('data: '));
    await proxy.proxy.close(50);
    expect((await replyOf(stream)).complete).toBe(false);
    await proxy.provider.waitForAborts(1);
  });

  it('may come twice, and before anything was asked', async () => {
    await using proxy = await startProxy({ fastLane });
    await Promise.all([proxy.proxy.close(), proxy.proxy.close()]);
    await proxy.proxy.close();
    await expect(send(proxy, { body: BODY })).rejects.toMatchObject(NOBODY_THERE);
  });

  it('leaves an answer that was under way complete in the log', async () => {
    await using proxy = await startProxy({ fastLane });
    const gate = proxy.provider.hold();
    const waiting = begin(proxy, { body: BODY });
    await proxy.provider.waitForCalls(1);
    const closed = proxy.proxy.close(LONG);
    gate.release();
    expect(jsonOf(await replyOf(await waiting.response)).choices).toHaveLength(1);
    await closed;
    expect(proxy.requestLines()).toMatchObject([{ status: 200, cache: 'miss' }]);
  });
});
