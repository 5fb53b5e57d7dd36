import type { CacheObserver, CacheStore, MaybePromise } from '@cache/core';
import type { CacheConfig } from '@cache/proxy';
import { local } from './local.ts';

/** A backend this application is built with. One file each. */
export interface Registration {
  /** The word of `cache_params.type`. */
  readonly type: string;
  readonly createStore: (config: CacheConfig, observer: CacheObserver) => MaybePromise<CacheStore>;
}

const REGISTRATIONS: readonly Registration[] = [local];

/** What is wrong with `cache_params.type`, in words an operator can act on; undefined if nothing is. */
export function typeProblem({ enabled, type, typeSource }: CacheConfig): string | undefined {
  if (!enabled || REGISTRATIONS.some((registration) => registration.type === type)) return undefined;
  const known = REGISTRATIONS.map((registration) => `"${registration.type}"`).join(', ');
  const why = typeSource === 'redis address' ? ' (chosen because a Redis address is configured)' : '';
  return `litellm_settings.cache_params.type: "${type}"${why} is not in this release; it has ${known}`;
}

/** The store a configuration names. Call {@link typeProblem} first. */
export function createStore(config: CacheConfig, observer: CacheObserver): MaybePromise<CacheStore> {
  const registration = REGISTRATIONS.find(({ type }) => type === config.type);
  if (registration === undefined) throw new Error(typeProblem(config));
  return registration.createStore(config, observer);
}
