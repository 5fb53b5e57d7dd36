import type { OperationOptions } from './store.ts';

/** Turns text into vectors. The same `id` and `dimensions` always mean the same space. */
export interface Embedder {
  /** Names the space: provider and model, for example `openai/text-embedding-3-small`. Part of an index's name. */
  readonly id: string;
  readonly dimensions: number;
  /** The most texts one call takes. */
  readonly maxBatch: number;
  /** Texts longer than this many tokens are refused, not cut: two texts equal up to the cut would seem the same. */
  readonly maxInputTokens: number;
  /** One vector for each text, in order. Rejects as a whole: never fewer vectors than texts. */
  embed(texts: readonly string[], options?: OperationOptions): Promise<EmbedResult>;
}

/** What {@link Embedder.embed} resolves to. */
export interface EmbedResult {
  readonly vectors: readonly Float32Array[];
  readonly usage: { readonly promptTokens: number };
}
