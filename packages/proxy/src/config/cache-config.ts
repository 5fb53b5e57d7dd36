import { CacheError } from '@cache/core';
import { codecsFrom, type CodecSettings } from '@cache/core/codecs';
import { CACHE_PARAM_NAMES, cacheParamsSchema, type CacheParams } from './cache-schema.ts';
import { variable, type Environment } from './environment.ts';
import { present } from './fields.ts';
import { lifetimeInForce } from './lifetime.ts';
import {
  BACKEND_PARAMS,
  IDLE_CACHE_PARAMS,
  PARAMS_OF_TYPE,
  REDIS_ADDRESS_PARAMS,
  REDIS_ADDRESS_VARIABLES,
} from './names.ts';
import { nearestName, type Path } from './problem.ts';
import type { Report } from './report.ts';
import type { CacheConfig, Settings } from './types.ts';
import { warnAboutIdle, warnAboutUnknown } from './unknown-names.ts';

const DEFAULT_MAX_ENTRY_BYTES = 1024 * 1024;
const PATH: Path = ['litellm_settings', 'cache_params'];

/** Reads `cache` and `cache_params`, without the members that are reported as wrong. Undefined where that is no use. */
export function readCacheConfig(
  settings: { readonly cache?: boolean; readonly cacheParams?: Settings },
  environment: Environment,
  report: Report,
): CacheConfig | undefined {
  const written = settings.cacheParams ?? {};
  const params = report.checkMembers(cacheParamsSchema, written, PATH);
  if (params === undefined) return undefined;
  const chosen = typeOf(params, environment);
  const config = present({
    enabled: settings.cache ?? false,
    ...chosen,
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
    compression: params.compression,
    compressionMinBytes: params.compressionMinBytes,
    encryptionKey: params.encryptionKey,
    previousEncryptionKeys: params.previousEncryptionKeys ?? [],
    operationTimeoutMilliseconds: millisecondsOf(params.operationTimeoutSeconds),
    backendParams: ownParams(chosen.type, params.backendParams),
  });
  reportCodecs(config, report);
  warnAboutCache(config, { written, params: params.backendParams }, report);
  return config;
}

/** Whether the backend can be asked what it thinks of its settings: whatever is wrong with them already, it would tell again. */
export function isBackendReadable({ type, backendParams }: CacheConfig, report: Report): boolean {
  return !report.hasProblemIn(PATH, ['type', ...Object.keys(backendParams), ...(ownNames(type) ?? [])]);
}

/** Whether the keys are keys. What is wrong with one is said without showing it. */
function reportCodecs({ encryptionKey, previousEncryptionKeys }: CacheConfig, report: Report): void {
  const check = (path: Path, settings: CodecSettings): void => {
    try {
      codecsFrom(settings);
    } catch (error) {
      if (!CacheError.is(error)) throw error;
      report.problem([...PATH, ...path], error.message.replace(/^codecsFrom: \S+ /, '').replace(IN_CODE, ''));
    }
  };
  check(['encryption_key'], encryptionKey === undefined ? { previousEncryptionKeys } : { encryptionKey });
  for (const [index, key] of previousEncryptionKeys.entries())
    check(['previous_encryption_keys', index], { encryptionKey: key });
}

/** What a file cannot hold. */
const IN_CODE = ' or as a Buffer';

function millisecondsOf(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.ceil(seconds * 1000);
}

/** What is left to the backend: of a type of LiteLLM neither what belongs to the others nor a slip of the pen. */
function ownParams(type: string, params: Settings): Settings {
  const owned = Object.entries(params).filter(
    ([name]) =>
      !IDLE_CACHE_PARAMS.includes(name) && !isForeign(type, name) && slipOf(type, name) === undefined,
  );
  return Object.fromEntries(owned);
}

/** Undefined for a package: its names are its own business. */
function ownNames(type: string): readonly string[] | undefined {
  return Object.hasOwn(PARAMS_OF_TYPE, type) ? PARAMS_OF_TYPE[type] : undefined;
}

function isForeign(type: string, name: string): boolean {
  const own = ownNames(type);
  return own !== undefined && BACKEND_PARAMS.includes(name) && !own.includes(name);
}

/** The common member that `name` was likely meant to be. What is nearer to a member of the backend is the backend's to judge. */
function slipOf(type: string, name: string): string | undefined {
  const own = ownNames(type);
  if (BACKEND_PARAMS.includes(name) || own === undefined) return undefined;
  const meant = nearestName(name, [...CACHE_PARAM_NAMES, ...own]);
  return meant !== undefined && CACHE_PARAM_NAMES.includes(meant) ? meant : undefined;
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

function warnAboutCache(
  config: CacheConfig,
  { written, params }: { readonly written: Settings; readonly params: Settings },
  report: Report,
): void {
  if (!config.enabled) {
    if (Object.keys(written).length > 0)
      report.warning(PATH, 'has no effect: nothing is cached without "cache: true"');
    return;
  }
  if (lifetimeInForce(config).seconds === 0)
    report.warning(PATH, 'the lifetime in force is 0 seconds: nothing is stored');
  warnAboutParams(config, params, report);
  warnAboutCodecs(config, report);
}

function warnAboutParams({ type }: CacheConfig, params: Settings, report: Report): void {
  for (const name of Object.keys(params)) {
    if (isForeign(type, name)) report.warning([...PATH, name], `has no effect: the cache is ${type}`);
  }
  warnAboutIdle(params, PATH, IDLE_CACHE_PARAMS, report);
  if (ownNames(type) === undefined) warnAboutSlips(params, report);
  const rest = Object.keys(params).filter((name) => isUnknownToAll(type, name));
  warnAboutUnknown(pick(params, rest), PATH, CACHE_PARAM_NAMES, [], report);
}

/** A local cache has no backend that could judge the rest of the names; another one judges them itself. */
function isUnknownToAll(type: string, name: string): boolean {
  if (IDLE_CACHE_PARAMS.includes(name) || isForeign(type, name)) return false;
  return type === 'local' || slipOf(type, name) !== undefined;
}

function pick(settings: Settings, names: readonly string[]): Settings {
  return Object.fromEntries(names.map((name) => [name, settings[name]]));
}

/** Which members a package takes is its own business; a name very near to a known one is likely that one. */
function warnAboutSlips(params: Settings, report: Report): void {
  for (const name of Object.keys(params).filter((each) => !BACKEND_PARAMS.includes(each))) {
    const meant = nearestName(name, [...CACHE_PARAM_NAMES, ...BACKEND_PARAMS]);
    if (meant !== undefined)
      report.warning([...PATH, name], `is left to the backend; did you mean ${meant}?`);
  }
}

/** Memory is neither compressed nor encrypted: an operator who asked for it has to know. */
function warnAboutCodecs({ type, compression, encryptionKey }: CacheConfig, report: Report): void {
  if (type !== 'local') return;
  if (encryptionKey !== undefined)
    report.warning(
      [...PATH, 'encryption_key'],
      'has no effect: the cache is local, and memory is not encrypted',
    );
  if (compression !== undefined && compression !== 'none')
    report.warning(
      [...PATH, 'compression'],
      'has no effect: the cache is local, and memory is not compressed',
    );
}
