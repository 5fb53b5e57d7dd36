import OpenAI, { type ClientOptions } from 'openai';
import { parseList } from 'structured-headers';
import type { CacheOptions } from '../engine/cache-options.ts';
import { Cache } from '../engine/cache.ts';
import { memoryStore } from '../memory/memory-store.ts';
import { FakeClock, startFakeProvider, type FakeProvider } from '../testing/index.ts';
import { cachedFetch, type CachedFetchOptions } from './cached-fetch.ts';

type Chat = OpenAI.ChatCompletionCreateParamsNonStreaming;
type ChatStream = OpenAI.ChatCompletionCreateParamsStreaming;

/** The real SDK over a cache over a provider on a real socket, with a clock that only tests move. */
export interface Setup {
  readonly provider: FakeProvider;
  readonly clock: FakeClock;
  readonly cache: Cache;
  readonly openai: OpenAI;
  readonly fetch: typeof fetch;
  /** Another client of the same cache. */
  client(options: ClientOptions): OpenAI;
  /** A chat completion without any SDK. */
  post(body: unknown, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

export async function setUp(
  options: Partial<CacheOptions> = {},
  fetchOptions: CachedFetchOptions = {},
): Promise<Setup> {
  const provider = await startFakeProvider();
  const clock = new FakeClock();
  const cache = new Cache({ store: memoryStore({ clock }), clock, ...options });
  const fetch = cachedFetch(cache, fetchOptions);
  const client = (more: ClientOptions): OpenAI =>
    new OpenAI({ baseURL: provider.url, apiKey: 'sk-test', maxRetries: 0, fetch, ...more });
  return {
    provider,
    clock,
    cache,
    openai: client({}),
    fetch,
    client,
    post: (body, init = {}) =>
      fetch(`${provider.url}/chat/completions`, { method: 'POST', body: JSON.stringify(body), ...init }),
    close: () => provider.close(),
  };
}

export function question(text = 'What is a cache?', more: Partial<Chat> = {}): Chat {
  return { model: 'gpt-4o-mini', messages: [{ role: 'user', content: text }], ...more };
}

export function streamed(text?: string, more: Partial<Chat> = {}): ChatStream {
  return { ...question(text, more), stream: true };
}

/** The text a user puts together from the SDK's chunks. */
export async function textOf(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  return text;
}

export async function ask(openai: OpenAI, text?: string): Promise<string | null | undefined> {
  return (await openai.chat.completions.create(question(text))).choices[0]?.message.content;
}

/** The one member of a `Cache-Status`, read by an RFC 9651 parser. */
export function cacheStatusOf(response: Response): { name: string; parameters: Record<string, unknown> } {
  const [member] = parseList(response.headers.get('cache-status') ?? '');
  if (member === undefined) throw new Error('no Cache-Status');
  const plain = [...member[1]].map(([name, value]): [string, unknown] => [
    name,
    value instanceof Object ? String(value) : value,
  ]);
  return { name: String(member[0]), parameters: Object.fromEntries(plain) };
}
