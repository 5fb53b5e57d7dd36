import type { ChatChoice, ChatCompletionAnswer } from './chat-completions.ts';
import { chatChoice, chatCompletionAnswer, chatCompletionChunks } from './chat-completions.ts';
import type { RecordedCall } from './recorded-call.ts';
import type { FakeReply } from './provider-replies.ts';
import { errorReply, jsonReply, streamReply } from './provider-replies.ts';

/** What a test may want otherwise in {@link chatReply}. */
export interface ChatReplyOptions {
  /** Whether to stream. Default: what the request asks for. */
  readonly stream?: boolean;
  /** Whether a stream ends with usage. Default: what the request asks for. */
  readonly includeUsage?: boolean;
  /** Default `stop`, or `tool_calls` where tools are called. */
  readonly finishReason?: string;
  /** Replace members of the answer. */
  readonly answer?: Readonly<Record<string, unknown>>;
}

/**
 * A chat completion that fits the request: streamed or whole, `n` choices, a tool call where `tool_choice` demands one.
 * Its text tells the number of the call and the last user message, so that a second upstream call cannot be missed.
 * A request without messages is answered with 400.
 */
export function chatReply(call: RecordedCall, options: ChatReplyOptions = {}): FakeReply {
  const body = objectOf(call.body);
  if (!Array.isArray(body['messages'])) return errorReply(400, { message: "'messages' must be an array" });
  const answer = answerTo(call, body, options);
  const streamed = options.stream ?? body['stream'] === true;
  if (!streamed) return jsonReply(answer);
  const asked = objectOf(body['stream_options'])['include_usage'] === true;
  return streamReply(chatCompletionChunks(answer, { includeUsage: options.includeUsage ?? asked }));
}

/** The text of {@link chatReply}'s first choice. */
export function chatReplyText(callNumber: number, lastUserMessage: string): string {
  return `Answer ${callNumber} to: ${lastUserMessage}`;
}

function answerTo(
  call: RecordedCall,
  body: Readonly<Record<string, unknown>>,
  options: ChatReplyOptions,
): ChatCompletionAnswer {
  const question = lastUserMessage(body['messages'] as unknown[]);
  const text = chatReplyText(call.number, question);
  const count = typeof body['n'] === 'number' ? body['n'] : 1;
  const usage = { prompt_tokens: wordsOf(question), completion_tokens: wordsOf(text) * count };
  return chatCompletionAnswer({
    id: `chatcmpl-${call.number}`,
    model: String(body['model']),
    choices: Array.from({ length: count }, (_, index) => choiceOf(index, text, body, options.finishReason)),
    usage: { ...usage, total_tokens: usage.prompt_tokens + usage.completion_tokens },
    ...options.answer,
  });
}

function choiceOf(
  index: number,
  text: string,
  body: Readonly<Record<string, unknown>>,
  finishReason?: string,
): ChatChoice {
  if (!demandsTool(body)) {
    const content = index === 0 ? text : `${text} (choice ${index})`;
    return chatChoice({ content }, { index, finishReason: finishReason ?? 'stop' });
  }
  const call = {
    id: `call_${index}`,
    type: 'function',
    function: { name: firstToolName(body), arguments: JSON.stringify({ text }) },
  };
  return chatChoice({ tool_calls: [call] }, { index, finishReason: finishReason ?? 'tool_calls' });
}

function demandsTool(body: Readonly<Record<string, unknown>>): boolean {
  const choice = body['tool_choice'];
  return choice === 'required' || (typeof choice === 'object' && choice !== null);
}

function firstToolName(body: Readonly<Record<string, unknown>>): string {
  const [tool] = Array.isArray(body['tools']) ? (body['tools'] as unknown[]) : [];
  const { name } = objectOf(objectOf(tool)['function']);
  return typeof name === 'string' ? name : 'tool';
}

function lastUserMessage(messages: readonly unknown[]): string {
  const content = messages.map(objectOf).findLast((message) => message['role'] === 'user')?.['content'];
  return typeof content === 'string' ? content : (JSON.stringify(content) ?? '');
}

function wordsOf(text: string): number {
  return text.split(/\s+/u).filter((word) => word !== '').length;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
