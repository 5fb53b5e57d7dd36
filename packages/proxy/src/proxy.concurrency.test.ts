import { describe, expect, it } from '@jest/globals';
import {
  chatChoice,
  chatCompletionAnswer,
  chatCompletionBody,
  chatCompletionChunks,
  cutAfter,
  errorReply,
  streamReply,
  chatReply,
} from '@cache/core/testing';
import {
  begin,
  cacheStatusOf,
  jsonOf,
  readUntil,
  replyOf,
  send,
  streamedText,
  type Begun,
  type Reply,
} from './proxy-client.fixture.ts';
import { LANES, startProxy, type TestProxy } from './proxy.fixture.ts';

const COUNT = 100;
const WORDS = 200;
const TEXT = Array.from({ length: WORDS }, (_, index) => `word${index}`).join(' ');
const CHUNKS = chatCompletionChunks(chatCompletionAnswer({ choices: [chatChoice({ content: TEXT })] }), {
  includeUsage: true,
});

type Form = 'whole' | 'streamed' | 'mixed';

function bodyOf(form: Form, index: number): object {
  const stream = form === 'streamed' || (form === 'mixed' && index % 2 === 1);
  return chatCompletionBody(stream ? { stream } : {});
}

/** Begins `count` equal requests; resolves once the proxy has them all. */
async function crowd(proxy: TestProxy, count: number, form: Form, first = 0): Promise<Begun[]> {
  const begun = Array.from({ length: count }, (_, index) =>
    begin(proxy, { body: bodyOf(form, first + index) }),
  );
  await Promise.all(begun.map(({ sent }) => sent));
  // Connections are served in their order: an answer on a later one says that the earlier ones were read.
  await send(proxy, { path: '/health/liveliness' });
  await send(proxy, { path: '/health/liveliness' });
  return begun;
}

function replies(begun: readonly Begun[]): Promise<Reply[]> {
  return Promise.all(begun.map(async ({ response }) => replyOf(await response)));
}

function isStream({ headers }: Reply): boolean {
  return String(headers['content-type']).startsWith('text/event-stream');
}

/** Complete, and with all of the text. */
function isGood(reply: Reply): boolean {
  if (reply.status !== 200 || !reply.complete) return false;
  if (!isStream(reply)) return jsonOf(reply).choices[0].message.content === TEXT;
  return streamedText(reply.text) === TEXT && reply.text.endsWith('data: [DONE]\n\n');
}

function collapsed(all: readonly Reply[]): Reply[] {
  return all.filter((reply) => cacheStatusOf(reply)['collapsed'] === true);
}

function answerWithText(proxy: TestProxy): void {
  proxy.provider.script((call) => {
    const asksForStream = (call.body as { stream?: boolean }).stream === true;
    return asksForStream
      ? streamReply(CHUNKS)
      : chatReply(call, { answer: { choices: [chatChoice({ content: TEXT })] } });
  });
}

describe.each(LANES)(`peer defect 6: ${COUNT} equal requests at once, $lane`, ({ fastLane }) => {
  it.each<Form>(['whole', 'streamed', 'mixed'])('are one provider call: %s', async (form) => {
    await using proxy = await startProxy({ fastLane });
    answerWithText(proxy);
    const gate = proxy.provider.hold();
    const begun = await crowd(proxy, COUNT, form);
    await proxy.provider.waitForCalls(1);
    gate.release();
    const all = await replies(begun);
    expect(all.filter(isGood)).toHaveLength(COUNT);
    expect(all.filter(isStream)).toHaveLength(form === 'mixed' ? COUNT / 2 : form === 'streamed' ? COUNT : 0);
    expect(collapsed(all)).toHaveLength(COUNT - 1);
    expect(proxy.provider.calls).toHaveLength(1);
  });

  it('are one provider call without anybody holding it, too', async () => {
    await using proxy = await startProxy({ fastLane });
    answerWithText(proxy);
    const all = await replies(await crowd(proxy, COUNT, 'mixed'));
    expect(all.filter(isGood)).toHaveLength(COUNT);
    expect(proxy.provider.calls).toHaveLength(1);
  });

  it.each([
    ['0 %', 'streamed', 0],
    ['0 %', 'mixed', 0],
    ['50 %', 'streamed', 0.5],
    ['50 %', 'mixed', 0.5],
    ['99 %', 'streamed', 0.99],
    ['99 %', 'mixed', 0.99],
  ] as const)(
    'go on when their leader is gone at %s of the stream (followers: %s)',
    async (_, form, share) => {
      await using proxy = await startProxy({ fastLane });
      answerWithText(proxy);
      const at = Math.floor(share * CHUNKS.length);
      const gate = proxy.provider.hold(at === 0 ? 'head' : at);
      const leader = begin(proxy, { body: bodyOf('streamed', 0) });
      await proxy.provider.waitForCalls(1);
      if (at > 0) await readUntil(await leader.response, (text) => text.split('\n\n').length > at - 2);
      const followers = await crowd(proxy, COUNT - 1, form, 1);
      leader.request.destroy();
      await proxy.waitForRequests(1);
      gate.release();
      const all = await replies(followers);
      expect(all.filter(isGood)).toHaveLength(COUNT - 1);
      expect([proxy.provider.calls.length, proxy.provider.aborted]).toEqual([1, 0]);
    },
  );

  it('go on when their leader, who wanted it whole, is gone', async () => {
    await using proxy = await startProxy({ fastLane });
    answerWithText(proxy);
    const gate = proxy.provider.hold();
    const leader = begin(proxy, { body: bodyOf('whole', 0) });
    await proxy.provider.waitForCalls(1);
    const followers = await crowd(proxy, COUNT - 1, 'mixed', 1);
    leader.request.destroy();
    await proxy.waitForRequests(1);
    gate.release();
    expect((await replies(followers)).filter(isGood)).toHaveLength(COUNT - 1);
    expect([proxy.provider.calls.length, proxy.provider.aborted]).toEqual([1, 0]);
  });

  it('do not wait for one of them that never reads', async () => {
    await using proxy = await startProxy({ fastLane });
    answerWithText(proxy);
    const gate = proxy.provider.hold();
    const begun = await crowd(proxy, COUNT, 'streamed');
    gate.release();
    const [idle, ...others] = begun;
    expect((await replies(others)).filter(isGood)).toHaveLength(COUNT - 1);
    expect(proxy.provider.calls).toHaveLength(1);
    idle?.request.destroy();
  });

  it('all get the error of the provider, once', async () => {
    await using proxy = await startProxy({ fastLane });
    proxy.provider.script(() => errorReply(429, { code: 'rate_limit_exceeded' }, { 'retry-after': '7' }));
    const gate = proxy.provider.hold();
    const begun = await crowd(proxy, COUNT, 'mixed');
    gate.release();
    const all = await replies(begun);
    expect(all.filter(({ status }) => status === 429)).toHaveLength(COUNT);
    expect(all.filter(({ headers }) => headers['retry-after'] === '7')).toHaveLength(COUNT);
    expect(all.every((reply) => jsonOf(reply).error.code === 'rate_limit_exceeded')).toBe(true);
    expect(proxy.provider.calls).toHaveLength(1);
  });

  it('peer defect 3: all learn that the stream was cut, and it is not kept', async () => {
    await using proxy = await startProxy({ fastLane });
    proxy.provider.script(() => cutAfter(streamReply(CHUNKS), 50));
    const gate = proxy.provider.hold(10);
    const leader = begin(proxy, { body: bodyOf('streamed', 1) });
    await leader.response;
    const followers = await crowd(proxy, COUNT - 1, 'mixed');
    gate.release();
    const all = await replies([leader, ...followers]);
    const [streams, wholes] = [
      all.filter((reply) => isStream(reply)),
      all.filter((reply) => !isStream(reply)),
    ];
    expect(wholes.map(({ status }) => status)).toEqual(wholes.map(() => 502));
    expect(wholes.map((reply) => jsonOf(reply).error.code)).toEqual(wholes.map(() => 'stream_interrupted'));
    expect(streams.length).toBeGreaterThanOrEqual(COUNT / 2);
    for (const { text } of streams) {
      expect(text).toContain('stream_interrupted');
      expect(text).not.toContain('[DONE]');
    }
    expect(proxy.provider.calls).toHaveLength(1);
    answerWithText(proxy);
    expect(isGood(await send(proxy, { body: bodyOf('whole', 0) }))).toBe(true);
    expect(proxy.provider.calls).toHaveLength(2);
  });
});
