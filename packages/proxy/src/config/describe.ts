import type { ScopeKind } from '@cache/core';
import { lifetimeInForce, memoryCopySeconds } from './lifetime.ts';
import type { CacheConfig, ConfiguredDeployment, ProxyConfig } from './types.ts';

const SCOPES: Readonly<Record<ScopeKind, string>> = {
  key: 'key (each API key has answers of its own)',
  team: 'team (the keys of a team share answers)',
  end_user: 'end_user (each end user has answers of its own)',
  global: 'global (everybody shares answers, as in LiteLLM)',
};

const MOST_MODELS_NAMED = 10;

/** What the proxy runs with, one line each, for the start of it. No line holds a secret. */
export function describeConfig(config: ProxyConfig): string[] {
  return [...describeCache(config.cache), describeModels(config.deployments), describeAuthentication(config)];
}

function describeCache(cache: CacheConfig): string[] {
  if (!cache.enabled) return ['cache: off (litellm_settings.cache is not true)'];
  return [
    `cache: ${cache.type}${describeTypeSource(cache)}`,
    `scope: ${SCOPES[cache.scope]}`,
    `ttl: ${describeLifetime(cache)}`,
    `mode: ${cache.mode}${cache.mode === 'default_off' ? ' (only requests with use-cache: true are cached)' : ''}`,
    ...(cache.namespace === undefined ? [] : [`namespace: ${cache.namespace}`]),
    ...(cache.supportedCallTypes === undefined ? [] : [describeCallTypes(cache.supportedCallTypes)]),
  ];
}

function describeTypeSource(cache: CacheConfig): string {
  switch (cache.typeSource) {
    case 'cache_params.type':
      return '';
    case 'redis address':
      return ' (a Redis address is configured)';
    case 'default':
      return ' (no type and no Redis address is configured)';
  }
}

function describeLifetime(cache: CacheConfig): string {
  const { seconds, source } = lifetimeInForce(cache);
  const reason = source === 'default' ? `the default of ${cache.type}` : `cache_params.${source}`;
  if (seconds === 0) return `0 s (${reason}): nothing is stored`;
  const copies =
    cache.type === 'local' ? '' : `; copies in memory live at most ${memoryCopySeconds(cache)} s`;
  return `${seconds === undefined ? 'none' : `${seconds} s`} (${reason})${copies}`;
}

function describeCallTypes(callTypes: readonly string[]): string {
  return `call types: ${callTypes.length === 0 ? 'none, so no response is cached' : callTypes.join(', ')}`;
}

function describeModels(deployments: readonly ConfiguredDeployment[]): string {
  const names = [...new Set(deployments.map((deployment) => deployment.modelName))];
  const more = names.length > MOST_MODELS_NAMED ? `, and ${names.length - MOST_MODELS_NAMED} more` : '';
  const passesEverything = names.length === 1 && names[0] === '*';
  return `models: ${names.slice(0, MOST_MODELS_NAMED).join(', ')}${more}${passesEverything ? ' (whatever the client asks for)' : ''}`;
}

function describeAuthentication(config: ProxyConfig): string {
  return config.authentication.masterKey === undefined
    ? 'key: none needed (no general_settings.master_key)'
    : 'key: needed (general_settings.master_key is set)';
}
