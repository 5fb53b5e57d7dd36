import { CacheError, type CacheErrorDetails } from '../contract/errors.ts';
import { assemble } from './assemble.ts';
import { collect, type Problem } from './collect.ts';
import type { RedisSettings } from './settings.ts';

/** What {@link readRedisSettings} found. */
export interface ReadRedisSettings {
  readonly settings: RedisSettings;
  /** What was said and has no effect, or is likely a slip; each names the member or variable. No secrets. */
  readonly warnings: readonly string[];
}

/**
 * Reads where a Redis is from `cache_params` as LiteLLM has them and from the variables `REDIS_*`, both by the names of
 * redis-py.
 *
 * - The configuration wins name by name. An address in it (`url`, `host`, nodes, socket) silences variables that tell an
 *   address of another kind. A URL wins over host, port and database; credentials and query of the URL win over all.
 * - Empty texts, `null` and the word `None` are absent; `ssl_cert_reqs: null` switches the check of certificates off.
 * - An unknown member is an error. An unknown variable `REDIS_*` is warned of if it is near to one of ours; others are other
 *   software's.
 *
 * @param environment variables by name; `{}` to read none.
 * @throws CacheError `CACHE_INVALID_OPTION` that tells every problem at once, by member or variable. Never a secret. Its cause is
 * an AggregateError with a CacheError for each, whose `param` is the member or variable.
 */
export function readRedisSettings(
  params: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
): ReadRedisSettings {
  const collected = collect(params, environment);
  // Whoever wrote an address with a slip in it does not want to hear that there is none.
  const settings = collected.problems.length === 0 ? assemble(collected) : undefined;
  if (settings === undefined || collected.problems.length > 0) throw invalid(collected.problems);
  return { settings, warnings: collected.warnings };
}

function invalid(problems: readonly Problem[]): CacheError {
  const errors = problems.map(({ message, ...about }) => errorOf(message, about));
  const all = problems.map(({ message }) => message).join('; ');
  return errorOf(all, { cause: new AggregateError(errors, all) });
}

function errorOf(message: string, details: CacheErrorDetails): CacheError {
  return new CacheError('CACHE_INVALID_OPTION', `redis: ${message}`, { backend: 'redis', ...details });
}

/**
 * What a URL says: `redis://user:password@host:6379/0`, `rediss://` for TLS, `unix:///path`; further settings in its query, by
 * redis-py's names: `?socket_timeout=2&ssl_ca_certs=/etc/ca.pem`.
 *
 * @throws CacheError `CACHE_INVALID_OPTION`, without a word of the URL: it may hold a password.
 */
export function redisSettingsOf(url: string): RedisSettings {
  return readRedisSettings({ url }, {}).settings;
}
