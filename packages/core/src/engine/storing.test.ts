import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chatCompletion } from '../calls/chat-completion.ts';
import type { CacheStore } from '../contract/store.ts';
import { memoryBackend } from '../memory/memory-backend.ts';
import { memoryStore } from '../memory/memory-store.ts';
import { FakeClock } from '../testing/index.ts';
import { framed } from './framed.ts';
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

describe('stored bytes that cannot be replayed', () => {
  const damaging = (clock: FakeClock): CacheStore => {
    const inner = memoryStore({ clock });
    const set = inner.set.bind(inner);
    let first = true;
    inner.set = (key, entry) => {
      set(key, first ? { ...entry, body: Buffer.from('{"choices": 7}') } : entry);
      first = false;
    };
    return inner;
  };

  it('are a miss for a streaming request, and replaced', async () => {
    const clock = new FakeClock();
    on = bench({ clock, store: damaging(clock) });
    const first = on.ask(whole);
    await settle();
    on.call(0).answerWhole(completion('a'));
    await first;
    const again = on.ask(streamed);
    await settle();
    on.call(1).streamAll(chunks(['a']));
    expect(await contentOf(await again)).toBe('a');
    expect(await contentOf(await on.ask(streamed))).toBe('a');
    expect(on.calls).toHaveLength(2);
    expect(on.events).toContainEqual(
      expect.objectContaining({ type: 'backend_failure', code: 'CACHE_ENTRY_DAMAGED' }),
    );
  });

  it('found beyond the process: all who waited share the call that replaces them', async () => {
    const backend = memoryBackend();
    on = bench({ store: framed(backend) });
    const entry = {
      createdAt: 0,
      callType: 'chat_completion',
      model: 'm',
      contentType: 'application/json',
      headers: [],
    };
    const { key } = on.cache.request(on.cache.readCall(chatCompletion, { ...streamed }));
    await framed(backend).set(key, { ...entry, body: Buffer.from('nonsense') });
    const answers = [1, 2, 3].map(() => on.ask(streamed));
    await settle();
    on.call(0).streamAll(chunks(['a']));
    for (const answer of answers) expect(await contentOf(await answer)).toBe('a');
    expect(on.calls).toHaveLength(1);
    await settle();
  });
});

describe('the bound of an entry', () => {
  it('an answer of exactly maxEntryBytes is stored, one byte more is not', async () => {
    const body = completion('é');
    for (const [spare, type] of [
      [0, 'hit'],
      [-1, 'miss'],
    ] as const) {
      on = bench({ maxEntryBytes: Buffer.byteLength(body) + spare });
      const first = on.ask(whole);
      await settle();
      on.call(0).answerWhole(body);
      expect(await textOf(await first)).toBe(body);
      await settle();
      const again = on.ask(whole);
      await settle();
      on.calls[1]?.answerWhole(body);
      expect((await again).outcome.type).toBe(type);
      await textOf(await again);
      await settle();
    }
  });

  it('counts bytes, not characters', async () => {
    const events = chunks(Array.from({ length: 20 }, () => '漢'.repeat(100)));
    const characters = events.join('').length;
    on = bench({ maxEntryBytes: characters + 1 });
    const answer = on.ask(streamed);
    await settle();
    on.call(0).streamAll(events);
    await textOf(await answer);
    await settle();
    const again = on.ask(streamed);
    await settle();
    expect(on.calls).toHaveLength(2);
    on.call(1).streamAll(events);
    await textOf(await again);
    await settle();
  });
});

describe('an older call', () => {
  it('does not replace what a younger one has stored', async () => {
    const older = on.ask(whole);
    const fresh = on.ask({ ...whole, cache: { 'no-cache': true } });
    await settle();
    on.call(1).answerWhole(completion('fresh'));
    expect(await contentOf(await fresh)).toBe('fresh');
    on.call(0).answerWhole(completion('older'));
    expect(await contentOf(await older)).toBe('older');
    expect(await contentOf(await on.ask(whole))).toBe('fresh');
  });

  it('that nobody could make is not joined by those who come right after', async () => {
    on = bench({ abandoned: 'finish', store: framed(memoryBackend()) });
    const answers: Promise<string>[] = [];
    const gone = AbortSignal.abort();
    const leader = on.ask(whole, { signal: gone }).catch(() => undefined);
    await leader;
    for (let turn = 0; turn < 10; turn++) {
      answers.push(on.ask(whole).then(contentOf));
      await Promise.resolve();
    }
    await settle();
    for (const made of on.calls) made.answerWhole(completion('a'));
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['a']));
    await settle();
  });

  it('a no-cache answer on its way into a slow store is what the next request gets', async () => {
    const backend = memoryBackend();
    on = bench({ store: framed(backend) });
    const first = on.ask(whole);
    await settle();
    on.call(0).answerWhole(completion('first'));
    await first;
    await settle();
    const release = Promise.withResolvers<void>();
    const set = backend.set.bind(backend);
    backend.set = (...given) => release.promise.then(() => set(...given));
    const fresh = on.ask({ ...whole, cache: { 'no-cache': true } });
    await settle();
    on.call(1).answerWhole(completion('fresh'));
    await fresh;
    expect(await contentOf(await on.ask(whole))).toBe('fresh');
    release.resolve();
    await settle();
  });
});

describe('a store that takes its time', () => {
  const fresh = { ...whole, cache: { 'no-cache': true } };

  /** A store whose first write ends only when it is let go. */
  function slowFirst(): { store: CacheStore; release: () => void; written: string[] } {
    const backend = memoryBackend();
    const store = framed(backend);
    const first = Promise.withResolvers<void>();
    const written: string[] = [];
    const set = store.set.bind(store);
    let isFirst = true;
    store.set = async (key, entry) => {
      const turn = isFirst ? first.promise : undefined;
      isFirst = false;
      await turn;
      written.push(entry.body.toString());
      await set(key, entry);
    };
    return { store, release: first.resolve, written };
  }

  async function askTwice(): Promise<string> {
    const first = on.ask(fresh);
    const second = on.ask(fresh);
    await settle();
    on.call(0).answerWhole(completion('first'));
    await first;
    on.call(1).answerWhole(completion('second'));
    return (await second).outcome.key;
  }

  it('ends up with the younger answer, however long the older one takes to be written', async () => {
    const { store, release } = slowFirst();
    on = bench({ store });
    await askTwice();
    expect(await contentOf(await on.ask(whole))).toBe('second');
    release();
    await settle();
    expect(await contentOf(await on.ask(whole))).toBe('second');
  });

  it('is not written to after a deletion: what waited is dropped, what had begun is deleted', async () => {
    const { store, release, written } = slowFirst();
    on = bench({ store });
    const key = await askTwice();
    const deleting = on.cache.delete([key]);
    release();
    expect(await deleting).toBe(1);
    await settle();
    expect(written).toEqual([completion('first')]);
    expect(await store.get(key)).toBeUndefined();
  });
});
