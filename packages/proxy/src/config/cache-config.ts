import { CACHE_PARAM_NAMES, cacheParamsSchema, type CacheParams } from './cache-schema.ts';
import { variable, type Environment } from './environment.ts';
import { present } from './fields.ts';
import { lifetimeInForce } from './lifetime.ts';
import { BACKEND_PARAMS, REDIS_ADDRESS_PARAMS, REDIS_ADDRESS_VARIABLES } from './names.ts';
import { nearestName, type Path } from './problem.ts';
import type { Report } from './report.ts';
import type { CacheConfig, Settings } from './types.ts';
import { warnAboutUnknown } from './unknown-names.ts';

const DEFAULT_MAX_ENTRY_BYTES = 1024 * 1024;
const PATH: Path = ['litellm_settings', 'cache_params'];

/** Reads `cache` and `cache_params`. Undefined after reporting what is wrong with them. */
export function readCacheConfig(
  settings: { readonly cache?: boolean; readonly cacheParams?: Settings },
  environment: Environment,
  report: Report,
): CacheConfig | undefined {
  const written = settings.cacheParams ?? {};
  const params = report.check(cacheParamsSchema, written, PATH);
  if (params === undefined) return undefined;
  const config = present({
    enabled: settings.cache ?? false,
    ...typeOf(params, environment),
    mode: params.mode ?? 'default_on',
    scope: params.scope ?? 'key',
    namespace: params.namespace,
    cacheTtlSeconds: params.cacheTtlSeconds,
    defaultInMemoryTtlSeconds: params.defaultInMemoryTtlSeconds,
    defaultInRedisTtlSeconds: params.defaultInRedisTtlSeconds,
    supportedCallTypes: params.supportedCallTypes,
    ignoredParams: params.ignoredParams ?? [],
    maxEntryBytes: params.maxEntryBytes ?? DEFAULT_MAX_ENTRY_BYTES,
    memoryMaxBytes: params.memoryMaxBytes,
    memoryMaxEntries: params.memoryMaxEntries,
    backendParams: params.backendParams,
  });
  warnAboutCache(config, written, report);
  return config;
}

/** LiteLLM's default is Redis; without an address of one that can only fail, so memory takes its place. */
function typeOf(params: CacheParams, environment: Environment): Pick<CacheConfig, 'type' | 'typeSource'> {
  if (params.type !== undefined) return { type: params.type, typeSource: 'cache_params.type' };
  const inFile = REDIS_ADDRESS_PARAMS.some((name) => isGiven(params.backendParams[name]));
  const inEnvironment = REDIS_ADDRESS_VARIABLES.some((name) => variable(environment, name) !== undefined);
  if (inFile || inEnvironment) return { type: 'redis', typeSource: 'redis address' };
  return { type: 'local', typeSource: 'default' };
}

function isGiven(value: unknown): boolean {
  return (
    value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)
  );
}

function warnAboutCache(config: CacheConfig, written: Settings, report: Report): void {
  if (!config.enabled) {
    if (Object.keys(written).length > 0)
      report.warning(PATH, 'has no effect: nothing is cached without "cache: true"');
    return;
  }
  if (lifetimeInForce(config).seconds === 0)
    report.warning(PATH, 'the lifetime in force is 0 seconds: nothing is stored');
  if (config.type === 'local') warnAboutLocalParams(config.backendParams, report);
  else warnAboutSlips(config.backendParams, report);
}

function warnAboutLocalParams(params: Settings, report: Report): void {
  for (const name of Object.keys(params).filter((each) => BACKEND_PARAMS.includes(each))) {
    report.warning([...PATH, name], 'has no effect: the cache is local');
  }
  const unknown = Object.entries(params).filter(([name]) => !BACKEND_PARAMS.includes(name));
  warnAboutUnknown(Object.fromEntries(unknown), PATH, CACHE_PARAM_NAMES, [], report);
}

/** Which members another backend takes is its own business; a name very near to a known one is likely that one. */
function warnAboutSlips(params: Settings, report: Report): void {
  for (const name of Object.keys(params).filter((each) => !BACKEND_PARAMS.includes(each))) {
    const meant = nearestName(name, [...CACHE_PARAM_NAMES, ...BACKEND_PARAMS]);
    if (meant !== undefined)
      report.warning([...PATH, name], `is left to the backend; did you mean ${meant}?`);
  }
}
