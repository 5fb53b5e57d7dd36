/** A chat completion request. Members beyond the named ones are whatever a test needs. */
export interface ChatCompletionBody {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly [member: string]: unknown;
}

/** One message of a request. */
export interface ChatMessage {
  readonly role: string;
  readonly content?: unknown;
  readonly [member: string]: unknown;
}

/** A chat completion as a provider answers it whole. */
export interface ChatCompletionAnswer {
  readonly id: string;
  readonly object: string;
  readonly created: number;
  readonly model: string;
  readonly choices: readonly ChatChoice[];
  readonly usage?: unknown;
  readonly [member: string]: unknown;
}

/** One choice of an answer. */
export interface ChatChoice {
  readonly index: number;
  readonly message: Readonly<Record<string, unknown>>;
  readonly finish_reason: string | null;
  readonly [member: string]: unknown;
}

/** A valid chat completion request; `overrides` replace members. */
export function chatCompletionBody(overrides: Readonly<Record<string, unknown>> = {}): ChatCompletionBody {
  return { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Say hello' }], ...overrides };
}

/** A valid chat completion answer with one choice that stopped by itself; `overrides` replace members. */
export function chatCompletionAnswer(
  overrides: Readonly<Record<string, unknown>> = {},
): ChatCompletionAnswer {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_767_225_600,
    model: 'gpt-4o-mini-2024-07-18',
    choices: [chatChoice({ content: 'Hello! How can I help?' })],
    usage: { prompt_tokens: 9, completion_tokens: 6, total_tokens: 15 },
    system_fingerprint: 'fp_testing',
    ...overrides,
  };
}

/** One choice around the members of an assistant's message. Default finish reason: `stop`. */
export function chatChoice(
  message: Readonly<Record<string, unknown>>,
  { index = 0, finishReason = 'stop' }: { readonly index?: number; readonly finishReason?: string } = {},
): ChatChoice {
  return {
    index,
    message: { role: 'assistant', content: null, refusal: null, ...message },
    logprobs: null,
    finish_reason: finishReason,
  };
}

/** How {@link chatCompletionChunks} takes an answer apart. */
export interface ChunkOptions {
  /** Whether the answer's usage comes last, in a chunk without choices. Default false. */
  readonly includeUsage?: boolean;
  /** Takes text apart. Default: after every space. */
  readonly split?: (text: string) => readonly string[];
}

/**
 * The chunks in which OpenAI streams `answer`: for each choice a role chunk, then its text, refusal and tool calls in
 * pieces, then its finish reason; usage last if asked. Choices take turns, as they do on the wire.
 */
export function chatCompletionChunks(
  answer: ChatCompletionAnswer,
  { includeUsage = false, split = afterSpaces }: ChunkOptions = {},
): Record<string, unknown>[] {
  const { choices, usage, ...rest } = answer;
  const common = { ...rest, object: 'chat.completion.chunk', ...(includeUsage ? { usage: null } : {}) };
  const chunks = inTurns(choices.map((choice) => choicePieces(choice, split))).map((piece) => ({
    ...common,
    choices: [piece],
  }));
  return includeUsage ? [...chunks, { ...common, choices: [], usage }] : chunks;
}

function choicePieces(
  choice: ChatChoice,
  split: (text: string) => readonly string[],
): Record<string, unknown>[] {
  const { role, tool_calls: toolCalls, ...texts } = choice.message;
  const deltas: Record<string, unknown>[] = [
    { role, content: toolCalls === undefined ? '' : null, refusal: null },
  ];
  for (const [member, value] of Object.entries(texts)) {
    if (typeof value === 'string') deltas.push(...split(value).map((text) => ({ [member]: text })));
  }
  for (const call of Array.isArray(toolCalls) ? toolCalls : []) {
    deltas.push(...toolCallDeltas(call as ToolCall, (toolCalls as unknown[]).indexOf(call)));
  }
  const pieces = deltas.map((delta) => ({ index: choice.index, delta, logprobs: null, finish_reason: null }));
  return [...pieces, { index: choice.index, delta: {}, logprobs: null, finish_reason: choice.finish_reason }];
}

interface ToolCall {
  readonly id: string;
  readonly type: string;
  readonly function: { readonly name: string; readonly arguments: string };
}

/** OpenAI names the function first, with empty arguments, and then sends the arguments a few characters at a time. */
function toolCallDeltas(call: ToolCall, index: number): Record<string, unknown>[] {
  const opening = {
    index,
    id: call.id,
    type: call.type,
    function: { name: call.function.name, arguments: '' },
  };
  const rest = (call.function.arguments.match(/.{1,5}/gsu) ?? []).map((piece) => ({
    index,
    function: { arguments: piece },
  }));
  return [opening, ...rest].map((piece) => ({ tool_calls: [piece] }));
}

function afterSpaces(text: string): readonly string[] {
  return text.match(/\S*\s|\S+$/gu) ?? [];
}

function inTurns<Item>(lists: readonly (readonly Item[])[]): Item[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, turn) =>
    lists.flatMap((list) => list.slice(turn, turn + 1)),
  ).flat();
}
