import { parse } from 'dotenv';
import type { Path } from './problem.ts';

/** Variables by name, `process.env` among them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The one thing the configuration needs of a file system. */
export interface ConfigFileSystem {
  /** The text of a file, or undefined if there is no such file. Throws if it is there and cannot be read. */
  readText(path: string): string | undefined;
}

/** A reference that could not be put in, or is suspect, and where it stands. */
export interface ReferenceProblem {
  readonly path: Path;
  readonly message: string;
}

/** A place whose value, or part of it, came from a variable. */
export interface Reference {
  readonly path: Path;
  readonly variable: string;
}

/** A configuration with its references replaced. */
export interface ResolvedReferences {
  readonly value: unknown;
  /** Missing variables that are a whole value: the file cannot mean anything without them. */
  readonly problems: readonly ReferenceProblem[];
  /** Missing variables inside a longer text, which stays as it is written, as in LiteLLM. */
  readonly warnings: readonly ReferenceProblem[];
  /** Which places came from which variable: their values are not to be shown. */
  readonly references: readonly Reference[];
}

const REFERENCE = /os\.environ\/([A-Za-z_][A-Za-z0-9_]*)/g;
const WHOLE_REFERENCE = /^\s*os\.environ\/(\S+)\s*$/;

/**
 * Adds what `.env` files say to what the environment says: the environment wins, then the first file.
 * A line such as `REDIS_CLUSTER_NODES = "[{"host": "127.0.0.1"}]"` is read as LiteLLM's documentation means it.
 */
export function withDotenvFiles(
  environment: Environment,
  paths: readonly string[],
  fileSystem: ConfigFileSystem,
): Environment {
  const layers = paths
    .map((path) => fileSystem.readText(path))
    .filter((text) => text !== undefined)
    .map((text) => parse(text));
  return mergeEnvironments(environment, ...layers);
}

/** The first layer that has a variable wins. An empty variable is there: it hides the later ones. */
export function mergeEnvironments(...layers: readonly Environment[]): Environment {
  const merged: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of layers.flatMap((layer) => Object.entries(layer))) {
    if (value !== undefined && !(name in merged)) merged[name] = value;
  }
  return merged;
}

/** A variable's text, or undefined if it is missing or blank: a blank setting means "not set", as in the OpenAI SDKs. */
export function variable(environment: Environment, name: string): string | undefined {
  return environment[name]?.trim() || undefined;
}

/** Replaces every `os.environ/NAME` of every string, wherever it stands. Members' names are left alone. */
export function resolveReferences(
  value: unknown,
  environment: Environment,
  at: Path = [],
): ResolvedReferences {
  const problems: ReferenceProblem[] = [];
  const warnings: ReferenceProblem[] = [];
  const references: Reference[] = [];

  const resolve = (current: unknown, path: Path): unknown => {
    if (typeof current === 'string') return resolveText(current, path);
    if (Array.isArray(current)) return current.map((item, index) => resolve(item, [...path, index]));
    if (typeof current !== 'object' || current === null) return current;
    return Object.fromEntries(
      Object.entries(current).map(([name, member]) => [name, resolve(member, [...path, name])]),
    );
  };

  const resolveText = (text: string, path: Path): string => {
    const whole = WHOLE_REFERENCE.exec(text)?.[1];
    if (whole !== undefined && environment[whole] !== undefined) {
      references.push({ path, variable: whole });
      return environment[whole];
    }
    return text.replaceAll(REFERENCE, (reference, name: string) => {
      const found = environment[name];
      if (found === undefined)
        (whole === undefined ? warnings : problems).push({ path, message: missing(name, text, whole) });
      else references.push({ path, variable: name });
      return found ?? reference;
    });
  };

  return { value: resolve(value, at), problems, warnings, references };
}

function missing(name: string, text: string, whole: string | undefined): string {
  if (whole !== undefined) return `expected the environment variable ${name}, which is not set`;
  return `${JSON.stringify(text)} mentions the environment variable ${name}, which is not set: taken as it is written`;
}
