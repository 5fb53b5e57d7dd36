import { distance } from 'fastest-levenshtein';
import type { ProxyConfig } from './types.ts';

/** A member's place: names of members and positions in lists, from the top of the file. */
export type Path = readonly (string | number)[];

/** A place in a file; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Something wrong, or worth knowing, about one place of the configuration. */
export interface Problem {
  /** The file as it was named by the user. Absent: the text did not come from a file. */
  readonly file?: string;
  /** Absent: the place is not in a file (an environment variable, for example). */
  readonly position?: Position;
  /** `model_list[0].litellm_params.model`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong, in words; never the value of a secret. */
  readonly message: string;
}

/** The settings of the cache, where the rest of the configuration may be wrong. */
export interface ReadableCache {
  readonly config: Pick<ProxyConfig, 'cache' | 'environment' | 'folder'>;
  /** A problem with a value of the file that only shows later, with its place in the file. */
  readonly problemAt: (path: Path, message: string) => Problem;
}

/** The configuration cannot be used. The message holds every problem, one per line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly Problem[];
  /** What was noticed on the way: a misspelt name may be why another is missing. */
  readonly warnings: readonly Problem[];
  /**
   * What could be read of the cache, so that its backend may say what is wrong with its own settings in the same breath.
   * Absent where those are among the problems already.
   */
  readonly readable: ReadableCache | undefined;

  constructor(problems: readonly Problem[], warnings: readonly Problem[] = [], readable?: ReadableCache) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
    this.warnings = warnings;
    this.readable = readable;
  }
}

/** `config.yaml:12: litellm_settings.cache: expected true or false, found "maybe"`. */
export function formatProblem(problem: Problem): string {
  const place = [problem.file ?? 'configuration', problem.position?.line].filter(
    (part) => part !== undefined,
  );
  return [place.join(':'), problem.path, problem.message].filter((part) => part !== '').join(': ');
}

/** In the order of the file; what has no place in it comes first. */
export function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((one, other) => lineOf(one) - lineOf(other));
}

function lineOf({ position }: Problem): number {
  return position?.line ?? 0;
}

/** Writes a path as people do: `model_list[0].model_name`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, segment) => {
    if (typeof segment === 'number') return `${text}[${segment}]`;
    return text === '' ? segment : `${text}.${segment}`;
  }, '');
}

/** ` (did you mean X?)` if one of `known` is near enough to be meant, else nothing. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const nearest = nearestName(word, known);
  return nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
}

/** The one of `known` that `word` is most likely a slip of: at most two letters of five differ, three in all. */
export function nearestName(word: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let nearestDistance = Math.min(3, Math.floor(word.length * 0.4)) + 1;
  for (const name of known) {
    const apart = distance(spelling(word), spelling(name));
    if (apart < nearestDistance) [nearest, nearestDistance] = [name, apart];
  }
  return nearest;
}

/** `default-off`, `Default_Off` and `defaultOff` are all `default_off` to whoever wrote them. */
function spelling(word: string): string {
  return word.toLowerCase().replaceAll(/[-_\s]/g, '');
}
