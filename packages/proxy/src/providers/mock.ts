import { randomUUID } from 'node:crypto';
import { systemClock, type Clock, type JsonObject, type JsonValue, type Provider } from '@cache/core';
import type { Deployment } from './deployment.ts';

/** The most choices OpenAI gives to one request. */
const MAX_CHOICES = 128;

/** About what a token is in English text; good enough for an answer nobody computed. */
const CHARACTERS_PER_TOKEN = 4;

/**
 * Answers chat completions with the deployment's `mockResponse`, whole or streamed as the body asks, without any network.
 * The same request gets the same answer but for `id` and `created`. Usage is estimated at four characters a token.
 */
export function mockProvider(deployment: Deployment, clock: Clock = systemClock): Provider {
  const text = deployment.mockResponse ?? '';
  return (body) => {
    const answer = answerOf(body, text, clock.now());
    const isStream = body['stream'] === true;
    const pieces = isStream ? eventsOf(answer, asksForUsage(body)) : [JSON.stringify(answer)];
    return Promise.resolve({
      status: 200,
      headers: [['content-type', isStream ? 'text/event-stream; charset=utf-8' : 'application/json']],
      body: bytesOf(pieces),
    });
  };
}

interface MockAnswer {
  readonly id: string;
  readonly object: 'chat.completion';
  readonly created: number;
  readonly model: JsonValue;
  readonly choices: readonly {
    readonly index: number;
    readonly message: { readonly role: 'assistant'; readonly content: string };
    readonly finish_reason: 'stop';
  }[];
  readonly usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}

function answerOf(body: JsonObject, text: string, now: number): MockAnswer {
  const choices = Array.from({ length: choicesOf(body) }, (_, index) => ({
    index,
    message: { role: 'assistant' as const, content: text },
    finish_reason: 'stop' as const,
  }));
  const prompt = tokensOf(charactersIn(body['messages']));
  const completion = tokensOf(text.length) * choices.length;
  return {
    id: `chatcmpl-${randomUUID()}`,
    object: 'chat.completion',
    created: Math.floor(now / 1000),
    model: body['model'] ?? null,
    choices,
    usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
  };
}

function choicesOf({ n }: JsonObject): number {
  return typeof n === 'number' && Number.isInteger(n) && n > 0 ? Math.min(n, MAX_CHOICES) : 1;
}

function tokensOf(characters: number): number {
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}

/** The text of messages: their contents, whole or in parts. */
function charactersIn(value: JsonValue | undefined): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  if (isList(value)) return value.reduce((sum: number, each) => sum + charactersIn(each), 0);
  const { content, text } = value as JsonObject;
  return charactersIn(content) + charactersIn(text);
}

/** `Array.isArray` does not narrow read-only lists. */
function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function asksForUsage({ stream_options: options }: JsonObject): boolean {
  return typeof options === 'object' && options !== null && (options as JsonObject)['include_usage'] === true;
}

/** The role first, the text word by word, the finish reason by itself, usage last: what OpenAI's own streams look like. */
function* eventsOf(answer: MockAnswer, includeUsage: boolean): Generator<string> {
  const { id, created, model, choices, usage } = answer;
  const event = (members: object): string =>
    `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created, model, ...members })}\n\n`;
  const part = (index: number, delta: object, finishReason: 'stop' | null): string =>
    event({
      choices: [{ index, delta, finish_reason: finishReason }],
      ...(includeUsage ? { usage: null } : {}),
    });

  for (const { index, message } of choices) {
    yield part(index, { role: 'assistant', content: '' }, null);
    for (const content of wordsOf(message.content)) yield part(index, { content }, null);
    yield part(index, {}, 'stop');
  }
  if (includeUsage) yield event({ choices: [], usage });
  yield 'data: [DONE]\n\n';
}

/** Words with the blanks before them; together they are the text again. */
function wordsOf(text: string): readonly string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

async function* bytesOf(pieces: Iterable<string>): AsyncGenerator<Uint8Array, void, undefined> {
  for (const piece of pieces) yield Buffer.from(piece);
}
