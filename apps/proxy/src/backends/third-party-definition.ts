import type { BackendDefinition } from '@cache/core';

/** What a schema may answer. */
type SchemaResult = Awaited<ReturnType<BackendDefinition['options']['~standard']['validate']>>;

/** The exports of a module, by name. */
export type ModuleExports = Readonly<Record<string, unknown>>;

/**
 * The backend definition among a module's exports: `default`, else `definition`. Where CommonJS was imported, `default` is
 * `module.exports`, and holds them in turn.
 * @returns the definition, or what is wrong in words.
 */
export function exportedDefinition(exports: ModuleExports): BackendDefinition | string {
  const ofCommonJs = isObject(exports['default']) ? exports['default'] : {};
  const candidates = [
    exports['default'],
    exports['definition'],
    ofCommonJs['default'],
    ofCommonJs['definition'],
  ].filter(isObject);
  const definition = candidates.find(isDefinition);
  if (definition !== undefined) return definition;
  const nearly = candidates.find((each) => 'type' in each || 'options' in each || 'create' in each);
  if (nearly !== undefined) return `its definition is malformed: ${definitionProblems(nearly).join('; ')}`;
  return `exports no backend definition as "default" or "definition"; ${foundExports(exports)}`;
}

function isDefinition(value: ModuleExports): value is ModuleExports & BackendDefinition {
  return definitionProblems(value).length === 0;
}

function definitionProblems({ type, options, create }: ModuleExports): string[] {
  return [
    ...(typeof type === 'string' && type !== ''
      ? []
      : [`type must be a name such as "redis", got ${kindOf(type)}`]),
    ...(isStandardSchema(options)
      ? []
      : [
          `options must be a schema with a "~standard" member (zod, valibot, arktype, ...), got ${kindOf(options)}`,
        ]),
    ...(typeof create === 'function' ? [] : [`create must be a function, got ${kindOf(create)}`]),
  ];
}

/** Standard Schema 1; some libraries make schemas that are functions. */
function isStandardSchema(value: unknown): boolean {
  if (!isObject(value) && typeof value !== 'function') return false;
  const standard = (value as ModuleExports)['~standard'];
  return isObject(standard) && standard['version'] === 1 && typeof standard['validate'] === 'function';
}

/** Whether a schema's `validate` returned what Standard Schema 1 lets it return. */
export function isSchemaResult(result: unknown): result is SchemaResult {
  if (!isObject(result)) return false;
  const { issues } = result;
  if (issues === undefined) return 'value' in result;
  return (
    Array.isArray(issues) &&
    issues.length > 0 &&
    issues.every((issue: unknown) => isObject(issue) && typeof issue['message'] === 'string')
  );
}

function foundExports(exports: ModuleExports): string {
  const found = Object.entries(exports)
    // What Node adds to the exports of CommonJS, and compilers to those of ES modules.
    .filter(([name]) => name !== 'module.exports' && name !== '__esModule')
    .map(([name, value]) => `"${name}" (${kindOf(value)})`);
  return found.length === 0 ? 'it exports nothing' : `it exports ${found.join(', ')}`;
}

/** A value, in a few words. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

export function isObject(value: unknown): value is ModuleExports {
  return typeof value === 'object' && value !== null;
}
