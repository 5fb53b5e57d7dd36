import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { chatReply, cutAfter, errorReply, gzipped, redirectReply, stalledAfter } from '../testing/index.ts';
import { getCacheInfo } from './cache-info.ts';
import { ask, question, setUp, streamed, textOf, type Setup } from './openai.fixture.ts';

let setup: Setup;
afterEach(() => setup.close());

/** The provider fails `times` times, then answers. The SDK is told not to wait before it asks again. */
function failing(times: number, status: number): void {
  setup.provider.script((call) =>
    call.number <= times
      ? errorReply(status, { message: 'not now' }, { 'retry-after-ms': '1' })
      : chatReply(call),
  );
}

describe('provider errors', () => {
  it.each([429, 500, 503])("peer defect 3: a %d is the SDK's to retry and never stored", async (status) => {
    setup = await setUp();
    failing(2, status);
    expect(await ask(setup.client({ maxRetries: 2 }))).toContain('Answer 3');
    expect(setup.provider.calls).toHaveLength(3);
    expect(await ask(setup.openai)).toContain('Answer 3');
    expect(setup.provider.calls).toHaveLength(3);
  });

  it.each([
    [400, OpenAI.BadRequestError],
    [401, OpenAI.AuthenticationError],
    [429, OpenAI.RateLimitError],
    [500, OpenAI.InternalServerError],
  ])('a %d reaches the user as the error it always was', async (status, kind) => {
    setup = await setUp();
    failing(9, status);
    const error = await ask(setup.openai).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ status, message: `${status} not now` });
  });

  it('a provider that is down rejects with the error of the real fetch', async () => {
    const refused = new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') });
    setup = await setUp({}, { fetch: () => Promise.reject(refused) });
    await expect(setup.post(question())).rejects.toBe(refused);
    await expect(ask(setup.openai)).rejects.toMatchObject({
      constructor: OpenAI.APIConnectionError,
      cause: refused,
    });
  });

  it('a stream that is cut is an error to who reads it, and is asked for again', async () => {
    setup = await setUp();
    setup.provider.script((call) => (call.number === 1 ? cutAfter(chatReply(call), 3) : chatReply(call)));
    const cut = await setup.openai.chat.completions.create(streamed());
    await expect(textOf(cut)).rejects.toBeInstanceOf(OpenAI.APIError);
    expect(await textOf(await setup.openai.chat.completions.create(streamed()))).toContain('Answer 2');
  });

  it('a whole answer that is cut is retried by the SDK', async () => {
    setup = await setUp();
    setup.provider.script((call) => (call.number === 1 ? cutAfter(chatReply(call), 0) : chatReply(call)));
    expect(await ask(setup.client({ maxRetries: 1 }))).toContain('Answer 2');
  });

  it('follows a redirect and reads a compressed answer; a hit is neither', async () => {
    setup = await setUp();
    setup.provider.script((call) =>
      call.path.startsWith('/v1/moved')
        ? gzipped(chatReply(call))
        : redirectReply('/v1/moved/chat/completions'),
    );
    const first = await setup.openai.chat.completions.create(question());
    const { data, response } = await setup.openai.chat.completions.create(question()).withResponse();
    expect(data).toEqual(first);
    expect(getCacheInfo(response)?.hit).toBe(true);
    expect(response.headers.has('content-encoding')).toBe(false);
    expect(setup.provider.calls).toHaveLength(2);
  });
});

describe('a cache that cannot help', () => {
  it('after close() every request goes to the provider', async () => {
    setup = await setUp();
    await ask(setup.openai);
    await setup.cache.close();
    expect(await ask(setup.openai)).toContain('Answer 2');
    expect(await textOf(await setup.openai.chat.completions.create(streamed()))).toContain('Answer 3');
  });

  it('closed while an answer is on its way: the answer arrives all the same', async () => {
    setup = await setUp();
    const first = setup.provider.hold();
    const one = ask(setup.openai, 'one');
    await setup.provider.waitForCalls(1);
    const closed = setup.cache.close();
    const second = setup.provider.hold();
    const other = ask(setup.openai, 'other');
    await setup.provider.waitForCalls(2);
    first.release();
    await closed;
    second.release();
    expect([await one, await other]).toEqual(['Answer 1 to: one', 'Answer 2 to: other']);
  });
});

describe('going away', () => {
  it('an aborted signal rejects at once, with its reason, and nobody is called', async () => {
    setup = await setUp();
    const reason = new Error('changed my mind');
    await expect(setup.post(question(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(setup.provider.calls).toHaveLength(0);
  });

  it('a signal before the head cancels the provider call', async () => {
    setup = await setUp();
    setup.provider.hold();
    const user = new AbortController();
    const answer = setup.openai.chat.completions.create(question(), { signal: user.signal });
    await setup.provider.waitForCalls(1);
    user.abort();
    await expect(answer).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    await setup.provider.waitForAborts(1);
  });

  it("the SDK's timeout before the head gives up the call under way", async () => {
    setup = await setUp();
    setup.provider.hold();
    const answer = setup.openai.chat.completions.create(question(), { timeout: 20 });
    // Its timeout error is tested in a process of its own: under jest the SDK does not know the DOMException for an Error.
    await expect(answer).rejects.toBeInstanceOf(OpenAI.APIConnectionError);
    while (setup.cache.callsUnderWay > 0) await nextTurn();
    expect(setup.cache.callsUnderWay).toBe(0);
  });

  it.each([
    ['cached', {}],
    ['switched off', { supportedCallTypes: [] }],
  ])(
    'a signal in the middle of a stream ends it, and cancels the provider call (%s)',
    async (_name, options) => {
      setup = await setUp(options);
      setup.provider.script((call) => stalledAfter(chatReply(call), 3));
      const reason = new Error('enough');
      const user = new AbortController();
      const { body } = await setup.post(streamed(), { signal: user.signal });
      const reader = body!.getReader();
      const { value } = await reader.read();
      expect(Buffer.from(value).toString()).toContain('data: ');
      const next = (async () => {
        for (;;) if ((await reader.read()).done) return 'done';
      })();
      user.abort(reason);
      await expect(next).rejects.toBe(reason);
      await setup.provider.waitForAborts(1);
    },
  );

  it.each(['break', 'abort'])("leaving the SDK's stream by %s cancels the provider call", async (way) => {
    setup = await setUp();
    setup.provider.script((call) => stalledAfter(chatReply(call), 3));
    const stream = await setup.openai.chat.completions.create(streamed());
    for await (const _ of stream) {
      if (way === 'break') break;
      stream.controller.abort();
    }
    await setup.provider.waitForAborts(1);
    expect(setup.provider.calls).toHaveLength(1);
  });

  it("abandoned: 'finish' lets a retry after a timeout join the call that is still under way", async () => {
    setup = await setUp({ abandoned: 'finish' });
    const gate = setup.provider.hold();
    const impatient = setup.openai.chat.completions.create(question(), { timeout: 20 });
    await expect(impatient).rejects.toBeInstanceOf(OpenAI.APIConnectionError);
    const again = ask(setup.openai);
    gate.release();
    expect(await again).toContain('Answer 1');
    expect(setup.provider.calls).toHaveLength(1);
  });

  it('peer defect 6: one who goes away takes nothing from the others', async () => {
    setup = await setUp();
    const gate = setup.provider.hold();
    const user = new AbortController();
    const leader = setup.openai.chat.completions.create(question(), { signal: user.signal });
    const followers = [ask(setup.openai), ask(setup.openai)];
    await setup.provider.waitForCalls(1);
    user.abort();
    await expect(leader).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    gate.release();
    const [one, other] = await Promise.all(followers);
    expect(one).toBe(other);
    expect(setup.provider.calls).toHaveLength(1);
    expect(setup.provider.aborted).toBe(0);
  });
});
