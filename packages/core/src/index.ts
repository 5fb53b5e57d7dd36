export { Cache } from './engine/cache.ts';
export { takeOffControls } from './engine/call.ts';
export { OwnFailure } from './engine/answer.ts';
export { framed } from './engine/framed.ts';
export { circuitBroken } from './engine/store-wrappers/breaker.ts';
export { failOpen } from './engine/store-wrappers/fail-open.ts';
export { resilient } from './engine/store-wrappers/resilient.ts';
export { timeLimited } from './engine/store-wrappers/time-limit.ts';
export { tiered, tiersOf } from './engine/tiered.ts';
export { decodeFrame, encodeFrame } from './engine/frame.ts';
export { hitAnswer } from './engine/hit.ts';
export { memoryBackend } from './memory/memory-backend.ts';
export { memorySharedState } from './memory/memory-shared-state.ts';
export { memoryStore } from './memory/memory-store.ts';
export { cacheStatusOfHit, renderCacheStatus } from './control/cache-status.ts';
export { parseControls } from './control/body-controls.ts';
export { parseCacheControl } from './control/header-controls.ts';
export { nearestName } from './control/nearest-name.ts';
export { resolveCallTypes } from './control/supported-call-types.ts';
export { answerChangingHeaders, isCacheKey, keyedMembers } from './key/cache-key.ts';
export { parseJsonBody } from './key/parse-body.ts';
export { SCOPE_KINDS, scopeOf } from './key/scope.ts';
export { ANONYMOUS } from './contract/caller.ts';
export { BACKEND_CONTRACT } from './contract/backend.ts';
export { CACHE_ERRORS, CacheError } from './contract/errors.ts';
export { createBackend, defineBackend } from './contract/define-backend.ts';
export { deleteAtOf } from './contract/entry.ts';
export { systemClock } from './contract/clock.ts';

export type { AnswerOptions } from './engine/answering.ts';
export type { Hit, RequestContext } from './engine/cache.ts';
export type { Answer, HeaderList, Outcome, Provider, ProviderAnswer } from './engine/answer.ts';
export type { CacheOptions, ResolvedCacheOptions } from './engine/cache-options.ts';
export type { CacheRequest, Call, ReadCallOptions } from './engine/call.ts';
export type { FramedOptions } from './engine/framed.ts';
export type { BreakerOptions } from './engine/store-wrappers/breaker.ts';
export type { FailOpenOptions } from './engine/store-wrappers/fail-open.ts';
export type { ResilientOptions } from './engine/store-wrappers/resilient.ts';
export type { TimeLimitOptions } from './engine/store-wrappers/time-limit.ts';
export type { TieredOptions, TieredStore } from './engine/tiered.ts';
export type { InvalidationBus } from './engine/tiers/deletion-bus.ts';
export type { MemoryBackendOptions } from './memory/memory-backend.ts';
export type { MemorySharedStateOptions } from './memory/memory-shared-state.ts';
export type {
  MemorySetOptions,
  MemoryStore,
  MemoryStoreOptions,
  MemoryStoreStatistics,
} from './memory/memory-store.ts';
export type { CacheMode } from './control/resolve-policy.ts';
export type { Controls, Policy } from './control/policy.ts';
export type { KeyedHeader } from './key/cache-key.ts';
export type { ScopeKind } from './key/scope.ts';
export type {
  BackendCapabilities,
  BackendItem,
  BackendKey,
  BackendSetOptions,
  CacheBackend,
} from './contract/backend.ts';
export type { Caller } from './contract/caller.ts';
export type { Clock } from './contract/clock.ts';
export type { FrameCodec } from './contract/codec.ts';
export type { BackendContext, BackendDefinition } from './contract/define-backend.ts';
export type { EmbedResult, Embedder } from './contract/embedder.ts';
export type { CacheEntry, EntryMetadata, TokenUsage } from './contract/entry.ts';
export type { CacheErrorCode, CacheErrorDetails } from './contract/errors.ts';
export type { CacheEvent, CacheObserver, MissReason } from './contract/observer.ts';
export type { Increment, IncrementResult, SharedState } from './contract/shared-state.ts';
export type { CacheStore, GetOptions, MaybePromise, OperationOptions } from './contract/store.ts';
export type { VectorIndex, VectorMatch, VectorPoint } from './contract/vector-index.ts';
export type {
  AssembledAnswer,
  CallType,
  Demand,
  Judgement,
  NotStorableReason,
  StorableOptions,
  StreamAssembly,
  StreamEventKind,
} from './calls/call-type.ts';
export type { JsonObject, JsonValue, RawJson } from './json.ts';
