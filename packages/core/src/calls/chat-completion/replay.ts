import type { CacheEntry } from '../../contract/entry.ts';
import { CacheError } from '../../contract/errors.ts';
import type { JsonObject, JsonValue } from '../../json.ts';
import type { Demand } from '../call-type.ts';
import { isArray, isObject, parseObject } from '../stream/json-values.ts';
import { DONE, isDone, kindOfChunk } from './chunk.ts';
import { piecesOfChoice } from './split-choice.ts';

/** Said on every chunk by OpenAI; everything else on the top level is said once. */
const MEMBERS_OF_EVERY_CHUNK = ['id', 'object', 'created', 'model', 'service_tier', 'system_fingerprint'];

/** How many pieces a text is cut into, all choices together: a hit should cost little however long the answer is. */
const MAX_PIECES = 256;
const MIN_PIECES_OF_CHOICE = 16;

/**
 * The entry as a stream. Ids, times and fingerprints are the original ones.
 * @throws CacheError `CACHE_ENTRY_DAMAGED`, at once, if the stored body is not a chat completion.
 */
export function replayChatCompletion(
  entry: Pick<CacheEntry, 'body' | 'events'>,
  demand: Demand,
): Iterable<string> {
  if (entry.events !== undefined) return recordedEvents(entry.events.toString(), demand);
  const answer = parseObject(entry.body);
  const choices = answer?.['choices'];
  if (answer === undefined || !isArray(choices) || !choices.every(hasMessage)) {
    throw new CacheError('CACHE_ENTRY_DAMAGED', 'the stored body should be a chat completion, and is not');
  }
  return splitAnswer(answer, choices, demand);
}

function* recordedEvents(text: string, demand: Demand): Generator<string, void, undefined> {
  for (const data of text.split('\n')) {
    if (data === '' || isDone(data)) continue;
    if (demand.usage || !isUsageEvent(data)) yield data;
  }
  yield DONE;
}

function isUsageEvent(data: string): boolean {
  if (!data.includes('"usage"')) return false;
  const chunk = parseObject(data);
  return chunk !== undefined && kindOfChunk(chunk) === 'usage';
}

function* splitAnswer(
  answer: JsonObject,
  choices: readonly (JsonObject & { message: JsonObject })[],
  demand: Demand,
): Generator<string, void, undefined> {
  const { choices: _choices, usage, ...members } = answer;
  const gives = demand.usage && isObject(usage);
  const repeated = Object.fromEntries(
    MEMBERS_OF_EVERY_CHUNK.filter((name) => Object.hasOwn(members, name)).map((name) => [
      name,
      members[name],
    ]),
  );
  if (repeated['object'] === 'chat.completion') repeated['object'] = 'chat.completion.chunk';

  // OpenAI's streams with usage say `usage: null` until it comes.
  const [firstHead, head] = [{ ...members, ...repeated }, repeated].map((part) =>
    headOf(gives ? { ...part, usage: null } : part),
  ) as [string, string];
  let isFirst = true;
  const maxPieces = Math.max(MIN_PIECES_OF_CHOICE, Math.floor(MAX_PIECES / choices.length));
  for (const [position, choice] of choices.entries()) {
    for (const piece of piecesOfChoice(choice, position, maxPieces)) {
      yield `${isFirst ? firstHead : head}[${piece}]}`;
      isFirst = false;
    }
  }
  if (gives) yield JSON.stringify({ ...repeated, choices: [], usage });
  yield DONE;
}

/** A chunk's text up to the value of `choices`, its last member. */
function headOf(members: JsonObject): string {
  const text = JSON.stringify(members);
  return `${text.slice(0, -1)}${text === '{}' ? '' : ','}"choices":`;
}

function hasMessage(choice: JsonValue): choice is JsonObject & { message: JsonObject } {
  return isObject(choice) && isObject(choice['message']);
}
