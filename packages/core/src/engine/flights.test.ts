import { afterEach, describe, expect, it } from '@jest/globals';
import { chatReply, cutAfter, errorReply } from '../testing/index.ts';
import { OwnFailure, type Answer } from './answer.ts';
import {
  contentOf,
  eventsOf,
  fetching,
  question,
  startFixture,
  textOf,
  type Fixture,
} from './cache.fixture.ts';

let fixture: Fixture;
afterEach(() => fixture.close());

const whole = question('The same for everybody');
const streamed = { ...whole, stream: true };

function crowd(count: number, body: (index: number) => Record<string, unknown>): Promise<Answer>[] {
  return Array.from({ length: count }, (_, index) => fixture.ask(body(index)));
}

describe('peer defect 6: 100 equal requests at once make one provider call', () => {
  it.each([
    ['whole', () => whole],
    ['streamed', () => streamed],
    ['mixed', (index: number) => (index % 2 === 0 ? whole : streamed)],
    ['mixed, a stream first', (index: number) => (index % 2 === 1 ? whole : streamed)],
  ])('%s', async (_name, body) => {
    fixture = await startFixture();
    const gate = fixture.provider.hold();
    const answers = crowd(100, body);
    await fixture.provider.waitForCalls(1);
    gate.release();
    const contents = await Promise.all(answers.map(async (answer) => contentOf(await answer)));
    expect(new Set(contents)).toEqual(new Set(['Answer 1 to: The same for everybody']));
    expect(fixture.provider.calls).toHaveLength(1);
    const outcomes = await Promise.all(answers.map(async (answer) => (await answer).outcome));
    expect(outcomes.filter((outcome) => outcome.type === 'miss' && outcome.collapsed)).toHaveLength(99);
  });

  it('a late one gets what has arrived, then follows live', async () => {
    fixture = await startFixture();
    const gate = fixture.provider.hold(2);
    const leader = fixture.ask(streamed);
    const reading = (await leader).body as AsyncIterableIterator<Uint8Array>;
    const start = Buffer.from((await reading.next()).value as Uint8Array).toString();
    const late = await fixture.ask(streamed);
    gate.release();
    const rest = await textOf({ ...(await leader), body: reading });
    expect(await textOf(late)).toBe(start + rest);
    expect(fixture.provider.calls).toHaveLength(1);
  });

  it('joinSeconds: 0 makes every request call for itself', async () => {
    fixture = await startFixture({ joinSeconds: 0 });
    const gate = fixture.provider.hold();
    const answers = crowd(2, () => whole);
    await fixture.provider.waitForCalls(2);
    gate.release();
    await Promise.all(answers);
  });

  it('a call that takes longer than joinSeconds is not joined any more', async () => {
    fixture = await startFixture({ joinSeconds: 30 });
    const gate = fixture.provider.hold();
    const first = fixture.ask(whole);
    await fixture.provider.waitForCalls(1);
    await fixture.clock.advance(30_000);
    expect((await fixture.ask(whole)).outcome).toMatchObject({ type: 'miss', collapsed: false });
    gate.release();
    await first;
  });
});

describe('peer defect 6: who leaves changes nothing for the others', () => {
  it.each([
    ['before the head', 'head', 0],
    ['after half of the stream', 3, 1],
    ['at its end', 'end', 1],
  ] as const)('the leader goes %s', async (_name, at, pieces) => {
    fixture = await startFixture();
    const eventCount = 6;
    const gate = fixture.provider.hold(at === 'end' ? eventCount - 1 : at);
    const leaving = new AbortController();
    const leader = fixture.ask(streamed, { signal: leaving.signal });
    await fixture.provider.waitForCalls(1);
    const followers = crowd(99, (index) => (index % 2 === 0 ? streamed : whole));
    if (pieces > 0) {
      const reading = (await leader).body as AsyncIterableIterator<Uint8Array>;
      await reading.next();
      leaving.abort();
      await expect(reading.next()).rejects.toMatchObject({ code: 'CACHE_ABORTED' });
    } else {
      leaving.abort();
      await expect(leader).rejects.toMatchObject({ code: 'CACHE_ABORTED' });
    }
    gate.release();
    const contents = await Promise.all(followers.map(async (follower) => contentOf(await follower)));
    expect(new Set(contents)).toEqual(new Set(['Answer 1 to: The same for everybody']));
    expect(fixture.provider.calls).toHaveLength(1);
    expect(fixture.provider.aborted).toBe(0);
    expect((await fixture.ask(whole)).outcome.type).toBe('hit');
  });

  it('a follower that never reads slows nobody', async () => {
    fixture = await startFixture();
    const gate = fixture.provider.hold(2);
    const answers = crowd(100, () => streamed);
    const [idle, ...others] = await Promise.all(answers);
    gate.release();
    const contents = await Promise.all(others.map(contentOf));
    expect(new Set(contents).size).toBe(1);
    expect(idle?.status).toBe(200);
  });

  it('the call is cancelled when the last one leaves', async () => {
    fixture = await startFixture();
    fixture.provider.hold(2);
    const leaving = new AbortController();
    const answers = [whole, streamed].map((body) => fixture.ask(body, { signal: leaving.signal }));
    await fixture.provider.waitForCalls(1);
    leaving.abort();
    await Promise.allSettled(answers);
    await fixture.provider.waitForAborts(1);
    fixture.provider.reset();
    expect((await fixture.ask(whole)).outcome).toMatchObject({ type: 'miss', collapsed: false });
  });

  it('abandoned: finish lets the call end and stores its answer', async () => {
    fixture = await startFixture({ abandoned: 'finish' });
    const gate = fixture.provider.hold();
    const leaving = new AbortController();
    const answer = fixture.ask(whole, { signal: leaving.signal });
    await fixture.provider.waitForCalls(1);
    leaving.abort();
    await expect(answer).rejects.toMatchObject({ code: 'CACHE_ABORTED' });
    gate.release();
    const again = await fixture.ask(whole);
    expect(await contentOf(again)).toContain('Answer 1');
    expect(fixture.provider.calls).toHaveLength(1);
  });
});

describe('peer defect 6: a failure is told to everybody once and remembered by nobody', () => {
  it('an error answer', async () => {
    fixture = await startFixture();
    fixture.provider.script(() => errorReply(503, { message: 'unwell' }));
    const gate = fixture.provider.hold();
    const answers = crowd(10, (index) => (index % 2 === 0 ? whole : streamed));
    await fixture.provider.waitForCalls(1);
    gate.release();
    for (const answer of await Promise.all(answers)) {
      expect(answer.status).toBe(503);
      expect(await textOf(answer)).toContain('unwell');
    }
    expect(fixture.provider.calls).toHaveLength(1);
    fixture.provider.reset();
    expect((await fixture.ask(whole)).status).toBe(200);
  });

  it('no answer at all', async () => {
    fixture = await startFixture();
    const provider = (): Promise<never> => Promise.reject(new TypeError('connection refused'));
    const answers = [1, 2, 3].map(() => fixture.ask(whole, { provider }));
    for (const answer of answers) await expect(answer).rejects.toThrow('connection refused');
    expect((await fixture.ask(whole)).status).toBe(200);
  });

  it('a cut stream', async () => {
    fixture = await startFixture();
    fixture.provider.script((call) => cutAfter(chatReply(call), 3));
    const gate = fixture.provider.hold(2);
    const followers = crowd(4, () => streamed);
    const waiting = fixture.ask(whole);
    await fixture.provider.waitForCalls(1);
    gate.release();
    for (const follower of followers)
      expect((await eventsOf(await follower)).at(-1)).toContain('stream_interrupted');
    await expect(waiting).rejects.toMatchObject({ code: 'CACHE_PROVIDER_CUT' });
  });

  it("the leader's own failure is the leader's alone: the oldest follower calls", async () => {
    fixture = await startFixture();
    const limited = (): Promise<never> => Promise.reject(new OwnFailure(new Error('over its limit')));
    const leader = fixture.ask(whole, { provider: limited });
    const followers = crowd(5, () => whole);
    await expect(leader).rejects.toThrow('over its limit');
    for (const follower of followers) expect((await follower).status).toBe(200);
    expect(fixture.provider.calls).toHaveLength(1);
  });

  it('everybody over their own limit learns it, and nothing hangs', async () => {
    fixture = await startFixture();
    const limited = (): Promise<never> => Promise.reject(new OwnFailure(new Error('over its limit')));
    const answers = [1, 2, 3].map(() => fixture.ask(whole, { provider: limited }));
    for (const answer of answers) await expect(answer).rejects.toThrow('over its limit');
  });
});

describe('who does not share', () => {
  it.each([
    ['no-cache', { cache: { 'no-cache': true } }],
    ['no-store', { cache: { 'no-store': true } }],
    ['s-maxage: 0', { cache: { 's-maxage': 0 } }],
  ])('%s neither joins nor leads', async (_name, controls) => {
    fixture = await startFixture();
    const gate = fixture.provider.hold();
    const first = fixture.ask({ ...whole, ...controls });
    await fixture.provider.waitForCalls(1);
    const second = await fixture.ask({ ...whole, ...controls });
    const third = await fixture.ask(question('unrelated'));
    expect([second, third].map(({ status }) => status)).toEqual([200, 200]);
    gate.release();
    await first;
    expect(fixture.provider.calls).toHaveLength(3);
  });
});

describe('deleting', () => {
  it('takes an entry away and says how many there were', async () => {
    fixture = await startFixture();
    const { key } = (await fixture.ask(whole)).outcome;
    expect(await fixture.cache.delete([key, 'absent'])).toBe(1);
    expect((await fixture.ask(whole)).outcome.type).toBe('miss');
  });

  it('keeps a request in flight from storing, and later ones from joining it', async () => {
    fixture = await startFixture();
    const { key } = (await fixture.ask(whole)).outcome;
    await fixture.cache.delete([key]);
    const gate = fixture.provider.hold();
    const before = fixture.ask(whole);
    await fixture.provider.waitForCalls(2);
    await fixture.cache.delete([key]);
    const after = await fixture.ask(whole);
    expect(after.outcome).toMatchObject({ type: 'miss', collapsed: false });
    await fixture.cache.delete([key]);
    gate.release();
    expect((await before).status).toBe(200);
    expect((await fixture.ask(whole)).outcome.type).toBe('miss');
  });

  it('clear touches one namespace only', async () => {
    fixture = await startFixture({ namespace: 'mine' });
    const other = { ...whole, cache: { namespace: 'mineral' } };
    await fixture.ask(whole);
    await fixture.ask(other);
    expect(await fixture.cache.clear()).toBe(1);
    expect((await fixture.ask(other)).outcome.type).toBe('hit');
    expect((await fixture.ask(whole)).outcome.type).toBe('miss');
  });
});

describe('the provider', () => {
  it('is asked through whatever is given, once per answer', async () => {
    fixture = await startFixture();
    const seen: unknown[] = [];
    const spying: typeof inner = (body, options) => {
      seen.push(body['model']);
      return inner(body, options);
    };
    const inner = fetching(fixture.provider);
    await fixture.ask(whole, { provider: spying });
    await fixture.ask(whole, { provider: spying });
    expect(seen).toEqual(['gpt-4o-mini']);
  });
});
