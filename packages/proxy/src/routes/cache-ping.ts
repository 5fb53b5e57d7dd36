import type { Cache } from '@cache/core';
import { lastTier, type OpenedStore, type StoreTier } from '../store/opened-store.ts';
import { maskedSettings } from './masked-settings.ts';
import { probe } from './probe.ts';
import { troubleOf } from './trouble.ts';

/** What `/cache/ping` says of one tier. */
interface TierHealth {
  readonly name: string;
  readonly status: 'healthy' | 'unhealthy';
  /** What is wrong with it. */
  readonly reason?: string;
}

/** The body of `/cache/ping`, by LiteLLM's names; `tiers` is ours. */
export interface CachePing {
  readonly status: 'healthy';
  readonly cache_type: string;
  readonly ping_response: true;
  readonly set_cache_response: 'success';
  readonly litellm_cache_params: unknown;
  /** Where the server is and what it is, secrets masked. LiteLLM has called it by both names; this one is for Redis. */
  readonly redis_cache_params?: unknown;
  readonly health_check_cache_params?: unknown;
  readonly tiers: readonly TierHealth[];
}

export interface CachePingOptions {
  readonly cache: Cache;
  readonly opened: OpenedStore;
  /** `cache_params` as configured, secrets masked. */
  readonly settings: unknown;
}

/**
 * Asks every tier, then writes an entry to the last one, reads it back and deletes it.
 * @returns what is wrong, in words without addresses, where any of that fails.
 */
export async function cachePing({ cache, opened, settings }: CachePingOptions): Promise<CachePing | string> {
  const last = lastTier(opened);
  const tiers = await Promise.all((opened.tiers ?? [last]).map(healthOf));
  const sick = tiers.filter(({ status }) => status === 'unhealthy');
  if (sick.length > 0) return sick.map(({ name, reason = '' }) => `${name}: ${reason}`).join('; ');
  if (!(await isWritable(last, cache.options.namespace)))
    return `${last.name}: answers, but an entry written to it was not found again`;
  const description = await descriptionOf(last);
  return {
    status: 'healthy',
    cache_type: cache.store.name,
    ping_response: true,
    set_cache_response: 'success',
    litellm_cache_params: settings,
    ...(opened.serverInfo === undefined ? {} : { redis_cache_params: description }),
    ...(description === undefined ? {} : { health_check_cache_params: description }),
    tiers,
  };
}

async function healthOf({ name, store }: StoreTier): Promise<TierHealth> {
  try {
    await store.ping();
    return { name, status: 'healthy' };
  } catch (error) {
    return { name, status: 'unhealthy', reason: troubleOf(error) };
  }
}

async function isWritable({ store }: StoreTier, namespace: string | undefined): Promise<boolean> {
  try {
    return await probe(store, namespace);
  } catch {
    return false;
  }
}

/** A server that answers but may not be asked about itself is healthy all the same. */
async function descriptionOf({ describe }: StoreTier): Promise<unknown> {
  try {
    return maskedSettings(await describe?.());
  } catch {
    return {};
  }
}
