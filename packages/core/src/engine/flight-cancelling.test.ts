import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OwnFailure } from './answer.ts';
import { contentOf, question } from './cache.fixture.ts';
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

describe('who cannot make the call', () => {
  it('lets go of everything: its own failure leaves no listener and no place behind', async () => {
    let listeners = 0;
    const { signal } = new AbortController();
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      listeners += 1;
      add(...given);
    };
    signal.removeEventListener = (...given: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...given);
    };
    const limited = on.ask(streamed, {
      signal,
      provider: () => Promise.reject(new OwnFailure(new Error('limit'))),
    });
    const other = on.ask(streamed);
    await expect(limited).rejects.toThrow('limit');
    expect(listeners).toBe(0);
    on.call(0).streamAll(chunks(['a']));
    expect(await contentOf(await other)).toBe('a');
  });
});

/** What plain JavaScript may do. */
function rejecting(reason: unknown): Promise<never> {
  return Promise.reject(reason);
}

describe('a request that neither reads nor writes', () => {
  const alone = { ...whole, cache: { 'no-cache': true, 'no-store': true } };

  it('is told its own failure as it is', async () => {
    const provider = () => Promise.reject(new OwnFailure(new Error('limit')));
    await expect(on.ask(alone, { provider })).rejects.toThrow('limit');
  });

  it('is given up like any other', async () => {
    const leaving = new AbortController();
    const answer = on.ask(alone, { signal: leaving.signal });
    await settle();
    leaving.abort();
    await expect(answer).rejects.toMatchObject({ code: 'CACHE_ABORTED' });
  });
});

describe('a call that was answered', () => {
  it('is not cancelled afterwards', async () => {
    const answers = [on.ask(whole), on.ask({ ...whole, cache: { 'no-cache': true } })];
    await settle();
    for (const call of on.calls) call.answerWhole(completion('a'));
    await Promise.all(answers);
    await settle();
    expect(on.calls.map(({ signal }) => signal.aborted)).toEqual([false, false]);
  });
});

describe('a provider that does as it likes', () => {
  it('goes on after the terminal event: the answer is over, and so is the call before long', async () => {
    const answer = on.ask(streamed);
    await settle();
    on.call(0).startStream();
    for (const event of chunks(['a'])) on.call(0).sendEvent(event);
    expect(await contentOf(await answer)).toBe('a');
    await settle();
    expect(on.cache.callsUnderWay).toBe(0);
    expect(on.call(0).signal.aborted).toBe(false);
    await on.clock.advance(10_000);
    expect(on.call(0).signal.aborted).toBe(true);
  });

  it('sends without end after the terminal event', async () => {
    const answer = on.ask(streamed);
    await settle();
    on.call(0).startStream();
    for (const event of chunks(['a'])) on.call(0).sendEvent(event);
    expect(await contentOf(await answer)).toBe('a');
    for (let sent = 0; sent < 100; sent++) on.call(0).send('x'.repeat(10_000));
    await settle();
    expect(on.call(0).givenUp).toBe(true);
  });

  it('pays no heed to the signal: the call is over when everybody has left, and nothing is stored', async () => {
    on = bench({ heedsSignal: false });
    const leaving = new AbortController();
    const answer = on.ask(whole, { signal: leaving.signal });
    await settle();
    leaving.abort();
    await expect(answer).rejects.toMatchObject({ code: 'CACHE_ABORTED' });
    await settle();
    expect(on.cache.callsUnderWay).toBe(0);
    on.call(0).startWhole().send(completion('late'));
    await settle();
    expect(on.call(0).givenUp).toBe(true);
    const again = on.ask(whole);
    await settle();
    on.call(1).answerWhole(completion('b'));
    expect(await contentOf(await again)).toBe('b');
  });

  it.each([
    ['rejects with nothing', () => rejecting(undefined)],
    ['rejects with a text', () => rejecting('no')],
    [
      'throws at once',
      () => {
        throw new TypeError('at once');
      },
    ],
  ])('%s: everybody is told', async (_name, provider) => {
    const answers = [1, 2].map(() =>
      on.ask(whole, { provider: provider }).then(
        () => 'answered',
        () => 'told',
      ),
    );
    expect(await Promise.all(answers)).toEqual(['told', 'told']);
    await settle();
  });
});

describe('abandoned: finish', () => {
  it('does not finish what cannot be stored: too long', async () => {
    on = bench({ abandoned: 'finish', maxEntryBytes: 100 });
    const leaving = new AbortController();
    const answer = on.ask(whole, { signal: leaving.signal });
    await settle();
    leaving.abort();
    await expect(answer).rejects.toMatchObject({ code: 'CACHE_ABORTED' });
    on.call(0).startWhole().send('x'.repeat(200));
    await settle();
    expect(on.call(0).signal.aborted).toBe(true);
  });

  it('does not finish what may not be stored', async () => {
    on = bench({ abandoned: 'finish' });
    const leaving = new AbortController();
    const answer = on.ask({ ...whole, cache: { 'no-store': true } }, { signal: leaving.signal });
    await settle();
    leaving.abort();
    await expect(answer).rejects.toMatchObject({ code: 'CACHE_ABORTED' });
    expect(on.call(0).signal.aborted).toBe(true);
    await settle();
  });
});
