import { CacheError } from '../contract/errors.ts';
import type { CacheEvent } from '../contract/observer.ts';
import { chatCompletion } from '../calls/chat-completion.ts';
import { parseCacheControl } from '../control/header-controls.ts';
import type { JsonObject } from '../json.ts';
import { memoryStore } from '../memory/memory-store.ts';
import { FakeClock, startFakeProvider, type FakeProvider } from '../testing/index.ts';
import type { Answer, Provider } from './answer.ts';
import type { CacheOptions } from './cache-options.ts';
import { Cache, type RequestContext } from './cache.ts';

/** A cache in front of a provider on a real socket, with a clock that only tests move. */
export interface Fixture {
  readonly cache: Cache;
  readonly clock: FakeClock;
  readonly provider: FakeProvider;
  readonly events: CacheEvent[];
  ask(body: Record<string, unknown>, options?: AskOptions): Promise<Answer>;
  close(): Promise<void>;
}

export interface AskOptions extends RequestContext {
  readonly cacheControl?: string;
  readonly signal?: AbortSignal;
  readonly provider?: Provider;
}

export async function startFixture(options: Partial<CacheOptions> = {}): Promise<Fixture> {
  const provider = await startFakeProvider();
  const clock = new FakeClock();
  const events: CacheEvent[] = [];
  const cache = new Cache({
    store: memoryStore({ clock }),
    clock,
    observer: (event) => events.push(event),
    ...options,
  });
  return {
    cache,
    clock,
    provider,
    events,
    ask: (body, asked = {}) => ask(cache, fetching(provider), body, asked),
    close: () => provider.close(),
  };
}

function ask(
  cache: Cache,
  provider: Provider,
  given: Record<string, unknown>,
  options: AskOptions,
): Promise<Answer> {
  const body = structuredClone(given) as JsonObject;
  const call = cache.readCall(chatCompletion, body);
  const header = parseCacheControl(options.cacheControl);
  const request = cache.request(call, { ...options, header });
  const { signal } = options;
  return cache.answer(request, {
    provider: options.provider ?? provider,
    body: () => body,
    ...(signal === undefined ? {} : { signal }),
  });
}

/** The provider as a library user reaches it: through fetch. */
export function fetching(provider: FakeProvider): Provider {
  return async (body, { signal }) => {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    };
    const response = await fetch(`${provider.url}/chat/completions`, init);
    return {
      status: response.status,
      headers: [...response.headers],
      body: response.body ?? new Blob([]).stream(),
    };
  };
}

export function question(
  text = 'What is a cache?',
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return { model: 'gpt-4o-mini', messages: [{ role: 'user', content: text }], ...more };
}

/** The whole text of an answer, streamed or not. */
export async function textOf(answer: Answer): Promise<string> {
  if (Buffer.isBuffer(answer.body)) return answer.body.toString();
  const pieces: Uint8Array[] = [];
  for await (const piece of answer.body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

/** The `data` of every event of a streamed answer. */
export async function eventsOf(answer: Answer): Promise<string[]> {
  return (await textOf(answer))
    .split('\n\n')
    .filter((event) => event.startsWith('data: '))
    .map((event) => event.slice('data: '.length));
}

/** The content a client puts together from a whole or a streamed answer. */
export async function contentOf(answer: Answer): Promise<string> {
  if (
    Buffer.isBuffer(answer.body) &&
    !String(answer.headers.find(([name]) => name === 'content-type')).includes('event-stream')
  ) {
    const whole = JSON.parse(answer.body.toString()) as { choices: { message: { content: string } }[] };
    return whole.choices[0]?.message.content ?? '';
  }
  const events = await eventsOf(answer);
  if (events.at(-1) !== '[DONE]')
    throw new CacheError('CACHE_PROVIDER_CUT', `no [DONE] after ${events.length} events`);
  return events
    .slice(0, -1)
    .map((event) => JSON.parse(event) as { choices: { delta: { content?: string } }[] })
    .map((chunk) => chunk.choices[0]?.delta.content ?? '')
    .join('');
}
