import { z } from 'zod';
import * as fields from './fields.ts';
import { present, section, type Present } from './fields.ts';
import { IDLE_DEPLOYMENT_PARAMS } from './names.ts';
import type { MockResponse, Settings } from './types.ts';

// The members of each section that have an effect, by LiteLLM's names.
const DEPLOYMENT_SHAPE = {
  model_name: fields.required(fields.text(), 'a string: the model name clients use'),
  litellm_params: fields.required(fields.mapping(), 'a mapping that has at least "model"'),
  model_info: fields.mapping(),
};

const DEPLOYMENT_PARAMS_SHAPE = {
  model: fields.required(fields.text(), 'a string such as openai/gpt-4o'),
  api_key: fields.headerText(),
  api_base: fields.httpUrl(),
  base_url: fields.httpUrl(),
  api_version: fields.text(),
  organization: fields.headerText(),
  custom_llm_provider: fields.text(),
  mock_response: fields.mockResponse(),
  timeout: fields.positiveSeconds(),
  stream_timeout: fields.positiveSeconds(),
  max_retries: fields.count(),
  rpm: fields.count(),
  tpm: fields.count(),
  weight: fields.number('a number, 0 or more', (value) => value >= 0),
  extra_headers: fields.headerMapping(),
  extra_body: fields.mapping(),
};

const LITELLM_SETTINGS_SHAPE = {
  cache: fields.flag(),
  cache_params: fields.mapping(),
  set_verbose: fields.flag(),
  request_timeout: fields.positiveSeconds(),
  callbacks: fields.textOrList(),
  success_callback: fields.textOrList(),
  failure_callback: fields.textOrList(),
};

const GENERAL_SETTINGS_SHAPE = {
  master_key: fields.nonEmptyText('a string that is not empty'),
  user_api_key_cache_ttl: fields.seconds(),
  database_url: fields.text(),
  max_request_size_mb: fields.number('a number of megabytes above 0', (value) => value > 0),
};

const ROUTER_SETTINGS_SHAPE = {
  timeout: fields.positiveSeconds(),
  stream_timeout: fields.positiveSeconds(),
};

const FILE_SHAPE = {
  model_list: z.array(z.unknown(), { error: 'a list of models' }).nullish(),
  litellm_settings: fields.mapping(),
  general_settings: fields.mapping(),
  router_settings: fields.mapping(),
  environment_variables: fields.mapping(),
};

/** The names with an effect, per section. */
export const KNOWN_NAMES: Readonly<Record<Section, readonly string[]>> = {
  file: Object.keys(FILE_SHAPE),
  deployment: Object.keys(DEPLOYMENT_SHAPE),
  deploymentParams: Object.keys(DEPLOYMENT_PARAMS_SHAPE),
  litellmSettings: Object.keys(LITELLM_SETTINGS_SHAPE),
  generalSettings: Object.keys(GENERAL_SETTINGS_SHAPE),
  routerSettings: Object.keys(ROUTER_SETTINGS_SHAPE),
};

export type Section =
  'file' | 'deployment' | 'deploymentParams' | 'litellmSettings' | 'generalSettings' | 'routerSettings';

export interface FileSections {
  readonly models: readonly unknown[];
  readonly litellmSettings: Settings;
  readonly generalSettings: Settings;
  readonly routerSettings: Settings;
  readonly environmentVariables: Settings;
}

export const fileSchema: z.ZodType<FileSections> = section(FILE_SHAPE).transform((file) => ({
  models: file.model_list ?? [],
  litellmSettings: file.litellm_settings ?? {},
  generalSettings: file.general_settings ?? {},
  routerSettings: file.router_settings ?? {},
  environmentVariables: file.environment_variables ?? {},
}));

export interface DeploymentEntry {
  readonly modelName: string;
  readonly params: Settings;
  readonly modelInfo: Settings;
}

export const deploymentSchema: z.ZodType<DeploymentEntry> = section(DEPLOYMENT_SHAPE).transform((entry) => ({
  modelName: entry.model_name,
  params: entry.litellm_params,
  modelInfo: entry.model_info ?? {},
}));

export type DeploymentParams = Present<{
  model: string;
  apiKey: string | undefined;
  apiBase: string | undefined;
  apiVersion: string | undefined;
  organization: string | undefined;
  customProvider: string | undefined;
  mockResponse: MockResponse | undefined;
  timeoutSeconds: number | undefined;
  streamTimeoutSeconds: number | undefined;
  maxRetries: number | undefined;
  requestsPerMinute: number | undefined;
  tokensPerMinute: number | undefined;
  weight: number | undefined;
  extraHeaders: Readonly<Record<string, string>>;
  defaultParams: Settings;
}>;

export const deploymentParamsSchema: z.ZodType<DeploymentParams> = section(DEPLOYMENT_PARAMS_SHAPE).transform(
  (params) =>
    present({
      model: params.model,
      apiKey: params.api_key,
      apiBase: params.api_base ?? params.base_url,
      apiVersion: params.api_version,
      organization: params.organization,
      customProvider: params.custom_llm_provider,
      mockResponse: params.mock_response,
      timeoutSeconds: params.timeout,
      streamTimeoutSeconds: params.stream_timeout,
      maxRetries: params.max_retries,
      requestsPerMinute: params.rpm,
      tokensPerMinute: params.tpm,
      weight: params.weight,
      extraHeaders: params.extra_headers ?? {},
      defaultParams: { ...requestDefaults(params), ...params.extra_body },
    }),
);

/** What LiteLLM does not take for itself it sends: `temperature` beside `model` is a default temperature. */
function requestDefaults(params: Settings): Settings {
  const own = new Set([...KNOWN_NAMES.deploymentParams, ...IDLE_DEPLOYMENT_PARAMS]);
  return Object.fromEntries(
    Object.entries(params).filter(([name, value]) => !own.has(name) && value !== null),
  );
}

export type LitellmSettings = Present<{
  cache: boolean | undefined;
  cacheParams: Settings | undefined;
  verbose: boolean | undefined;
  requestTimeoutSeconds: number | undefined;
  callbacks: readonly string[];
  successCallbacks: readonly string[];
  failureCallbacks: readonly string[];
}>;

export const litellmSettingsSchema: z.ZodType<LitellmSettings> = section(LITELLM_SETTINGS_SHAPE).transform(
  (settings) =>
    present({
      cache: settings.cache,
      cacheParams: settings.cache_params,
      verbose: settings.set_verbose,
      requestTimeoutSeconds: settings.request_timeout,
      callbacks: settings.callbacks ?? [],
      successCallbacks: settings.success_callback ?? [],
      failureCallbacks: settings.failure_callback ?? [],
    }),
);

export type GeneralSettings = Present<{
  masterKey: string | undefined;
  userApiKeyCacheTtlSeconds: number | undefined;
  databaseUrl: string | undefined;
  maxRequestBytes: number | undefined;
}>;

const BYTES_PER_MEGABYTE = 1024 * 1024;

export const generalSettingsSchema: z.ZodType<GeneralSettings> = section(GENERAL_SETTINGS_SHAPE).transform(
  (settings) => {
    const megabytes = settings.max_request_size_mb;
    return present({
      masterKey: settings.master_key,
      userApiKeyCacheTtlSeconds: settings.user_api_key_cache_ttl,
      databaseUrl: settings.database_url,
      maxRequestBytes: megabytes === undefined ? undefined : Math.floor(megabytes * BYTES_PER_MEGABYTE),
    });
  },
);

export type RouterSettings = Present<{
  timeoutSeconds: number | undefined;
  streamTimeoutSeconds: number | undefined;
}>;

export const routerSettingsSchema: z.ZodType<RouterSettings> = section(ROUTER_SETTINGS_SHAPE).transform(
  (settings) => present({ timeoutSeconds: settings.timeout, streamTimeoutSeconds: settings.stream_timeout }),
);
