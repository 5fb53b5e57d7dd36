import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isBackendReadable, readCacheConfig } from './cache-config.ts';
import { readDeployments } from './deployments.ts';
import { mergeEnvironments, resolveReferences, variable, withDotenvFiles } from './environment.ts';
import type { ConfigFileSystem, Environment } from './environment.ts';
import { isMapping, present } from './fields.ts';
import {
  IDLE_GENERAL_SETTINGS,
  IDLE_LITELLM_SETTINGS,
  IDLE_ROUTER_SETTINGS,
  IDLE_SECTIONS,
} from './names.ts';
import { ConfigError, type Problem, type ReadableCache } from './problem.ts';
import { Report } from './report.ts';
import {
  fileSchema,
  generalSettingsSchema,
  KNOWN_NAMES,
  litellmSettingsSchema,
  routerSettingsSchema,
} from './schema.ts';
import type { FileSections, GeneralSettings, LitellmSettings } from './schema.ts';
import type { AuthenticationConfig, CacheConfig, ProxyConfig, Settings } from './types.ts';
import { warnAboutUnknown } from './unknown-names.ts';
import { readYaml } from './yaml.ts';

export interface LoadConfigOptions {
  /** The file, relative to `workingDirectory`. Absent, and no `text`: every default. */
  readonly path?: string;
  /** The YAML itself, instead of what is in the file. */
  readonly text?: string;
  /** Usually `process.env`. */
  readonly environment: Environment;
  readonly workingDirectory: string;
  /** Default: the real one. */
  readonly fileSystem?: ConfigFileSystem;
}

export interface LoadedConfig extends ReadableCache {
  readonly config: ProxyConfig;
  /** Worth an operator's look; nothing of it keeps the proxy from running. */
  readonly warnings: readonly Problem[];
}

const DEFAULT_KEY_CACHE_SECONDS = 60;

/**
 * Reads a LiteLLM `config.yaml`.
 * @throws ConfigError with all problems at once, in the order of the file, each with file, line and path.
 */
export function loadConfig(options: LoadConfigOptions): LoadedConfig {
  const fileSystem = options.fileSystem ?? REAL_FILE_SYSTEM;
  const yaml = readYaml(textOf(options, fileSystem), options.path);
  const file = yaml.value ?? {};
  const dotenv = withDotenvFiles(options.environment, dotenvPaths(options), fileSystem);
  const environment = mergeEnvironments(dotenv, environmentVariables(file, dotenv));
  const resolved = resolveReferences(file, environment);

  const report = new Report({
    ...present({ file: options.path }),
    locate: yaml.locate,
    references: resolved.references,
  });
  for (const problem of resolved.problems) report.problem(problem.path, problem.message);
  for (const warning of resolved.warnings) report.warning(warning.path, warning.message);
  const surroundings = { environment, folder: folderOf(options) };
  const { config, cache } = readSections(resolved.value, surroundings, report);
  const problemAt: LoadedConfig['problemAt'] = (path, message) => report.at(path, message);
  report.throwIfAny(
    cache === undefined || !isBackendReadable(cache, report)
      ? undefined
      : { config: deepFreeze({ ...surroundings, cache }), problemAt },
  );
  return {
    config: deepFreeze(config as ProxyConfig),
    warnings: [...yaml.warnings, ...report.warnings],
    problemAt,
  };
}

interface ReadSections {
  /** Undefined only where the report has a problem. */
  readonly config: ProxyConfig | undefined;
  readonly cache: CacheConfig | undefined;
}

function readSections(
  value: unknown,
  { environment, folder }: Pick<ProxyConfig, 'environment' | 'folder'>,
  report: Report,
): ReadSections {
  const sections = report.check(fileSchema, value, []) ?? readableSections(value);
  if (isMapping(value)) warnAboutNames(value, sections, report);
  const litellm = report.check(litellmSettingsSchema, sections.litellmSettings, ['litellm_settings']);
  const general = report.check(generalSettingsSchema, sections.generalSettings, ['general_settings']);
  const router = report.check(routerSettingsSchema, sections.routerSettings, ['router_settings']);
  const cache = readCacheConfig(litellm ?? writtenCache(sections), environment, report);
  const deployments = readDeployments(
    sections.models,
    present({
      environment,
      timeoutSeconds: router?.timeoutSeconds ?? litellm?.requestTimeoutSeconds,
      streamTimeoutSeconds: router?.streamTimeoutSeconds,
    }),
    report,
  );
  if (litellm === undefined || general === undefined || cache === undefined)
    return { config: undefined, cache };
  const config: ProxyConfig = present({
    deployments,
    cache,
    authentication: authenticationOf(general, environment, report),
    databaseUrl: general.databaseUrl ?? variable(environment, 'DATABASE_URL'),
    maxRequestBytes: general.maxRequestBytes,
    verbose: litellm.verbose ?? variable(environment, 'LITELLM_LOG')?.toUpperCase() === 'DEBUG',
    callbacks: callbacksOf(litellm),
    litellmSettings: sections.litellmSettings,
    generalSettings: sections.generalSettings,
    routerSettings: sections.routerSettings,
    environment,
    folder,
  });
  return { config, cache };
}

/** Where something else in the section, or the switch itself, is wrong: whoever wrote settings of a cache wants one. */
function writtenCache({ litellmSettings }: FileSections): { cache: boolean; cacheParams: Settings } {
  return {
    cache: litellmSettings['cache'] !== false,
    cacheParams: mappingOf(litellmSettings['cache_params']),
  };
}

/** What can be read of a file whose sections are of the wrong kind, so that the rest of its problems is said as well. */
function readableSections(value: unknown): FileSections {
  const file = mappingOf(value);
  return {
    models: Array.isArray(file['model_list']) ? file['model_list'] : [],
    litellmSettings: mappingOf(file['litellm_settings']),
    generalSettings: mappingOf(file['general_settings']),
    routerSettings: mappingOf(file['router_settings']),
    environmentVariables: mappingOf(file['environment_variables']),
  };
}

function mappingOf(value: unknown): Settings {
  return isMapping(value) ? value : {};
}

function callbacksOf(litellm: LitellmSettings): ProxyConfig['callbacks'] {
  return {
    always: litellm.callbacks,
    onSuccess: litellm.successCallbacks,
    onFailure: litellm.failureCallbacks,
  };
}

function authenticationOf(
  general: GeneralSettings,
  environment: Environment,
  report: Report,
): AuthenticationConfig {
  const masterKey = general.masterKey ?? variable(environment, 'LITELLM_MASTER_KEY');
  if (masterKey !== undefined && !masterKey.startsWith('sk-')) {
    report.warning(
      ['general_settings', 'master_key'],
      'does not start with "sk-", which LiteLLM and some clients ask for',
    );
  }
  const userApiKeyCacheTtlSeconds = general.userApiKeyCacheTtlSeconds ?? DEFAULT_KEY_CACHE_SECONDS;
  return present({ masterKey, userApiKeyCacheTtlSeconds });
}

function warnAboutNames(file: Settings, sections: FileSections, report: Report): void {
  // Models that are missing without a word would be looked for in the wrong place.
  if (file['include'] !== undefined && file['include'] !== null) {
    report.problem(['include'], 'is not supported: put the included files into this one');
  }
  warnAboutUnknown(file, [], [...KNOWN_NAMES.file, 'include'], IDLE_SECTIONS, report);
  const { litellmSettings, generalSettings, routerSettings } = sections;
  warnAboutUnknown(
    litellmSettings,
    ['litellm_settings'],
    KNOWN_NAMES.litellmSettings,
    IDLE_LITELLM_SETTINGS,
    report,
  );
  warnAboutUnknown(
    generalSettings,
    ['general_settings'],
    KNOWN_NAMES.generalSettings,
    IDLE_GENERAL_SETTINGS,
    report,
  );
  warnAboutUnknown(
    routerSettings,
    ['router_settings'],
    KNOWN_NAMES.routerSettings,
    IDLE_ROUTER_SETTINGS,
    report,
  );
}

/** Defaults for variables the environment does not have, as in LiteLLM. What is wrong with them is reported later. */
function environmentVariables(file: unknown, environment: Environment): Environment {
  const { value } = resolveReferences(mappingOf(mappingOf(file)['environment_variables']), environment);
  const given = Object.entries(value as Settings).filter(([, each]) => each !== null);
  return Object.fromEntries(given.map(([name, each]) => [name, asPythonText(each)]));
}

/** `str(True)` is `True`; lists and mappings, such as REDIS_CLUSTER_NODES, are read as JSON by whoever asks for them. */
function asPythonText(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function textOf(options: LoadConfigOptions, fileSystem: ConfigFileSystem): string {
  if (options.text !== undefined) return options.text;
  if (options.path === undefined) return '';
  try {
    const text = fileSystem.readText(resolve(options.workingDirectory, options.path));
    if (text !== undefined) return text;
  } catch (error) {
    throw new ConfigError([
      { file: options.path, path: '', message: `cannot be read: ${(error as Error).message}` },
    ]);
  }
  throw new ConfigError([{ file: options.path, path: '', message: 'there is no such file' }]);
}

/** `.env` beside the file, then in the working directory. */
function dotenvPaths(options: LoadConfigOptions): readonly string[] {
  const folders = new Set([folderOf(options), resolve(options.workingDirectory)]);
  return [...folders].map((folder) => join(folder, '.env'));
}

function folderOf({ path, workingDirectory }: LoadConfigOptions): string {
  return path === undefined ? resolve(workingDirectory) : dirname(resolve(workingDirectory, path));
}

const REAL_FILE_SYSTEM: ConfigFileSystem = {
  readText(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  },
};

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
