import { pathToFileURL } from 'node:url';
import { CacheError, nearestName, type BackendDefinition } from '@cache/core';
import { backendOf } from './third-party-backend.ts';
import { exportedDefinition, isSchemaResult, type ModuleExports } from './third-party-definition.ts';
import { failureText } from './third-party-failure.ts';
import { findModule } from './third-party-module.ts';
import { readThirdPartyName } from './third-party-name.ts';
import { withinTime } from './within-time.ts';

export interface ThirdPartyOptions {
  /** Absolute folder of the configuration: packages are looked for from there, relative paths begin there. */
  readonly folder: string;
  /** The types this application has itself, to tell a slip of one of them. Default: none. */
  readonly builtInTypes?: readonly string[];
  /** For importing the module, and again for making the backend. Positive; default 30,000. */
  readonly timeoutMilliseconds?: number;
}

const DEFAULT_TIMEOUT_MILLISECONDS = 30_000;

/**
 * Imports the backend that `cache_params.type` names: a package (`llm-cache-files`, `@acme/caches/disk`) or a file relative
 * to the configuration (`./backends/mine.js`); an ES module or CommonJS, its definition exported as `default` or
 * `definition`. What is imported runs with all rights of this process, so `type` must come from the configuration, never
 * from a request.
 *
 * Use what comes back with `createBackend`, like any definition. It watches the module's own: whatever that throws, or
 * returns in the place of what it should, is a `CacheError` that says whose it was.
 *
 * @throws CacheError `CACHE_INVALID_OPTION`, `param` `type`, its message for the operator.
 */
export async function loadThirdPartyBackend(
  type: string,
  options: ThirdPartyOptions,
): Promise<BackendDefinition> {
  const { folder, builtInTypes = [], timeoutMilliseconds = DEFAULT_TIMEOUT_MILLISECONDS } = options;
  const found = findModule(type, readThirdPartyName(type), folder);
  if ('problem' in found) throw refusal(type, found.problem + wayOut(type, builtInTypes, found.remedy));
  const definition = exportedDefinition(await importModule(type, found.file, timeoutMilliseconds));
  if (typeof definition === 'string') throw refusal(type, `${definition} (${found.file})`);
  return watched(type, definition, timeoutMilliseconds);
}

async function importModule(type: string, file: string, timeoutMilliseconds: number): Promise<ModuleExports> {
  try {
    const imported = import(pathToFileURL(file).href) as Promise<ModuleExports>;
    return await withinTime(imported, timeoutMilliseconds, 'its top level');
  } catch (error) {
    throw refusal(type, `cannot be imported: ${failureText(error, file)}`, error);
  }
}

function watched(
  type: string,
  definition: BackendDefinition,
  timeoutMilliseconds: number,
): BackendDefinition {
  const schema = definition.options['~standard'];
  return {
    type,
    options: {
      '~standard': {
        version: 1,
        vendor: schema.vendor,
        async validate(input) {
          const result: unknown = await attempt(type, 'cannot check its options', async () =>
            schema.validate(input),
          );
          if (isSchemaResult(result)) return result;
          throw refusal(type, 'cannot check its options: its schema returns neither a value nor issues');
        },
      },
    },
    async create(options, context) {
      const made: unknown = await attempt(type, 'cannot make its backend', () =>
        withinTime((async () => definition.create(options, context))(), timeoutMilliseconds, 'its "create"'),
      );
      const backend = backendOf(made);
      if (typeof backend !== 'string') return backend;
      await closeQuietly(made, timeoutMilliseconds);
      throw refusal(type, backend);
    },
  };
}

async function attempt<T>(type: string, what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw refusal(type, `${what}: ${failureText(error)}`, error);
  }
}

/** What will not be used may hold a connection already. What is wrong with it is being said; nothing more is. */
async function closeQuietly(made: unknown, timeoutMilliseconds: number): Promise<void> {
  const close = async (): Promise<unknown> => (made as { readonly close?: () => unknown }).close?.();
  try {
    await withinTime(close(), timeoutMilliseconds, 'its "close"');
  } catch {
    return;
  }
}

function refusal(type: string, what: string, cause?: unknown): CacheError {
  return new CacheError('CACHE_INVALID_OPTION', `${JSON.stringify(type)}: ${what}`, {
    param: 'type',
    ...(cause === undefined ? {} : { cause }),
  });
}

/**
 * A slip of a type that is built in is likelier than a package nobody installed, and nobody should be told to install what
 * somebody published under a slip.
 */
function wayOut(type: string, builtInTypes: readonly string[], remedy = ''): string {
  const nearest = nearestName(type, builtInTypes);
  if (nearest !== undefined) return `; did you mean "${nearest}"?`;
  return builtInTypes.length === 0 ? remedy : `${remedy}; built in are ${builtInTypes.join(', ')}`;
}
