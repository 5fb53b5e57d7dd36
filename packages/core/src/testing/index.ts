export {
  chatChoice,
  chatCompletionAnswer,
  chatCompletionBody,
  chatCompletionChunks,
} from './chat-completions.ts';
export { chatReply, chatReplyText } from './chat-reply.ts';
export { FakeClock } from './fake-clock.ts';
export { defaultScript, startFakeProvider } from './fake-provider.ts';
export { createGate } from './gate.ts';
export {
  bytesReply,
  cutAfter,
  endedAfter,
  errorReply,
  gzipped,
  held,
  jsonReply,
  paced,
  redirectReply,
  silentReply,
  slicedInto,
  stalledAfter,
  streamReply,
} from './provider-replies.ts';

export type {
  ChatChoice,
  ChatCompletionAnswer,
  ChatCompletionBody,
  ChatMessage,
  ChunkOptions,
} from './chat-completions.ts';
export type { ChatReplyOptions } from './chat-reply.ts';
export type { FakeProvider, FakeProviderOptions, ProviderScript, RecordedCall } from './fake-provider.ts';
export type { Gate } from './gate.ts';
export type { FakeReply, ReplyOptions, Wait, WaitPoint } from './provider-replies.ts';
