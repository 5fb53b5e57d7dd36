import type { JsonObject } from '../../json.ts';
import type { StreamEventKind } from '../call-type.ts';
import { isArray, isObject, ownMember } from '../stream/json-values.ts';

/** The `data` of the event that ends a complete stream. */
export const DONE = '[DONE]';

export function isDone(data: string): boolean {
  return data.trim() === DONE;
}

/** What a parsed event is, apart from the terminal one, which is not JSON. */
export function kindOfChunk(chunk: JsonObject): Exclude<StreamEventKind, 'done'> {
  if (hasError(chunk)) return 'error';
  return isUsageOnly(chunk) ? 'usage' : 'part';
}

/** `error: null` is how some providers say that there is none. */
export function hasError(body: JsonObject): boolean {
  const error = ownMember(body, 'error');
  return error !== undefined && error !== null;
}

function isUsageOnly(chunk: JsonObject): boolean {
  const choices = ownMember(chunk, 'choices');
  const hasChoices = isArray(choices) ? choices.length > 0 : choices !== undefined && choices !== null;
  return !hasChoices && isObject(ownMember(chunk, 'usage'));
}
