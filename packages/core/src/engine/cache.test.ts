import { afterEach, describe, expect, it } from '@jest/globals';
import { chatReply, cutAfter, endedAfter, errorReply, jsonReply } from '../testing/index.ts';
import { contentOf, eventsOf, question, startFixture, textOf, type Fixture } from './cache.fixture.ts';

let fixture: Fixture;
afterEach(() => fixture.close());

describe('asking the same thing twice', () => {
  it('calls the provider once; the second answer is the same bytes', async () => {
    fixture = await startFixture();
    const first = await fixture.ask(question());
    const second = await fixture.ask(question());
    expect(await textOf(second)).toBe(await textOf(first));
    expect(fixture.provider.calls).toHaveLength(1);
    expect(first.outcome).toMatchObject({ type: 'miss', reason: 'absent', stored: true, collapsed: false });
    expect(second.outcome).toMatchObject({ type: 'hit', ageSeconds: 0, ttlSeconds: 600, source: 'local' });
  });

  it('tells the age and what is left of the lifetime', async () => {
    fixture = await startFixture({ ttlSeconds: 300 });
    await fixture.ask(question());
    await fixture.clock.advance(3_500);
    expect((await fixture.ask(question())).outcome).toMatchObject({ ageSeconds: 3, ttlSeconds: 296 });
  });

  it('asks again when the lifetime is over', async () => {
    fixture = await startFixture({ ttlSeconds: 300 });
    await fixture.ask(question());
    await fixture.clock.advance(300_000);
    expect((await fixture.ask(question())).outcome.type).toBe('miss');
    expect(fixture.provider.calls).toHaveLength(2);
  });

  it('answers a stream from a whole answer, and a whole answer from a stream', async () => {
    fixture = await startFixture();
    const whole = await contentOf(await fixture.ask(question()));
    const replayed = await fixture.ask(question(undefined, { stream: true }));
    expect(replayed.outcome.type).toBe('hit');
    expect(await contentOf(replayed)).toBe(whole);

    const streamed = await contentOf(await fixture.ask(question('another', { stream: true })));
    const assembled = await fixture.ask(question('another'));
    expect(assembled.outcome.type).toBe('hit');
    expect(await contentOf(assembled)).toBe(streamed);
    expect(fixture.provider.calls).toHaveLength(2);
  });

  it('asks the provider for usage and takes the chunk out for a client that did not', async () => {
    fixture = await startFixture();
    const plain = await eventsOf(await fixture.ask(question(undefined, { stream: true })));
    expect(fixture.provider.calls[0]?.body).toMatchObject({ stream_options: { include_usage: true } });
    expect(plain.some((event) => event.includes('"total_tokens"'))).toBe(false);
    const asked = await eventsOf(
      await fixture.ask(question(undefined, { stream: true, stream_options: { include_usage: true } })),
    );
    expect(asked.filter((event) => event.includes('"total_tokens"'))).toHaveLength(1);
    expect(asked.at(-1)).toBe('[DONE]');
    expect(fixture.provider.calls).toHaveLength(1);
  });

  it('does not answer a request that would have had usage from a stream without it', async () => {
    fixture = await startFixture();
    fixture.provider.script((call) => chatReply(call, { includeUsage: false }));
    await textOf(await fixture.ask(question(undefined, { stream: true })));
    expect((await fixture.ask(question(undefined, { stream: true }))).outcome.type).toBe('hit');
    const asking = question(undefined, { stream: true, stream_options: { include_usage: true } });
    expect((await fixture.ask(asking)).outcome.type).toBe('hit');
    const whole = await fixture.ask(question());
    expect(whole.outcome).toMatchObject({ type: 'miss', reason: 'usage' });
  });
});

describe('what is stored', () => {
  it.each([
    ['an error', () => errorReply(500, { message: 'unwell' })],
    ['a refusal to serve', () => errorReply(429, { message: 'later' })],
    ['no JSON', () => ({ ...jsonReply({}), pieces: [Buffer.from('{"choices": [')] })],
    ['no choices', () => jsonReply({ id: 'x', object: 'chat.completion', choices: [] })],
  ])('peer defect 3: never %s; the status reaches the client', async (_name, reply) => {
    fixture = await startFixture();
    fixture.provider.script(reply);
    const first = await fixture.ask(question());
    const second = await fixture.ask(question());
    expect(second.status).toBe(first.status);
    expect(fixture.provider.calls).toHaveLength(2);
    expect([first, second].map(({ outcome }) => outcome.type)).toEqual(['miss', 'miss']);
  });

  it.each([
    ['cut', cutAfter],
    ['ended without [DONE]', endedAfter],
  ])('peer defect 3: never a stream that was %s; it ends with an error event', async (_name, broken) => {
    fixture = await startFixture();
    fixture.provider.script((call) => broken(chatReply(call), 3));
    const events = await eventsOf(await fixture.ask(question(undefined, { stream: true })));
    expect(events).not.toContain('[DONE]');
    expect(JSON.parse(events.at(-1) ?? '')).toMatchObject({ error: { code: 'stream_interrupted' } });
    fixture.provider.reset();
    expect((await fixture.ask(question(undefined, { stream: true }))).outcome.type).toBe('miss');
  });

  it('a whole answer wanted from a stream that was cut rejects', async () => {
    fixture = await startFixture();
    fixture.provider.script((call) => cutAfter(chatReply(call, { stream: true }), 3));
    await expect(fixture.ask(question())).rejects.toMatchObject({ code: 'CACHE_PROVIDER_CUT' });
  });

  it('passes on an answer longer than maxEntryBytes, whole or streamed, and does not store it', async () => {
    fixture = await startFixture({ maxEntryBytes: 100 });
    expect(await contentOf(await fixture.ask(question('w'.repeat(50), { stream: true })))).toContain(
      'Answer 1 to',
    );
    const whole = await fixture.ask(question());
    expect(JSON.parse(await textOf(whole))).toMatchObject({ object: 'chat.completion' });
    expect(fixture.events.filter((event) => event.type === 'not_stored')).toHaveLength(2);
    expect((await fixture.ask(question())).outcome.type).toBe('miss');
  });
});

describe('controls', () => {
  it('no-cache asks the provider and replaces what is stored', async () => {
    fixture = await startFixture();
    await fixture.ask(question());
    const fresh = await fixture.ask(question(undefined, { cache: { 'no-cache': true } }));
    expect(fresh.outcome).toMatchObject({ type: 'miss', reason: 'no_cache', stored: true });
    expect(await contentOf(await fixture.ask(question()))).toBe(await contentOf(fresh));
    expect(fixture.provider.calls).toHaveLength(2);
    expect(fixture.provider.calls[1]?.body).not.toHaveProperty('cache');
  });

  it('no-store answers from the cache and leaves nothing in it', async () => {
    fixture = await startFixture();
    const noStore = question(undefined, { cache: { 'no-store': true } });
    expect((await fixture.ask(noStore)).outcome).toMatchObject({ type: 'miss', stored: false });
    expect((await fixture.ask(noStore)).outcome.type).toBe('miss');
    await fixture.ask(question());
    expect((await fixture.ask(noStore)).outcome.type).toBe('hit');
  });

  it('ttl is the lifetime of the entry written now', async () => {
    fixture = await startFixture();
    await fixture.ask(question(undefined, { cache: { ttl: 0.5 } }));
    await fixture.clock.advance(499);
    expect((await fixture.ask(question())).outcome.type).toBe('hit');
    await fixture.clock.advance(1);
    expect((await fixture.ask(question())).outcome.type).toBe('miss');
  });

  it('s-maxage takes only entries that are not older', async () => {
    fixture = await startFixture();
    await fixture.ask(question());
    await fixture.clock.advance(10_000);
    expect((await fixture.ask(question(undefined, { cache: { 's-maxage': 10 } }))).outcome.type).toBe('hit');
    const strict = await fixture.ask(question(undefined, { cache: { 's-maxage': 9 } }));
    expect(strict.outcome).toMatchObject({ type: 'miss', reason: 'too_old' });
  });

  it('namespace separates, for reading and writing', async () => {
    fixture = await startFixture({ namespace: 'app' });
    const elsewhere = question(undefined, { cache: { namespace: 'other' } });
    await fixture.ask(question());
    expect((await fixture.ask(elsewhere)).outcome).toMatchObject({ type: 'miss' });
    expect((await fixture.ask(elsewhere)).outcome.key).toMatch(/^other:[0-9a-f]{64}$/);
  });

  it('mode default_off caches only what says use-cache', async () => {
    fixture = await startFixture({ mode: 'default_off' });
    const opted = question(undefined, { cache: { 'use-cache': true } });
    await fixture.ask(question());
    expect((await fixture.ask(question())).outcome).toMatchObject({ type: 'miss', reason: 'off' });
    await fixture.ask(opted);
    expect((await fixture.ask(opted)).outcome.type).toBe('hit');
  });

  it('a call type that is switched off passes through untouched', async () => {
    fixture = await startFixture({ supportedCallTypes: [] });
    const streamed = await fixture.ask(question(undefined, { stream: true }));
    expect(await contentOf(streamed)).toContain('Answer 1');
    expect(fixture.provider.calls[0]?.body).not.toHaveProperty('stream_options');
    expect((await fixture.ask(question())).outcome).toMatchObject({ reason: 'off' });
  });

  it('only-if-cached answers from the cache or not at all', async () => {
    fixture = await startFixture();
    await expect(fixture.ask(question(), { cacheControl: 'only-if-cached' })).rejects.toMatchObject({
      code: 'CACHE_MISS',
    });
    await fixture.ask(question());
    expect((await fixture.ask(question(), { cacheControl: 'only-if-cached' })).outcome.type).toBe('hit');
    expect(fixture.provider.calls).toHaveLength(1);
  });
});

describe('scope', () => {
  it('peer defect 2: two callers never share unless sharing is configured', async () => {
    fixture = await startFixture();
    await fixture.ask(question(), { caller: { keyHash: 'a' } });
    expect((await fixture.ask(question(), { caller: { keyHash: 'b' } })).outcome.type).toBe('miss');
    expect((await fixture.ask(question(), { caller: { keyHash: 'a' } })).outcome.type).toBe('hit');
    expect((await fixture.ask(question())).outcome.type).toBe('miss');
  });

  it('scope global shares with everybody', async () => {
    fixture = await startFixture({ scope: 'global' });
    await fixture.ask(question(), { caller: { keyHash: 'a' } });
    expect((await fixture.ask(question(), { caller: { keyHash: 'b' } })).outcome.type).toBe('hit');
  });

  it("takes a caller's defaults, below body and header", async () => {
    fixture = await startFixture();
    const caller = { defaults: { 'no-store': true } };
    expect((await fixture.ask(question(), { caller })).outcome).toMatchObject({ stored: false });
    const insists = question(undefined, { cache: { 'no-store': false } });
    expect((await fixture.ask(insists, { caller })).outcome).toMatchObject({ stored: true });
  });
});

describe('stale answers (RFC 5861)', () => {
  const keeping = question(undefined, {
    cache: { ttl: 10, 'stale-if-error': 60, 'stale-while-revalidate': 0 },
  });
  const revalidating = question(undefined, { cache: { ttl: 10, 'stale-while-revalidate': 60 } });

  it('stand in for an error within the window', async () => {
    fixture = await startFixture();
    const first = await contentOf(await fixture.ask(keeping));
    await fixture.clock.advance(20_000);
    fixture.provider.script(() => errorReply(503, { message: 'unwell' }));
    const stale = await fixture.ask(keeping);
    expect(stale.outcome).toMatchObject({ type: 'hit', stale: true, ttlSeconds: -10 });
    expect(await contentOf(stale)).toBe(first);
    await fixture.clock.advance(60_000);
    expect((await fixture.ask(keeping)).status).toBe(503);
  });

  it("do not stand in for the client's own mistake", async () => {
    fixture = await startFixture();
    await fixture.ask(keeping);
    await fixture.clock.advance(20_000);
    fixture.provider.script(() => errorReply(400, { message: 'no' }));
    expect((await fixture.ask(keeping)).status).toBe(400);
  });

  it('are served while one fresh answer is fetched in the background', async () => {
    fixture = await startFixture();
    const first = await contentOf(await fixture.ask(revalidating));
    await fixture.clock.advance(20_000);
    const stale = await Promise.all([1, 2, 3].map(() => fixture.ask(revalidating)));
    for (const answer of stale) {
      expect(answer.outcome).toMatchObject({ type: 'hit', stale: true });
      expect(await contentOf(answer)).toBe(first);
    }
    await fixture.provider.waitForCalls(2);
    await fixture.cache.close();
    expect(fixture.provider.calls).toHaveLength(2);
  });
});
