import { afterEach, describe, expect, it } from '@jest/globals';
import type { CacheBackend } from '../contract/backend.ts';
import { CacheError } from '../contract/errors.ts';
import { memoryBackend } from '../memory/memory-backend.ts';
import { FakeClock, fail, faultyBackend, never } from '../testing/index.ts';
import { contentOf, question, startFixture, type Fixture } from './cache.fixture.ts';
import { Cache } from './cache.ts';
import { framed } from './framed.ts';
import { resilient } from './store-wrappers/resilient.ts';

let fixture: Fixture;
afterEach(() => fixture.close());

describe('a cache over a backend', () => {
  it('finds in the backend what another process stored there', async () => {
    const backend = memoryBackend();
    fixture = await startFixture({ store: framed(backend) });
    const first = await fixture.ask(question());
    await new Promise(setImmediate);
    const other = await startFixture({ store: framed(backend), clock: fixture.clock });
    const second = await other.ask(question());
    expect(second.outcome).toMatchObject({ type: 'hit', source: 'memory' });
    expect(await contentOf(second)).toBe(await contentOf(first));
    expect(other.provider.calls).toHaveLength(0);
    await other.close();
  });

  it('asks it once for any number of equal requests at once', async () => {
    const backend = faultyBackend(memoryBackend(), {});
    fixture = await startFixture({ store: framed(backend) });
    const answers = await Promise.all(Array.from({ length: 50 }, () => fixture.ask(question())));
    expect(new Set(await Promise.all(answers.map(contentOf))).size).toBe(1);
    expect(backend.operations.map(({ name }) => name)).toEqual(['get', 'set']);
    expect(fixture.provider.calls).toHaveLength(1);
  });

  it('lets all who waited for one look-up have the hit', async () => {
    const backend = memoryBackend();
    fixture = await startFixture({ store: framed(backend) });
    await fixture.ask(question());
    await new Promise(setImmediate);
    const answers = await Promise.all(Array.from({ length: 10 }, () => fixture.ask(question())));
    expect(answers.map(({ outcome }) => outcome.type)).toEqual(Array(10).fill('hit'));
    expect(fixture.provider.calls).toHaveLength(1);
  });

  it('an answer on its way into a slow backend is a hit already', async () => {
    fixture = await startFixture({ store: framed(faultyBackend(memoryBackend(), { set: never() })) });
    await fixture.ask(question());
    expect((await fixture.ask(question())).outcome.type).toBe('hit');
  });
});

describe('why it is a miss', () => {
  it.each([
    ['stale', { cache: { ttl: 1, 'stale-if-error': 600 } }, 5_000, {}],
    ['too_old', {}, 5_000, { cache: { 's-maxage': 1 } }],
  ])('is told by what the backend held: %s', async (reason, first, milliseconds, then) => {
    const clock = new FakeClock();
    fixture = await startFixture({ store: framed(memoryBackend({ clock })), clock });
    await fixture.ask(question(undefined, first));
    await new Promise(setImmediate);
    await clock.advance(milliseconds);
    expect((await fixture.ask(question(undefined, then))).outcome).toMatchObject({ type: 'miss', reason });
  });
});

describe('a backend given as the store', () => {
  it('is framed, limited in time and left alone when it is down, and tells the observer of the cache', async () => {
    const clock = new FakeClock();
    const refused = fail(new CacheError('CACHE_BACKEND_UNAVAILABLE', 'connection refused'));
    const backend = faultyBackend(memoryBackend(), { get: never(), set: refused });
    fixture = await startFixture({ store: backend, clock });
    for (let index = 0; index < 3; index++) {
      const answer = fixture.ask(question(`slow ${index}`));
      await clock.advance(500);
      expect((await answer).status).toBe(200);
    }
    const states = fixture.events.filter(({ type }) => type === 'backend_state');
    expect(states).toEqual([expect.objectContaining({ backend: 'memory', state: 'down' })]);
    const sent = backend.operations.length;
    expect((await fixture.ask(question('while it is down'))).status).toBe(200);
    expect(backend.operations).toHaveLength(sent);
  });

  it('that speaks another contract is refused at once', () => {
    const other = Object.create(memoryBackend(), { contract: { value: 2 } }) as CacheBackend;
    expect(() => new Cache({ store: other })).toThrow(/speaks backend contract 2/);
  });
});

describe('peer defect 12: a backend that fails', () => {
  const unavailable = new CacheError('CACHE_BACKEND_UNAVAILABLE', 'connection refused');

  it('is a miss, counted, and the answer comes from the provider', async () => {
    fixture = await startFixture({
      store: framed(faultyBackend(memoryBackend(), { get: fail(unavailable) })),
    });
    expect((await fixture.ask(question())).outcome).toMatchObject({ type: 'miss', reason: 'absent' });
    expect(fixture.events).toContainEqual(
      expect.objectContaining({
        type: 'backend_failure',
        operation: 'get',
        code: 'CACHE_BACKEND_UNAVAILABLE',
      }),
    );
  });

  it('that hangs costs a request its time budget and no more', async () => {
    const clock = new FakeClock();
    const store = resilient(framed(faultyBackend(memoryBackend(), { get: never() })), { clock });
    fixture = await startFixture({ store, clock });
    const answer = fixture.ask(question());
    await clock.advance(499);
    expect(fixture.provider.calls).toHaveLength(0);
    await clock.advance(1);
    expect((await answer).status).toBe(200);
  });

  it('is not asked while the breaker is open: the operations sent are none', async () => {
    const clock = new FakeClock();
    const backend = faultyBackend(memoryBackend(), { get: fail(unavailable), set: fail(unavailable) });
    fixture = await startFixture({ store: resilient(framed(backend), { clock }), clock });
    for (let index = 0; index < 5; index++) await fixture.ask(question(`opens ${index}`));
    const sent = backend.operations.length;
    for (let index = 0; index < 20; index++) {
      expect((await fixture.ask(question(`while open ${index}`))).status).toBe(200);
    }
    expect(backend.operations.slice(sent)).toEqual([]);
  });

  it('still says so to whoever deletes', async () => {
    fixture = await startFixture({
      store: framed(faultyBackend(memoryBackend(), { delete: fail(unavailable) })),
    });
    await expect(fixture.cache.delete(['some-key'])).rejects.toMatchObject({
      code: 'CACHE_BACKEND_UNAVAILABLE',
    });
  });
});
