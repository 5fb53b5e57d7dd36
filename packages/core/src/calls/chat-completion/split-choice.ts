import type { JsonObject, JsonValue } from '../../json.ts';
import { isArray, isObject, isText } from '../stream/json-values.ts';
import { piecesOf } from '../stream/pieces.ts';

/** The texts of a message, in the order models write them. `reasoning_content` is DeepSeek's, `reasoning` OpenRouter's. */
const TEXTS = ['reasoning_content', 'reasoning', 'content', 'refusal'] as const;

/** Tokens of a text with their probabilities; `logprobs` keeps them under the text's own name. */
type TokenLists = ReadonlyMap<string, readonly TokenLogprob[]>;
type TokenLogprob = JsonObject & { readonly token: string };

/**
 * One choice of a whole answer as the choices (JSON text) of its chunks: what is said once, then the texts and the
 * arguments of tool calls in pieces, then the finish reason.
 */
export function* piecesOfChoice(
  choice: JsonObject & { readonly message: JsonObject },
  position: number,
  maxPieces: number,
): Generator<string, void, undefined> {
  // Perplexity's whole answers carry an empty `delta` beside the message.
  const {
    index: givenIndex,
    message,
    delta: _delta,
    logprobs,
    finish_reason: finishReason,
    ...members
  } = choice;
  const index = typeof givenIndex === 'number' ? givenIndex : position;
  const tokens = tokenListsOf(message, logprobs);
  const pieceOf = choiceWriter(index, logprobs);

  yield pieceOf(JSON.stringify(firstDelta(message)), firstLogprobs(logprobs, tokens));
  for (const name of TEXTS) {
    const text = message[name];
    if (!isText(text)) continue;
    const member = JSON.stringify(name);
    for (const piece of textPieces(text, tokens.get(name), maxPieces)) {
      const logprobsOfPiece = piece.tokens && { ...emptyLogprobs(logprobs), [name]: piece.tokens };
      yield pieceOf(`{${member}:${JSON.stringify(piece.text)}}`, logprobsOfPiece);
    }
  }
  for (const delta of callDeltas(message, maxPieces)) yield pieceOf(JSON.stringify(delta));
  yield JSON.stringify({
    index,
    delta: {},
    ...(logprobs === undefined || isObject(logprobs) ? {} : { logprobs }),
    ...members,
    finish_reason: finishReason ?? null,
  });
}

/** OpenAI repeats `logprobs: null` on every chunk; so does whoever said it on the whole answer. */
function choiceWriter(
  index: number,
  logprobs: JsonValue | undefined,
): (delta: string, logprobsOfPiece?: JsonObject) => string {
  const without = logprobs === null ? ',"logprobs":null,"finish_reason":null}' : ',"finish_reason":null}';
  return (delta, logprobsOfPiece) => {
    const end =
      logprobsOfPiece === undefined
        ? without
        : `,"logprobs":${JSON.stringify(logprobsOfPiece)},"finish_reason":null}`;
    return `{"index":${index},"delta":${delta}${end}`;
  };
}

/** Everything that does not come in pieces. Of a text to come, `content` alone is announced, empty, as OpenAI does. */
function firstDelta(message: JsonObject): JsonObject {
  const { role, ...members } = message;
  const delta: JsonObject = role === undefined ? {} : { role };
  const rest = Object.entries(members).filter(([name, value]) => !comesInPieces(name, value));
  const content = isText(message['content']) ? { content: '' } : {};
  return { ...delta, ...content, ...Object.fromEntries(rest) };
}

function comesInPieces(name: string, value: JsonValue | undefined): boolean {
  if (name === 'tool_calls') return isListOfCalls(value);
  if (name === 'function_call') return isObject(value);
  return (TEXTS as readonly string[]).includes(name) && isText(value);
}

function* callDeltas(message: JsonObject, maxPieces: number): Generator<JsonObject, void, undefined> {
  const { tool_calls: calls, function_call: call } = message;
  if (isListOfCalls(calls)) {
    for (const [index, { index: _index, ...toolCall }] of calls.entries()) {
      for (const piece of toolCallPieces(toolCall, maxPieces)) yield { tool_calls: [{ index, ...piece }] };
    }
  }
  if (isObject(call)) {
    for (const piece of functionPieces(call, 'arguments', maxPieces)) yield { function_call: piece };
  }
}

function* toolCallPieces(call: JsonObject, maxPieces: number): Generator<JsonObject, void, undefined> {
  const { function: called, custom } = call;
  const [kind, textName, body] = isObject(called)
    ? ['function', 'arguments', called]
    : ['custom', 'input', custom];
  if (!isObject(body)) return yield call;
  let members = call;
  for (const piece of functionPieces(body, textName, maxPieces)) {
    yield { ...members, [kind]: piece };
    members = {};
  }
}

/** Name and whatever else first, with the text empty; then the text. */
function* functionPieces(
  called: JsonObject,
  textName: string,
  maxPieces: number,
): Generator<JsonObject, void, undefined> {
  const text = called[textName];
  if (!isText(text)) return yield called;
  yield { ...called, [textName]: '' };
  for (const piece of piecesOf(text, maxPieces)) yield { [textName]: piece };
}

function isListOfCalls(value: JsonValue | undefined): value is JsonObject[] {
  return isArray(value) && value.length > 0 && value.every(isObject);
}

/** The token lists that say exactly what the texts say; a token that is part of a character does not. */
function tokenListsOf(message: JsonObject, logprobs: JsonValue | undefined): TokenLists {
  const lists = new Map<string, readonly TokenLogprob[]>();
  if (!isObject(logprobs)) return lists;
  for (const name of ['content', 'refusal']) {
    const [text, tokens] = [message[name], logprobs[name]];
    if (isText(text) && isListOfTokens(tokens) && tokens.map(({ token }) => token).join('') === text) {
      lists.set(name, tokens);
    }
  }
  return lists;
}

function isListOfTokens(value: JsonValue | undefined): value is TokenLogprob[] {
  return isArray(value) && value.every((token) => isObject(token) && typeof token['token'] === 'string');
}

/** Said with the first chunk: all of it, except the lists that come with their text. */
function firstLogprobs(logprobs: JsonValue | undefined, tokens: TokenLists): JsonObject | undefined {
  if (!isObject(logprobs)) return undefined;
  return { ...logprobs, ...Object.fromEntries([...tokens.keys()].map((name) => [name, []])) };
}

function emptyLogprobs(logprobs: JsonValue | undefined): JsonObject {
  const names = ['content', 'refusal'].filter((name) => isObject(logprobs) && Object.hasOwn(logprobs, name));
  return Object.fromEntries(names.map((name) => [name, null]));
}

function* textPieces(
  text: string,
  tokens: readonly TokenLogprob[] | undefined,
  maxPieces: number,
): Generator<{ text: string; tokens?: TokenLogprob[] }, void, undefined> {
  if (tokens === undefined) {
    for (const piece of piecesOf(text, maxPieces)) yield { text: piece };
    return;
  }
  const tokensPerPiece = Math.ceil(tokens.length / maxPieces);
  for (let start = 0; start < tokens.length; start += tokensPerPiece) {
    const group = tokens.slice(start, start + tokensPerPiece);
    yield { text: group.map(({ token }) => token).join(''), tokens: group };
  }
}
