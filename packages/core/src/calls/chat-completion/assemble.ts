import { Buffer } from 'node:buffer';
import type { JsonObject, JsonValue } from '../../json.ts';
import type { AssembledAnswer, StreamAssembly, StreamEventKind } from '../call-type.ts';
import { isArray, isObject, isText, ownMember, parseObject } from '../stream/json-values.ts';
import { Merger } from '../stream/merge.ts';
import { isDone, kindOfChunk } from './chunk.ts';

/** One choice so far. */
interface Choice {
  /** Its members apart from `index` and `message`. */
  readonly members: JsonObject;
  /** What the deltas make, once there was one. */
  message?: JsonObject;
  /** A whole message sent beside or instead of deltas. */
  wholeMessage?: JsonObject;
}

/** Puts the chunks of a chat completion together. */
export class ChatCompletionAssembly implements StreamAssembly {
  #state: 'open' | 'done' | 'broken' = 'open';
  readonly #merger = new Merger();
  readonly #members: JsonObject = {};
  readonly #choices = new Map<number, Choice>();
  #usage: JsonObject | undefined;
  #events: string[] = [];

  push(data: string): StreamEventKind {
    if (isDone(data)) {
      if (this.#state === 'open') this.#state = 'done';
      return 'done';
    }
    // An empty event says nothing, so nothing is lost with it.
    if (data.trim() === '') return 'part';
    const chunk = parseObject(data);
    const kind = chunk === undefined ? 'part' : kindOfChunk(chunk);
    if (this.#state === 'open') this.#take(data, kind === 'error' ? undefined : chunk);
    return kind;
  }

  finish(): AssembledAnswer | undefined {
    if (this.#state !== 'done' || this.#choices.size === 0) return undefined;
    const body = this.#serialised();
    return this.#merger.lossless ? { body } : { body, events: Buffer.from(this.#events.join('\n')) };
  }

  #take(data: string, chunk: JsonObject | undefined): void {
    // A line break in an event that is JSON stands between tokens, where a space says the same.
    this.#events.push(data.replace(/[\r\n]+/g, ' '));
    if (chunk !== undefined && this.#merge(chunk)) return;
    this.#state = 'broken';
    this.#events = [];
    this.#choices.clear();
  }

  /** @returns whether the chunk made sense. */
  #merge(chunk: JsonObject): boolean {
    for (const [name, value] of Object.entries(chunk)) {
      if (value === undefined) continue;
      if (name === 'choices') {
        if (!this.#mergeChoices(value)) return false;
      } else if (name === 'usage') {
        // Some providers count on every chunk, some only on the last: the latest count is the whole count.
        if (isObject(value)) this.#usage = value;
      } else if (name !== 'obfuscation') {
        // `obfuscation` is padding that hides the lengths of the pieces; a whole answer has none.
        this.#setMember(name, value);
      }
    }
    return true;
  }

  #setMember(name: string, value: JsonValue): void {
    if (name === 'created') {
      // Gemini and Ollama read the clock for every chunk: that time went on is no loss. Azure's first chunk says 0.
      if (!isPositive(this.#members[name])) this.#members[name] = value;
    } else {
      this.#merger.set(this.#members, name, name === 'object' ? wholeObjectName(value) : value);
    }
  }

  #mergeChoices(choices: JsonValue): boolean {
    if (choices === null) return true;
    return isArray(choices) && choices.every((choice) => isObject(choice) && this.#mergeChoice(choice));
  }

  #mergeChoice(piece: JsonObject): boolean {
    // Single-choice servers may leave the index out.
    const index = ownMember(piece, 'index') ?? 0;
    if (typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0) return false;
    const choice = this.#choices.get(index) ?? { members: {} };
    this.#choices.set(index, choice);

    for (const [name, value] of Object.entries(piece)) {
      if (value === undefined || name === 'index') continue;
      if (name === 'delta') {
        if (!isObject(value) && value !== null) return false;
        if (value !== null) this.#merger.append((choice.message ??= {}), value);
      } else if (name === 'message') {
        // Perplexity repeats the message so far beside every delta; a server that does not stream sends it alone.
        if (isObject(value)) choice.wholeMessage = value;
      } else if (name === 'logprobs') {
        this.#mergeLogprobs(choice.members, value);
      } else {
        this.#merger.set(choice.members, name, value);
      }
    }
    return true;
  }

  #mergeLogprobs(members: JsonObject, logprobs: JsonValue): void {
    const previous = ownMember(members, 'logprobs');
    if (isObject(previous) && isObject(logprobs)) this.#merger.concatenate(previous, logprobs);
    else this.#merger.set(members, 'logprobs', logprobs);
  }

  #serialised(): Buffer {
    const choices = [...this.#choices].sort(([one], [other]) => one - other);
    const answer = {
      ...this.#members,
      choices: choices.map(([index, { members, ...messages }]) => ({
        index,
        message: wholeMessage(messages),
        ...members,
      })),
      ...(this.#usage === undefined ? {} : { usage: this.#usage }),
    };
    return Buffer.from(JSON.stringify(answer));
  }
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && value > 0;
}

function wholeObjectName(value: JsonValue): JsonValue {
  return isText(value) && value.startsWith('chat.completion') ? 'chat.completion' : value;
}

function wholeMessage({ message, wholeMessage = {} }: Pick<Choice, 'message' | 'wholeMessage'>): JsonObject {
  if (message === undefined || Object.keys(message).length === 0) return wholeMessage;
  const calls = ownMember(message, 'tool_calls');
  return {
    // OpenAI's whole message says `content: null` where its stream, calling a tool, says nothing.
    ...(Object.hasOwn(message, 'content') ? {} : { content: null }),
    ...message,
    // Servers of a single model leave it out, or say null.
    ...(isText(message['role']) ? {} : { role: 'assistant' }),
    ...(isArray(calls) ? { tool_calls: wholeCalls(calls) } : {}),
  };
}

/** `index` only orders the calls of a stream: a whole answer has them in order. */
function wholeCalls(calls: readonly JsonValue[]): JsonValue[] {
  const placeOf = (call: JsonValue, position: number): number => {
    const index = isObject(call) ? ownMember(call, 'index') : undefined;
    return typeof index === 'number' ? index : position;
  };
  return calls
    .map((call, position) => ({ call, place: placeOf(call, position) }))
    .sort((one, other) => one.place - other.place)
    .map(({ call }) => (isObject(call) ? withoutIndex(call) : call));
}

function withoutIndex({ index: _index, ...call }: JsonObject): JsonObject {
  return call;
}
