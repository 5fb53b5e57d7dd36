import type { BackendDefinition } from '@cache/core';
import type { ProxyConfig } from '@cache/proxy';
import { disk } from './disk.ts';
import { redis } from './redis.ts';
import { s3 } from './s3.ts';
import { loadThirdPartyBackend } from './third-party.ts';

/** A backend this application is built with. One file each. */
export interface Registration {
  /** The word of `cache_params.type`. */
  readonly type: string;
  readonly load: () => Promise<BackendDefinition>;
}

const REGISTRATIONS: readonly Registration[] = [redis, s3, disk];

/** Answers live in this process: there is no backend. */
const LOCAL = 'local';

/** What `cache_params.type` may be without a package of that name being installed. */
export const BUILT_IN_TYPES: readonly string[] = [LOCAL, ...REGISTRATIONS.map(({ type }) => type)];

/** Types of LiteLLM that are no packages either. */
const NOT_BUILT: ReadonlySet<string> = new Set([
  'redis-semantic',
  'valkey-semantic',
  'qdrant-semantic',
  'gcs',
  'azure-blob',
]);

/** What is wrong with `cache_params.type`, in words an operator can act on; undefined if nothing is known to be. */
export function typeProblem({ cache: { enabled, type } }: Pick<ProxyConfig, 'cache'>): string | undefined {
  if (!enabled || !NOT_BUILT.has(type)) return undefined;
  return `"${type}" is not in this release; it has ${BUILT_IN_TYPES.map((known) => `"${known}"`).join(', ')}`;
}

/**
 * The definition of the backend a configuration names; undefined where there is none. What this application is not built
 * with is looked for as a package, from the folder of the configuration.
 *
 * @throws CacheError `CACHE_INVALID_OPTION` if there is no such package, or it is no backend.
 */
export async function definitionOf({
  cache: { enabled, type },
  folder,
}: Pick<ProxyConfig, 'cache' | 'folder'>): Promise<BackendDefinition | undefined> {
  if (!enabled || type === LOCAL) return undefined;
  const registration = REGISTRATIONS.find((each) => each.type === type);
  return registration?.load() ?? loadThirdPartyBackend(type, { folder, builtInTypes: BUILT_IN_TYPES });
}
