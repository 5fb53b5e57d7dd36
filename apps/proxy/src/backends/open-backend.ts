import { CacheError, systemClock, type BackendDefinition, type CacheBackend } from '@cache/core';
import type { LoadedConfig, Problem, ProxyConfig } from '@cache/proxy';
import { definitionOf, typeProblem } from './registry.ts';

/** A backend, or everything that is wrong with its settings. */
export interface OpenedBackend {
  /** Absent where the configuration names none, or there are problems. */
  readonly backend?: CacheBackend;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

const PATH = ['litellm_settings', 'cache_params'];

/** Opens the backend a configuration names. Asks no server: whether there is one shows later, and is no reason not to start. */
export async function openBackend({ config, problemAt }: LoadedConfig): Promise<OpenedBackend> {
  const warnings: Problem[] = [];
  const refuse = (path: readonly (string | number)[], message: string): OpenedBackend => ({
    problems: [problemAt([...PATH, ...path], message)],
    warnings,
  });
  const wrongType = typeProblem(config);
  if (wrongType !== undefined) return refuse(['type'], wrongType);
  try {
    const definition = await definitionOf(config);
    if (definition === undefined) return { problems: [], warnings };
    const validated = await definition.options['~standard'].validate(config.cache.backendParams);
    if (validated.issues !== undefined) {
      const problems = validated.issues.map((issue) => problemAt([...PATH, ...pathOf(issue)], issue.message));
      return { problems, warnings };
    }
    const { environment } = config;
    const { namespace } = config.cache;
    const backend = await definition.create(validated.value, {
      clock: systemClock,
      environment,
      warn: (message) => warnings.push(problemAt(PATH, message)),
      ...(namespace === undefined ? {} : { namespace }),
    });
    return { backend, problems: [], warnings };
  } catch (error) {
    if (!CacheError.is(error)) throw error;
    return refuse(isMember(error.param, config.cache) ? [error.param] : [], error.message);
  }
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
