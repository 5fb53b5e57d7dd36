import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { contentOf, question, textOf } from './cache.fixture.ts';
import { bench, chunks, completion, settle, type Bench } from './controlled-provider.fixture.ts';

let on: Bench;
beforeEach(() => {
  on = bench();
});
afterEach(async () => {
  await settle();
  expect(on.cache.callsUnderWay).toBe(0);
});

const whole = question('The same for everybody');
const streamed = { ...whole, stream: true };

describe('a stream whose whole answer cannot be had', () => {
  const long = chunks(Array.from({ length: 400 }, () => 'x'.repeat(500)));

  it('too long: who wants it whole waits for nobody, and all of them share one more call', async () => {
    on = bench({ maxEntryBytes: 70_000 });
    const leaving = new AbortController();
    const leader = on.ask(streamed, { signal: leaving.signal });
    const followers = [1, 2, 3].map(() => on.ask(whole));
    await settle();
    on.call(0).startStream();
    for (const event of long.slice(0, 200)) on.call(0).sendEvent(event);
    await leader;
    leaving.abort();
    await settle();
    expect(on.calls).toHaveLength(2);
    expect(on.call(0).signal.aborted).toBe(true);
    on.call(1).answerWhole(completion('short'));
    for (const follower of followers) expect(await contentOf(await follower)).toBe('short');
  });

  it('without usage: who would have had usage shares one more call', async () => {
    const leader = on.ask(streamed);
    const followers = [1, 2, 3].map(() => on.ask(whole));
    await settle();
    on.call(0).streamAll(chunks(['a', 'b'], { usage: false }));
    expect(await contentOf(await leader)).toBe('ab');
    await settle();
    expect(on.calls).toHaveLength(2);
    on.call(1).answerWhole(completion('ab'));
    for (const follower of followers) {
      expect(JSON.parse(await textOf(await follower))).toMatchObject({ usage: { total_tokens: 3 } });
    }
    await settle();
  });

  it('not to be put together: who wants it whole shares one more call', async () => {
    const leader = on.ask(streamed);
    const followers = [1, 2].map(() => on.ask(whole));
    await settle();
    on.call(0).streamAll(['no JSON', ...chunks(['a'])]);
    expect(await textOf(await leader)).toContain('data: no JSON\n\n');
    await settle();
    on.call(1).answerWhole(completion('a'));
    for (const follower of followers) expect(await contentOf(await follower)).toBe('a');
    expect(on.calls).toHaveLength(2);
  });

  it('nested deeper than can be written again: the stream arrives all the same', async () => {
    const deep = `{"choices":[],"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    const leader = on.ask(streamed);
    await settle();
    on.call(0).streamAll([...chunks(['a']).slice(0, -1), deep, '[DONE]']);
    const text = await textOf(await leader);
    expect(text).toContain(deep);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    await settle();
  });
});

describe('a follower who would have had it differently', () => {
  it('a long error is told to everybody, streaming or not', async () => {
    on = bench({ maxEntryBytes: 10 });
    const answers = [whole, streamed, whole].map((body) => on.ask(body));
    await settle();
    on.call(0).startWhole(503).send('x'.repeat(100)).end();
    for (const answer of answers) {
      expect((await answer).status).toBe(503);
      expect(await textOf(await answer)).toBe('x'.repeat(100));
    }
    expect(on.calls).toHaveLength(1);
  });

  it('a whole answer that is not replayable reaches a streaming one as it is', async () => {
    const odd = completion('', { choices: [{ message: { content: '' } }, { text: 'no message' }] });
    const leader = on.ask(whole);
    const follower = on.ask(streamed);
    await settle();
    on.call(0).answerWhole(odd);
    expect(await textOf(await leader)).toBe(odd);
    expect(await textOf(await follower)).toBe(odd);
  });

  it('does not learn who made the call, nor what is left of its limits', async () => {
    const [leader, follower] = [on.ask(whole), on.ask(whole)];
    await settle();
    const personal = ['set-cookie', 'openai-organization', 'x-ratelimit-remaining-tokens'];
    const headers = [...personal, 'x-request-id'].map((name) => [name, 'x'] as const);
    on.call(0).start(200, headers).send(completion('a')).end();
    expect((await leader).headers).toHaveLength(4);
    expect((await follower).headers).toEqual([['x-request-id', 'x']]);
  });
});
