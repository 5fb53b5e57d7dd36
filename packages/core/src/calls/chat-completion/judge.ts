import type { Buffer } from 'node:buffer';
import type { TokenUsage } from '../../contract/entry.ts';
import type { JsonObject, JsonValue } from '../../json.ts';
import type { Judgement, NotStorableReason, StorableOptions } from '../call-type.ts';
import { isArray, isObject, isText, ownMember, parseObject } from '../stream/json-values.ts';
import { hasError } from './chunk.ts';

const GOOD_FINISH_REASONS: ReadonlySet<JsonValue | undefined> = new Set([
  'stop',
  'tool_calls',
  'function_call',
  'length',
]);

/** Judges a complete answer: one choice that should not be kept keeps all of it out. */
export function judgeChatCompletion(body: Buffer, options: StorableOptions): Judgement {
  const answer = parseObject(body);
  if (answer === undefined) return { storable: false, reason: 'malformed' };
  const usage = tokenUsageOf(answer['usage']);
  const known = usage === undefined ? {} : { usage };
  const reason = reasonAgainst(answer, options);
  return reason === undefined ? { storable: true, ...known } : { storable: false, reason, ...known };
}

function reasonAgainst(answer: JsonObject, options: StorableOptions): NotStorableReason | undefined {
  if (hasError(answer)) return 'error';
  const choices = ownMember(answer, 'choices');
  if (!isArray(choices) || choices.length === 0) return 'malformed';
  for (const choice of choices) {
    const message = isObject(choice) ? ownMember(choice, 'message') : undefined;
    if (!isObject(choice) || !isObject(message)) return 'malformed';
    const reason = reasonAgainstChoice(ownMember(choice, 'finish_reason'), message, options);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function reasonAgainstChoice(
  finishReason: JsonValue | undefined,
  message: JsonObject,
  options: StorableOptions,
): NotStorableReason | undefined {
  const isFiltered = finishReason === 'content_filter';
  if (isFiltered && options.contentFilter !== true) return 'content_filter';
  if (isRefusal(message) && options.refusal !== true) return 'refusal';
  // A filtered answer is expected to be empty: whoever wants those wants them so.
  if (!isFiltered && !isRefusal(message) && !hasOutput(message) && options.empty !== true) return 'empty';
  if (!isFiltered && !GOOD_FINISH_REASONS.has(finishReason) && options.unknown !== true)
    return 'finish_reason';
  return undefined;
}

function isRefusal(message: JsonObject): boolean {
  return isText(ownMember(message, 'refusal'));
}

/** Something the caller can use. Thoughts alone are not: the model ran out of tokens before it began to answer. */
function hasOutput(message: JsonObject): boolean {
  const calls = ownMember(message, 'tool_calls');
  const images = ownMember(message, 'images');
  return (
    hasContent(ownMember(message, 'content')) ||
    (isArray(calls) && calls.length > 0) ||
    (isArray(images) && images.length > 0) ||
    isObject(ownMember(message, 'function_call')) ||
    isObject(ownMember(message, 'audio'))
  );
}

function hasContent(content: JsonValue | undefined): boolean {
  if (!isArray(content)) return isText(content);
  return content.some((part) => isText(part) || (isObject(part) && isOutputPart(part)));
}

function isOutputPart(part: JsonObject): boolean {
  const type = ownMember(part, 'type');
  if (type === 'thinking') return false;
  return type === 'text' ? isText(ownMember(part, 'text')) : true;
}

function tokenUsageOf(usage: JsonValue | undefined): TokenUsage | undefined {
  if (!isObject(usage)) return undefined;
  const {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: totalTokens,
  } = usage;
  if (typeof promptTokens !== 'number' || typeof completionTokens !== 'number') return undefined;
  const total = typeof totalTokens === 'number' ? totalTokens : promptTokens + completionTokens;
  return { promptTokens, completionTokens, totalTokens: total };
}
