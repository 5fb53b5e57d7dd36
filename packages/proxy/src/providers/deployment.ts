import type { JsonObject } from '@cache/core';

/** One place where a model is answered: address, key, and what the operator fixed for it. */
export interface Deployment {
  /** Stable and free of secrets: for logs and metrics. */
  readonly id: string;
  /** The name clients ask for. May hold `*`, which stands for any text, also none. */
  readonly modelName: string;
  /** What the provider is asked for. Each `*` in it becomes what the `*` of {@link modelName} stood for. */
  readonly model: string;
  /** For example `https://api.openai.com/v1`. A query is kept. */
  readonly apiBase: string;
  /** Sent as `authorization: Bearer`. Absent: no authorization is sent. A secret. */
  readonly apiKey?: string;
  /** Sent with every call; they replace ours and the client's of the same name. May hold secrets. */
  readonly headers: Readonly<Record<string, string>>;
  /** Members for requests that do not have them. */
  readonly defaultParams: JsonObject;
  /** For a whole answer, from the call to its last byte. Default 600,000, which is also the OpenAI SDK's. */
  readonly timeoutMilliseconds?: number;
  /** For a stream: until its first byte, then between one piece and the next. Default: {@link timeoutMilliseconds}. */
  readonly streamTimeoutMilliseconds?: number;
  /** Streams are asked for usage (`stream_options.include_usage`); false for providers that refuse it. Default true. */
  readonly includeUsage: boolean;
  /** The text of every answer. Nobody is called then. */
  readonly mockResponse?: string;
}
