import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { CacheBackend } from './backend.ts';
import type { Clock } from './clock.ts';
import { CacheError } from './errors.ts';
import type { MaybePromise } from './store.ts';

/** What a backend is given besides its own options. */
export interface BackendContext {
  readonly clock: Clock;
  /** For the rare line an operator must read. Never called per operation. */
  readonly warn: (message: string) => void;
  /** Variables that options may fall back on, such as `REDIS_HOST`. Absent: none are to be read. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /**
   * First part of the keys the cache writes. A backend that keeps keys of its own beside them (counters, a bus) starts
   * those with it too, so that a server's access rules for the namespace suffice. Absent: there is none.
   */
  readonly namespace?: string;
}

/** A backend as a package exports it: a name, the schema of its options, and how to make one. */
export interface BackendDefinition<Options = unknown> {
  /** The word of `cache_params.type`, for example `redis`. */
  readonly type: string;
  /** Validates and completes the options. Any Standard Schema library fits: zod, valibot, arktype, ... */
  readonly options: StandardSchemaV1<unknown, Options>;
  /** Makes the backend. Must not need the server to be there: connecting is the first operation's business. */
  create(options: Options, context: BackendContext): MaybePromise<CacheBackend>;
}

/**
 * Declares a backend, so that a third party's package plugs into library and proxy by name.
 *
 * @example
 * export default defineBackend({
 *   type: 'memcached',
 *   options: z.object({ url: z.url() }),
 *   create: ({ url }) => memcachedBackend(url),
 * });
 * @throws CacheError `CACHE_INVALID_OPTION` if the definition itself is malformed.
 */
export function defineBackend<Options>(definition: BackendDefinition<Options>): BackendDefinition<Options> {
  if (typeof definition.type !== 'string' || !/^[a-z0-9@][a-z0-9@/._-]*$/.test(definition.type)) {
    throw new CacheError(
      'CACHE_INVALID_OPTION',
      `defineBackend: type must be a lower-case package-like name such as "redis", got ${JSON.stringify(definition.type)}`,
      { param: 'type' },
    );
  }
  if (typeof definition.create !== 'function') {
    throw new CacheError(
      'CACHE_INVALID_OPTION',
      `defineBackend("${definition.type}"): create must be a function, got ${typeof definition.create}`,
      { param: 'create' },
    );
  }
  return definition;
}

/**
 * Validates `input` by the definition's schema and makes the backend.
 * @throws CacheError `CACHE_INVALID_OPTION` naming every wrong option at once.
 */
export async function createBackend<Options>(
  definition: BackendDefinition<Options>,
  input: unknown,
  context: BackendContext,
): Promise<CacheBackend> {
  const result = await definition.options['~standard'].validate(input);
  if (result.issues !== undefined) {
    const problems = result.issues.map((issue) => `${pathOf(issue) || '(options)'}: ${issue.message}`);
    throw new CacheError('CACHE_INVALID_OPTION', `${definition.type}: ${problems.join('; ')}`, {
      backend: definition.type,
    });
  }
  return definition.create(result.value, context);
}

function pathOf(issue: StandardSchemaV1.Issue): string {
  return (issue.path ?? [])
    .map((segment) => String(typeof segment === 'object' ? segment.key : segment))
    .join('.');
}
