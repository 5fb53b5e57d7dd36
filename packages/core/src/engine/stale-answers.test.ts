import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { memoryBackend } from '../memory/memory-backend.ts';
import { FakeClock } from '../testing/index.ts';
import { framed } from './framed.ts';
import { contentOf, question } from './cache.fixture.ts';
import { bench, completion, settle, type Bench } from './controlled-provider.fixture.ts';

let on: Bench;
beforeEach(() => {
  on = bench();
});
afterEach(async () => {
  await settle();
  expect(on.cache.callsUnderWay).toBe(0);
});

const whole = question('The same for everybody');

describe('stale answers in a store beyond the process', () => {
  const keeping = { ...whole, cache: { ttl: 10, 'stale-if-error': 60 } };
  const revalidating = { ...whole, cache: { ttl: 10, 'stale-while-revalidate': 60 } };

  async function stale(body: Record<string, unknown>): Promise<void> {
    const clock = new FakeClock();
    on = bench({ clock, store: framed(memoryBackend({ clock })) });
    const first = on.ask(body);
    await settle();
    on.call(0).answerWhole(completion('first'));
    await first;
    await settle();
    await on.clock.advance(20_000);
  }

  it('stand in for an error', async () => {
    await stale(keeping);
    const answers = [on.ask(keeping), on.ask(keeping)];
    await settle();
    on.call(1).startWhole(503).send('unwell').end();
    for (const answer of answers) {
      expect((await answer).outcome).toMatchObject({ type: 'hit', stale: true });
      expect(await contentOf(await answer)).toBe('first');
    }
    const again = on.ask(keeping);
    await settle();
    on.call(2).fail(new TypeError('connection refused'));
    expect(await contentOf(await again)).toBe('first');
  });

  it('are served while one fresh answer is fetched', async () => {
    await stale(revalidating);
    for (const answer of await Promise.all([1, 2, 3].map(() => on.ask(revalidating)))) {
      expect(await contentOf(answer)).toBe('first');
    }
    await settle();
    expect(on.calls).toHaveLength(2);
    on.call(1).answerWhole(completion('second'));
    await settle();
    expect(await contentOf(await on.ask(revalidating))).toBe('second');
  });
});

describe('fetching in the background', () => {
  const revalidating = { ...whole, cache: { ttl: 10, 'stale-while-revalidate': 10_000 } };

  it.each([
    ['joinSeconds: 0', 0],
    ['longer than joinSeconds', 5],
  ])('is one call at a time, with %s too', async (_name, joinSeconds) => {
    on = bench({ joinSeconds });
    const first = on.ask(revalidating);
    await settle();
    on.call(0).answerWhole(completion('first'));
    await first;
    await on.clock.advance(20_000);
    for (let asked = 0; asked < 5; asked++) {
      expect(await contentOf(await on.ask(revalidating))).toBe('first');
      await on.clock.advance(10_000);
    }
    expect(on.calls).toHaveLength(2);
    on.call(1).fail(new Error('down'));
    await settle();
  });

  it('a stale answer that stands in for a long error gives the error up', async () => {
    on = bench({ maxEntryBytes: 1000 });
    const keeping = { ...whole, cache: { ttl: 10, 'stale-if-error': 60 } };
    const first = on.ask(keeping);
    await settle();
    on.call(0).answerWhole(completion('first'));
    await first;
    await on.clock.advance(20_000);
    const stale = on.ask(keeping);
    await settle();
    on.call(1).startWhole(503).send('x'.repeat(100_000));
    expect(await contentOf(await stale)).toBe('first');
    await settle();
    expect(on.call(1).signal.aborted).toBe(true);
  });
});
