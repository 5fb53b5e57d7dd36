import type { CacheMode, ScopeKind } from '@cache/core';
import type { Environment } from './environment.ts';

/** A whole configuration: checked, references resolved, defaults filled in, frozen. Times carry their unit in the name. */
export interface ProxyConfig {
  /** Never empty: without a `model_list` one deployment named `*` sends everything to OpenAI under its own name. */
  readonly deployments: readonly ConfiguredDeployment[];
  readonly cache: CacheConfig;
  readonly authentication: AuthenticationConfig;
  /** `general_settings.database_url`, else the variable DATABASE_URL. A secret. */
  readonly databaseUrl?: string;
  /** `general_settings.max_request_size_mb` in bytes. Absent: the server's default. */
  readonly maxRequestBytes?: number;
  /** `litellm_settings.set_verbose`, else whether the variable LITELLM_LOG is DEBUG. */
  readonly verbose: boolean;
  readonly callbacks: CallbackConfig;
  /** The sections as written, references resolved, for members that have no name of their own here. May hold secrets. */
  readonly litellmSettings: Settings;
  readonly generalSettings: Settings;
  readonly routerSettings: Settings;
  /**
   * What `os.environ/NAME` was resolved from and what backends read: the environment, then `.env` beside the file, then
   * `.env` in the working directory, then `environment_variables`.
   */
  readonly environment: Environment;
  /** Where the file is, else the working directory: packages that `cache_params.type` names are looked for from here. */
  readonly folder: string;
}

/** Members of a section or a backend, by their names in the file. */
export type Settings = Readonly<Record<string, unknown>>;

/** One way to have a model answered: one entry of `model_list`. */
export interface ConfiguredDeployment {
  /** `model_info.id`, else a digest that is stable across restarts and holds no secret. Unique. */
  readonly id: string;
  /** What clients ask for. May hold `*`, which stands for any text. */
  readonly modelName: string;
  /** The prefix of `model`, or `custom_llm_provider`; `openai` where there is neither. */
  readonly provider: string;
  /** What the provider is asked for, without the prefix. A `*` stands for what the `*` of `modelName` stood for. */
  readonly upstreamModel: string;
  /** Where the provider is, without a path of ours: join with {@link providerUrl}. */
  readonly apiBase: string;
  /** A secret. Absent: the provider is asked without one. */
  readonly apiKey?: string;
  readonly apiVersion?: string;
  readonly organization?: string;
  /** Answers without a provider: a text, a whole response, or an embedding. */
  readonly mockResponse?: MockResponse;
  /** For the whole answer. `timeout` here, in router_settings, `request_timeout`, else 600 s. */
  readonly timeoutMilliseconds: number;
  /** For the first bytes of a stream. Absent: `timeoutMilliseconds`. */
  readonly streamTimeoutMilliseconds?: number;
  readonly maxRetries?: number;
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  /** Share of the requests among deployments of one name. Absent: equal. */
  readonly weight?: number;
  /** Sent to the provider with every request. May hold secrets. */
  readonly extraHeaders: Readonly<Record<string, string>>;
  /** Request members for requests that do not have them, such as `temperature`; `extra_body` is among them. */
  readonly defaultParams: Settings;
  /** `model_info` as written. */
  readonly modelInfo: Settings;
}

export type MockResponse = string | Settings | readonly unknown[];

export type Compression = 'none' | 'gzip' | 'zstd';

/** How and where answers are cached. */
export interface CacheConfig {
  /** `litellm_settings.cache`. As in LiteLLM, nothing is cached unless it is true. */
  readonly enabled: boolean;
  /** `local`, `redis`, `s3`, ... or a package's name; whether there is such a backend is the application's business. */
  readonly type: string;
  /** Why this type: the file says so, a Redis address is configured, or nothing was said. */
  readonly typeSource: 'cache_params.type' | 'redis address' | 'default';
  /** Whether requests are cached unless they say no, or only if they say `use-cache`. */
  readonly mode: CacheMode;
  /** Who shares answers with whom. */
  readonly scope: ScopeKind;
  /** Letters, digits, `.`, `_`, `:` and `-`; starts every key. */
  readonly namespace?: string;
  /** `ttl`. The lifetime in force is {@link lifetimeInForce}'s business. */
  readonly cacheTtlSeconds?: number;
  readonly defaultInMemoryTtlSeconds?: number;
  readonly defaultInRedisTtlSeconds?: number;
  /** As written; their words are checked where the call types are. Absent: all. Empty: no response is cached. */
  readonly supportedCallTypes?: readonly string[];
  /** Request members left out of the key. */
  readonly ignoredParams: readonly string[];
  /** Longer answers pass through unrecorded. */
  readonly maxEntryBytes: number;
  /** Bounds of the memory tier. Absent: the store's defaults. */
  readonly memoryMaxBytes?: number;
  readonly memoryMaxEntries?: number;
  /** How entries are compressed that are written into a backend. Absent: as they are. */
  readonly compression?: Compression;
  /** Frames below this size are not worth it. Absent: the codec's default. */
  readonly compressionMinBytes?: number;
  /** Entries in a backend are encrypted with it. A secret. Absent: they are not. */
  readonly encryptionKey?: string;
  /** Entries encrypted with these are still read. Secrets. */
  readonly previousEncryptionKeys: readonly string[];
  /** How long one operation of a backend may take before it counts as a miss. Absent: the engine's default, 0.5 s. */
  readonly operationTimeoutMilliseconds?: number;
  /** All other members of `cache_params`, null ones included, for the backend of that type. May hold secrets. */
  readonly backendParams: Settings;
}

export interface AuthenticationConfig {
  /** `general_settings.master_key`, else the variable LITELLM_MASTER_KEY. A secret. Absent: no key is asked for. */
  readonly masterKey?: string;
  /** How long a looked-up key is believed. */
  readonly userApiKeyCacheTtlSeconds: number;
}

export interface CallbackConfig {
  /** Called for answers and for failures. */
  readonly always: readonly string[];
  readonly onSuccess: readonly string[];
  readonly onFailure: readonly string[];
}
