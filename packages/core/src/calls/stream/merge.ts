import { isDeepStrictEqual } from 'node:util';
import type { JsonObject, JsonValue } from '../../json.ts';
import { isArray, isObject, isSameScalar, isText, ownMember, putMember } from './json-values.ts';

/**
 * Strings that say what something is rather than being a part of its text. Providers send them once (OpenAI), on every
 * piece (vLLM repeats role and name, OpenRouter type and format), or first and then empty: set, they are right each time,
 * appended they would become `assistantassistant`. A signature is opaque and comes whole (Anthropic's, Google's).
 */
const SET_NOT_APPENDED: ReadonlySet<string> = new Set([
  'call_id',
  'format',
  'id',
  'language',
  'media_type',
  'mime_type',
  'model',
  'name',
  'object',
  'role',
  'signature',
  'status',
  'thought_signature',
  'tool_call_id',
  'type',
  'url',
]);

/** Arrays whose items are pieces even within one event, so that items with equal `index` belong together there too. */
const LISTS_OF_PIECES: ReadonlySet<string> = new Set(['tool_calls']);

/**
 * Puts the pieces of one stream together. Takes over what it is given: values are kept and changed in place, so they must
 * belong to nobody else. It recurses as deep as they nest, which parsing has bounded.
 */
export class Merger {
  #lossless = true;
  readonly #itemsByIndex = new WeakMap<JsonValue[], Map<number, JsonObject>>();

  /** Whether the result says everything that was put in: false once something had to be overwritten or converted. */
  get lossless(): boolean {
    return this.#lossless;
  }

  /**
   * Adds a delta: strings and arrays grow, items with an equal integer `index` become one, objects merge, other scalars are
   * replaced. `null` and `''` say nothing about what is already there.
   */
  append(target: JsonObject, delta: JsonObject): void {
    for (const [name, value] of Object.entries(delta)) {
      if (value === undefined) continue;
      putMember(target, name, this.#appended(ownMember(target, name), value, name));
    }
  }

  /** Adds one member of something that describes rather than grows: objects merge, the rest is replaced. */
  set(target: JsonObject, name: string, value: JsonValue): void {
    const previous = ownMember(target, name);
    if (isObject(previous) && isObject(value)) {
      for (const [inner, innerValue] of Object.entries(value)) {
        if (innerValue !== undefined) this.set(previous, inner, innerValue);
      }
    } else {
      putMember(target, name, this.#replaced(previous, value));
    }
  }

  /** Adds to logprobs and their like: arrays grow, whatever is in them; the rest is set. */
  concatenate(target: JsonObject, source: JsonObject): void {
    for (const [name, value] of Object.entries(source)) {
      if (value === undefined) continue;
      const previous = ownMember(target, name);
      if (isArray(previous) && isArray(value)) for (const item of value) previous.push(item);
      else this.set(target, name, value);
    }
  }

  #appended(previous: JsonValue | undefined, next: JsonValue, name: string): JsonValue {
    if (isBlank(previous) && isArray(next) && LISTS_OF_PIECES.has(name)) return this.#grown([], next);
    if (isBlank(previous) || isBlank(next)) return this.#replaced(previous, next);
    if (isText(previous) && isText(next) && !SET_NOT_APPENDED.has(name)) return previous + next;
    if (isArray(previous) && isArray(next)) return this.#grown(previous, next);
    if (isArray(previous) && typeof next === 'string') return this.#grownByText(previous, next);
    if (isText(previous) && isArray(next)) return this.#grown(this.#grownByText([], previous), next);
    if (isObject(previous) && isObject(next)) {
      this.append(previous, next);
      return previous;
    }
    return this.#replaced(previous, next);
  }

  #grown(list: JsonValue[], items: readonly JsonValue[]): JsonValue[] {
    for (const item of items) {
      const known = isIndexed(item) ? this.#indexOf(list).get(item.index) : undefined;
      if (isIndexed(item) && known !== undefined && !isAnother(known, item)) {
        this.append(known, item);
        continue;
      }
      if (known !== undefined) this.#lossless = false;
      if (isIndexed(item)) this.#indexOf(list).set(item.index, item);
      list.push(item);
    }
    return list;
  }

  /** The items of a list by their index, the last of each. Kept: a list is looked into for every piece of it. */
  #indexOf(list: JsonValue[]): Map<number, JsonObject> {
    let byIndex = this.#itemsByIndex.get(list);
    if (byIndex === undefined) {
      byIndex = new Map(list.filter(isIndexed).map((item) => [item.index, item]));
      this.#itemsByIndex.set(list, byIndex);
    }
    return byIndex;
  }

  /** Mistral's reasoning models send parts while they think and plain strings afterwards; whole, all of it is parts. */
  #grownByText(parts: JsonValue[], text: string): JsonValue[] {
    this.#lossless = false;
    const last = parts.at(-1);
    const lastText = isObject(last) && last['type'] === 'text' ? last['text'] : undefined;
    if (isObject(last) && typeof lastText === 'string') putMember(last, 'text', lastText + text);
    else parts.push({ type: 'text', text });
    return parts;
  }

  #replaced(previous: JsonValue | undefined, next: JsonValue): JsonValue {
    if (previous === undefined || previous === null) return next;
    if (isBlank(next) || isEmptyArray(next)) return previous;
    if (!isBlank(previous) && !isEmptyArray(previous) && !isSame(previous, next)) this.#lossless = false;
    return next;
  }
}

function isIndexed(item: JsonValue): item is JsonObject & { index: number } {
  return isObject(item) && Number.isSafeInteger(ownMember(item, 'index'));
}

function isBlank(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || value === '';
}

function isEmptyArray(value: JsonValue): boolean {
  return isArray(value) && value.length === 0;
}

function isSame(one: JsonValue, other: JsonValue): boolean {
  return isSameScalar(one, other) || isDeepStrictEqual(one, other);
}

/**
 * Equal `index`, yet not the same item: Gemini's OpenAI-compatible endpoint gives parallel tool calls all index 0, each with
 * its own id and name; OpenRouter gives a reasoning summary and its encrypted form index 0, each with its own type.
 */
function isAnother(existing: JsonObject, item: JsonObject): boolean {
  if (differs(existing, item, 'type')) return true;
  return differs(existing, item, 'id') && hasName(item);
}

function differs(existing: JsonObject, item: JsonObject, name: string): boolean {
  const [one, other] = [ownMember(existing, name), ownMember(item, name)];
  return isText(one) && isText(other) && one !== other;
}

function hasName(item: JsonObject): boolean {
  return [item, item['function'], item['custom']].some(
    (part) => isObject(part) && isText(ownMember(part, 'name')),
  );
}
