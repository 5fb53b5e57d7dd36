import { chatCompletion } from '../calls/chat-completion.ts';
import { formatEvent } from '../calls/sse/parse.ts';
import type { JsonObject } from '../json.ts';
import type { CacheEvent } from '../contract/observer.ts';
import { memoryStore } from '../memory/memory-store.ts';
import { FakeClock } from '../testing/index.ts';
import type { Answer, HeaderList, Provider, ProviderAnswer } from './answer.ts';
import type { CacheOptions } from './cache-options.ts';
import { Cache, type RequestContext } from './cache.ts';

const JSON_HEADERS: HeaderList = [['content-type', 'application/json']];
const STREAM_HEADERS: HeaderList = [['content-type', 'text/event-stream; charset=utf-8']];

/** One call of a provider within the process: a test says when the head comes, and every piece of the body. */
export class ControlledCall {
  readonly body: JsonObject;
  readonly signal: AbortSignal;
  readonly answer: Promise<ProviderAnswer>;
  /** Whether the engine gave the body up before its end. */
  givenUp = false;
  readonly #head = Promise.withResolvers<ProviderAnswer>();
  readonly #pieces: Uint8Array[] = [];
  #end: { readonly error?: unknown } | undefined;
  #wake = Promise.withResolvers<void>();

  constructor(body: JsonObject, signal: AbortSignal, { heedsSignal }: { readonly heedsSignal: boolean }) {
    this.body = body;
    this.signal = signal;
    this.answer = this.#head.promise;
    if (heedsSignal) signal.addEventListener('abort', () => this.fail(signal.reason));
  }

  get wantsStream(): boolean {
    return this.body['stream'] === true;
  }

  /** The head of a stream of events. */
  startStream(status = 200): this {
    return this.start(status, STREAM_HEADERS);
  }

  /** The head of a whole answer. */
  startWhole(status = 200): this {
    return this.start(status, JSON_HEADERS);
  }

  start(status: number, headers: HeaderList, more: Partial<ProviderAnswer> = {}): this {
    this.#head.resolve({ status, headers, body: this.#body(), ...more });
    return this;
  }

  send(piece: string | Uint8Array): this {
    this.#pieces.push(typeof piece === 'string' ? Buffer.from(piece) : piece);
    return this.#notify();
  }

  sendEvent(data: unknown): this {
    return this.send(formatEvent(typeof data === 'string' ? data : JSON.stringify(data)));
  }

  /** A whole stream: head, events, end. */
  streamAll(events: readonly unknown[]): this {
    this.startStream();
    for (const event of events) this.sendEvent(event);
    return this.end();
  }

  /** A whole answer with status 200: head, body, end. */
  answerWhole(body: string): this {
    return this.startWhole().send(body).end();
  }

  end(): this {
    this.#end ??= {};
    return this.#notify();
  }

  /** There is no answer, or no more of it. */
  fail(error: unknown): this {
    this.#head.reject(error);
    this.#head.promise.catch(() => undefined);
    this.#end ??= { error };
    return this.#notify();
  }

  #notify(): this {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
    return this;
  }

  #body(): AsyncIterable<Uint8Array> {
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => this.#next(),
        return: () => {
          this.givenUp = true;
          this.#notify();
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    };
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (this.givenUp) return { done: true, value: undefined };
      if (piece !== undefined) return { done: false, value: piece };
      if (this.#end !== undefined) {
        if ('error' in this.#end) throw this.#end.error;
        return { done: true, value: undefined };
      }
      await this.#wake.promise;
    }
  }
}

export interface BenchOptions extends Partial<CacheOptions> {
  readonly clock?: FakeClock;
  /** False: the provider goes on when its call is cancelled. */
  readonly heedsSignal?: boolean;
}

/** A cache in front of a provider without sockets and timers. */
export interface Bench {
  readonly cache: Cache;
  readonly clock: FakeClock;
  readonly events: CacheEvent[];
  readonly calls: readonly ControlledCall[];
  /** The call with this number, counted from 0. It must have been made. */
  call(index: number): ControlledCall;
  ask(body: Record<string, unknown>, options?: AskingOptions): Promise<Answer>;
}

export interface AskingOptions extends RequestContext {
  readonly signal?: AbortSignal;
  /** Default: the bench's own. */
  readonly provider?: Provider;
}

export function bench({ heedsSignal = true, clock = new FakeClock(), ...options }: BenchOptions = {}): Bench {
  const calls: ControlledCall[] = [];
  const events: CacheEvent[] = [];
  const observer = (event: CacheEvent): unknown => events.push(event);
  const cache = new Cache({ store: memoryStore({ clock }), clock, observer, ...options });
  const controlled: Provider = (body, { signal }) => {
    const made = new ControlledCall(body, signal, { heedsSignal });
    calls.push(made);
    return made.answer;
  };
  return {
    cache,
    clock,
    events,
    calls,
    call(index) {
      const made = calls[index];
      if (made === undefined) throw new Error(`call ${index} was not made, only ${calls.length} were`);
      return made;
    },
    ask(given, { signal, provider = controlled, ...context } = {}) {
      const body = structuredClone(given) as JsonObject;
      const request = cache.request(cache.readCall(chatCompletion, body), context);
      return cache.answer(request, {
        provider,
        body: () => body,
        ...(signal === undefined ? {} : { signal }),
      });
    },
  };
}

/** Lets everything happen that waits for nothing outside. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
}

const IDENTITY = { id: 'chatcmpl-1', created: 1, model: 'gpt-4o-mini' };
const USAGE = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };

/** A whole chat completion that says `text`. */
export function completion(text: string, more: Record<string, unknown> = {}): string {
  const message = { role: 'assistant', content: text };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  return JSON.stringify({ ...IDENTITY, object: 'chat.completion', choices, usage: USAGE, ...more });
}

/** The events of a streamed chat completion that says `pieces`, terminal event included. */
export function chunks(pieces: readonly string[], { usage = true } = {}): string[] {
  const chunk = (more: Record<string, unknown>): string =>
    JSON.stringify({ ...IDENTITY, object: 'chat.completion.chunk', ...more });
  const deltas = pieces.map((content, index) => (index === 0 ? { role: 'assistant', content } : { content }));
  return [
    ...deltas.map((delta) => chunk({ choices: [{ index: 0, delta, finish_reason: null }] })),
    chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
    ...(usage ? [chunk({ choices: [], usage: USAGE })] : []),
    '[DONE]',
  ];
}
