import { isBuiltin } from 'node:module';

/** What `cache_params.type` names, where it is none of the application's own types. */
export type ThirdPartyName =
  /** A package of npm, perhaps with a path of its `exports`: `llm-cache-files`, `@acme/caches/disk`. */
  | { readonly kind: 'package'; readonly packageName: string }
  /** A file, relative to the folder of the configuration. */
  | { readonly kind: 'file' }
  /** Nothing that may be loaded. */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * LiteLLM's own words. They never name a package: whoever publishes one of that name would be run by every configuration
 * that is brought along from LiteLLM.
 */
const LITELLM_TYPES: ReadonlySet<string> = new Set([
  'local',
  'redis',
  'redis-semantic',
  'valkey-semantic',
  'qdrant-semantic',
  's3',
  'gcs',
  'disk',
  'azure-blob',
]);

/** What npm accepts for new packages, then any path below it. */
const PACKAGE = /^(?<packageName>(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*)(?<path>\/.*)?$/;

/** Names between slashes, none of them hidden: `.` and `..` would leave the package. */
const PATH_IN_PACKAGE = /^(?:\/[A-Za-z0-9_~@-][A-Za-z0-9._~@-]*)+$/;

/** Only names and relative paths: whatever else Node could import is refused before it is looked for. */
export function readThirdPartyName(type: string): ThirdPartyName {
  if (type.startsWith('./') || type.startsWith('../')) return { kind: 'file' };
  if (LITELLM_TYPES.has(type)) return refused('is a cache type of LiteLLM that this release does not have');
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(type)) return refused('is an address, which is never loaded');
  if (type.startsWith('/') || type.startsWith('\\'))
    return refused(
      'is an absolute path: write it relative to the configuration, beginning with "./" or "../"',
    );
  if (isBuiltin(type)) return refused('is a module of Node itself, and no backend');
  const { packageName, path } = PACKAGE.exec(type)?.groups ?? {};
  if (packageName === undefined || packageName === 'node_modules')
    return refused('is not the name of a package, nor a path that begins with "./" or "../"');
  if (path !== undefined && !PATH_IN_PACKAGE.test(path))
    return refused(`leaves the package ${packageName}, or names nothing in it`);
  return { kind: 'package', packageName };
}

function refused(reason: string): ThirdPartyName {
  return { kind: 'refused', reason };
}
