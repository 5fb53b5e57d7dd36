export {
  chatChoice,
  chatCompletionAnswer,
  chatCompletionBody,
  chatCompletionChunks,
} from './chat-completions.ts';
export { chatReply, chatReplyText } from './chat-reply.ts';
export { backendSuite, storeSuite } from './conformance.ts';
export { FakeClock } from './fake-clock.ts';
export { defaultScript, startFakeProvider } from './fake-provider.ts';
export { corrupt, delay, fail, failOnce, failTimes, never } from './faults.ts';
export { faultyBackend } from './faulty-backend.ts';
export { faultyStore } from './faulty-store.ts';
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
export { sharedStateSuite } from './shared-state-suite.ts';
export { streamEvents, streamedChunks, streamedContent } from './stream-events.ts';

export type {
  ChatChoice,
  ChatCompletionAnswer,
  ChatCompletionBody,
  ChatMessage,
  ChunkOptions,
} from './chat-completions.ts';
export type { ChatReplyOptions } from './chat-reply.ts';
export type {
  BackendFixture,
  BackendSuiteOptions,
  RegisterTest,
  StoreFixture,
  StoreSuiteOptions,
} from './conformance.ts';
export type { FakeProvider, FakeProviderOptions, ProviderScript } from './fake-provider.ts';
export type { Fault, Faults, FaultyOperation } from './faults.ts';
export type { BackendFaults, FaultyBackend } from './faulty-backend.ts';
export type { FaultyStore, StoreFaults } from './faulty-store.ts';
export type { Gate } from './gate.ts';
export type { RecordedCall } from './recorded-call.ts';
export type { FakeReply, ReplyOptions, Wait, WaitPoint } from './provider-replies.ts';
export type { SharedStateFixture, SharedStateSuiteOptions } from './shared-state-suite.ts';
export type { StreamedChoice, StreamedChunk } from './stream-events.ts';
