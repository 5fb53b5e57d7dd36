import { afterEach, describe, expect, it } from '@jest/globals';
import { chatCompletion } from '../calls/chat-completion.ts';
import type { CacheStore } from '../contract/store.ts';
import type { JsonObject } from '../json.ts';
import { memoryBackend } from '../memory/memory-backend.ts';
import { memorySharedState } from '../memory/memory-shared-state.ts';
import { memoryStore } from '../memory/memory-store.ts';
import { createGate, FakeClock, faultyStore, never, type Fault, type Gate } from '../testing/index.ts';
import { contentOf, question, startFixture, type Fixture } from './cache.fixture.ts';
import { framed } from './framed.ts';
import { tiered } from './tiered.ts';

const fixtures: Fixture[] = [];
afterEach(async () => {
  for (const fixture of fixtures.splice(0)) await fixture.close();
});

/** Processes over one server and one bus, each with a cache and memory of its own. */
class Processes {
  readonly clock = new FakeClock();
  readonly bus = memorySharedState({ clock: this.clock });
  readonly server = framed(memoryBackend({ clock: this.clock }));

  async start(shared: CacheStore = this.server): Promise<Fixture> {
    const { clock, bus } = this;
    const store = tiered({ memory: memoryStore({ clock }), shared, bus, clock });
    const fixture = await startFixture({ store, clock });
    fixtures.push(fixture);
    return fixture;
  }
}

const settled = (): Promise<unknown> => new Promise(setImmediate);

/** Operations wait, each at a gate of its own, until it is opened. */
function heldAt(gates: Gate[], when: 'before' | 'after' = 'before'): Fault {
  let count = 0;
  return async (operation, next) => {
    const gate = gates[count++];
    if (when === 'before') await gate?.pass();
    const result = await next(operation);
    if (when === 'after') await gate?.pass();
    return result;
  };
}

describe('a cache over tiers', () => {
  it('answers from the memory at once what it has asked for, and what another process has', async () => {
    const processes = new Processes();
    const [one, other] = [await processes.start(), await processes.start()];
    const first = await one.ask(question());
    expect((await one.ask(question())).outcome.type).toBe('hit');
    await settled();
    const reads = faultyStore(processes.server);
    const third = await processes.start(reads);
    for (const asked of [other, third, third, third]) {
      const answer = await asked.ask(question());
      expect(answer.outcome).toMatchObject({ type: 'hit', source: 'memory' });
      expect(await contentOf(answer)).toBe(await contentOf(first));
    }
    expect(reads.operations).toHaveLength(1);
    expect(other.provider.calls.length + third.provider.calls.length).toBe(0);
  });

  it('tells the age and the freshness of the entry, not of the copy', async () => {
    const processes = new Processes();
    const [one, other] = [await processes.start(), await processes.start()];
    await one.ask(question(undefined, { cache: { ttl: 300 } }));
    await settled();
    await processes.clock.advance(100_000);
    await other.ask(question());
    await processes.clock.advance(10_000);
    const { outcome } = await other.ask(question());
    expect(outcome).toMatchObject({ type: 'hit', ageSeconds: 110, ttlSeconds: 190 });
  });

  it('has the answer at hand before the shared store has it, and waits for that store with nothing', async () => {
    const processes = new Processes();
    const one = await processes.start(faultyStore(processes.server, { set: never() }));
    await one.ask(question());
    for (let time = 0; time < 3; time += 1) expect((await one.ask(question())).outcome.type).toBe('hit');
    expect(one.provider.calls).toHaveLength(1);
  });

  it('asks the shared store where the copy is too old for the request, and takes the younger answer', async () => {
    const processes = new Processes();
    const [one, other] = [await processes.start(), await processes.start()];
    await one.ask(question());
    await settled();
    await other.ask(question());
    await processes.clock.advance(10_000);
    const fresh = await one.ask(question(undefined, { cache: { 'no-cache': true } }));
    await settled();
    const recent = await other.ask(question(undefined, { cache: { 's-maxage': 5 } }));
    expect(recent.outcome).toMatchObject({ type: 'hit', ageSeconds: 0 });
    expect(await contentOf(recent)).toBe(await contentOf(fresh));
    expect((await other.ask(question())).outcome).toMatchObject({ type: 'hit', ageSeconds: 0 });
    await processes.clock.advance(10_000);
    await one.ask(question(undefined, { cache: { 'no-cache': true } }));
    await settled();
    const stored = await other.ask(question(), { cacheControl: 'only-if-cached, max-age=5' });
    expect(stored.outcome).toMatchObject({ type: 'hit', ageSeconds: 0 });
    expect(other.provider.calls).toHaveLength(0);
  });

  it('says why an entry was no answer though only the memory has it', async () => {
    const processes = new Processes();
    const one = await processes.start(faultyStore(processes.server, { get: async () => undefined }));
    await one.ask(question());
    await processes.clock.advance(10_000);
    const { outcome } = await one.ask(question(undefined, { cache: { 's-maxage': 5 } }));
    expect(outcome).toMatchObject({ type: 'miss', reason: 'too_old' });
  });

  it('has replaced an answer once no-cache has fetched another, whatever the shared store does', async () => {
    const processes = new Processes();
    const gates = [createGate()];
    const one = await processes.start(faultyStore(processes.server, { set: heldAt(gates) }));
    await one.ask(question());
    await gates[0]?.reached;
    await processes.clock.advance(1_000);
    const fresh = await one.ask(question(undefined, { cache: { 'no-cache': true } }));
    const next = await one.ask(question());
    expect(next.outcome.type).toBe('hit');
    expect(await contentOf(next)).toBe(await contentOf(fresh));
    const { cache } = one;
    const call = cache.readCall(chatCompletion, question() as JsonObject);
    expect(cache.peek(cache.request(call))?.outcome.ageSeconds).toBe(0);
    gates[0]?.release();
    await settled();
    expect(await contentOf(await one.ask(question()))).toBe(await contentOf(fresh));
    const other = await processes.start();
    expect(await contentOf(await other.ask(question()))).toBe(await contentOf(fresh));
  });

  it('forgets what another process deletes, even while its own write of it has not come back', async () => {
    const processes = new Processes();
    const gate = createGate();
    const one = await processes.start(faultyStore(processes.server, { set: heldAt([gate], 'after') }));
    const other = await processes.start();
    const { outcome } = await one.ask(question());
    await gate.reached;
    expect((await one.ask(question())).outcome.type).toBe('hit');
    expect(await other.cache.delete([outcome.key ?? ''])).toBe(1);
    expect((await one.ask(question())).outcome.type).toBe('miss');
    gate.release();
  });

  it('forgets what another process clears, in its namespace only', async () => {
    const processes = new Processes();
    const [one, other] = [await processes.start(), await processes.start()];
    const inNamespace = (namespace: string): ReturnType<typeof question> =>
      question(undefined, { cache: { namespace } });
    for (const namespace of ['a', 'b']) await one.ask(inNamespace(namespace));
    await settled();
    for (const namespace of ['a', 'b']) await other.ask(inNamespace(namespace));
    expect(await other.cache.clear('a')).toBe(1);
    expect((await one.ask(inNamespace('a'))).outcome.type).toBe('miss');
    expect((await one.ask(inNamespace('b'))).outcome.type).toBe('hit');
  });

  it('finds an entry that memory does not take on its way into the shared store', async () => {
    const processes = new Processes();
    const { clock, bus, server } = processes;
    const shared = faultyStore(server, { set: never() });
    const store = tiered({ memory: memoryStore({ clock, maxEntryBytes: 10 }), shared, bus, clock });
    const fixture = await startFixture({ store, clock });
    fixtures.push(fixture);
    await fixture.ask(question());
    expect((await fixture.ask(question())).outcome.type).toBe('hit');
  });
});
