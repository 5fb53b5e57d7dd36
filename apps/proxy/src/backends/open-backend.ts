import { CacheError, systemClock, type BackendDefinition, type CacheBackend } from '@cache/core';
import type { Problem, ProxyConfig, ReadableCache } from '@cache/proxy';
import { definitionOf, typeProblem } from './registry.ts';

/** A backend, or everything that is wrong with its settings. */
export interface OpenedBackend {
  /** Absent where the configuration names none, or there are problems. */
  readonly backend?: CacheBackend;
  readonly problems: readonly Problem[];
}

const PATH = ['litellm_settings', 'cache_params'];

/**
 * Opens the backend a configuration names, and calls `warn` with what it has to say of its settings: now, or later, when it
 * comes to what they name. Asks no server: whether there is one shows later, and is no reason not to start.
 */
export async function openBackend(
  { config, problemAt }: ReadableCache,
  warn: (warning: Problem) => void,
): Promise<OpenedBackend> {
  const refuse = (path: readonly (string | number)[], message: string): OpenedBackend => ({
    problems: [problemAt([...PATH, ...path], message)],
  });
  const wrongType = typeProblem(config);
  if (wrongType !== undefined) return refuse(['type'], wrongType);
  try {
    const definition = await definitionOf(config);
    if (definition === undefined) return { problems: [] };
    const validated = await definition.options['~standard'].validate(config.cache.backendParams);
    if (validated.issues !== undefined) {
      const problems = validated.issues.map((issue) => problemAt([...PATH, ...pathOf(issue)], issue.message));
      return { problems };
    }
    const { environment } = config;
    const { namespace } = config.cache;
    const backend = await definition.create(validated.value, {
      clock: systemClock,
      environment,
      warn: (warning) => {
        const param = /^(?:\w+: )?(\w+)[ .]/.exec(warning)?.[1];
        const { path, message } = placed({ backend: definition.type, message: warning, param }, config.cache);
        warn(problemAt([...PATH, ...path], message));
      },
      ...(namespace === undefined ? {} : { namespace }),
    });
    return { backend, problems: [] };
  } catch (error) {
    if (!CacheError.is(error)) throw error;
    const problems = partsOf(error).map((part) => {
      const { path, message } = placed(part, config.cache);
      return problemAt([...PATH, ...path], message);
    });
    return { problems };
  }
}

/** A backend that has several things to say about its settings gives them one by one as well. */
function partsOf(error: CacheError): readonly CacheError[] {
  const errors: unknown[] = error.cause instanceof AggregateError ? error.cause.errors : [];
  const parts = errors.filter((each) => CacheError.is(each));
  return parts.length === 0 ? [error] : parts;
}

/** What the place says already is left out of the message. */
function placed(
  { backend, message, param }: Pick<CacheError, 'backend' | 'message' | 'param'>,
  cache: ProxyConfig['cache'],
): { readonly path: readonly string[]; readonly message: string } {
  if (!isMember(param, cache)) return { path: [], message };
  const beginning = `${backend ?? ''}: ${param} `;
  const rest = message.startsWith(beginning) ? message.slice(beginning.length) : message;
  return { path: [param], message: rest + foundIn(param, cache.backendParams[param], rest) };
}

const SECRET = /pass|secret|token|key|url|user|data/i;

/** A plain word or number that was expected to be another. Anything longer, or under a name nobody knows, may hold a secret. */
function foundIn(name: string, value: unknown, message: string): string {
  if (!message.startsWith('must be ') || SECRET.test(name)) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return `, found ${value}`;
  return typeof value === 'string' && /^[\w.+-]{0,12}$/.test(value) ? `, found ${JSON.stringify(value)}` : '';
}

/** Whether what is wrong stands in the file under this name. */
function isMember(param: string | undefined, { backendParams }: ProxyConfig['cache']): param is string {
  return param !== undefined && (param === 'type' || param in backendParams);
}

type Issue = NonNullable<
  Awaited<ReturnType<BackendDefinition['options']['~standard']['validate']>>['issues']
>[number];

function pathOf({ path = [] }: Issue): (string | number)[] {
  const segments = path.map((segment) => (typeof segment === 'object' ? segment.key : segment));
  return segments.filter((segment) => typeof segment !== 'symbol');
}
