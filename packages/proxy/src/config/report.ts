import type { z } from 'zod';
import type { Reference } from './environment.ts';
import { ConfigError, didYouMean, formatPath, inOrder } from './problem.ts';
import type { Path, Position, Problem, ReadableCache } from './problem.ts';

/** What a report needs to know of the file it is about. */
export interface ReportSource {
  readonly file?: string;
  readonly locate: (path: Path) => Position;
  /** Places whose values came from the environment. */
  readonly references: readonly Reference[];
}

/** Members whose values are never shown, whatever is wrong with them. */
const SECRET = /key|password|secret|token|credential|url|base|header|service_account/i;
const LONGEST_SHOWN = 60;

/** Gathers everything wrong with a file, so that it is said at once. */
export class Report {
  readonly #source: ReportSource;
  readonly #problems: Problem[] = [];
  readonly #warnings: Problem[] = [];
  readonly #settled = new Set<string>();

  constructor(source: ReportSource) {
    this.#source = source;
  }

  get warnings(): readonly Problem[] {
    return this.#warnings;
  }

  /** At most one problem per place: the first is the cause, the rest would follow from it. */
  problem(path: Path, message: string): void {
    if (this.#isSettled(path)) return;
    this.#settled.add(formatPath(path));
    this.#problems.push(this.at(path, message));
  }

  warning(path: Path, message: string): void {
    this.#warnings.push(this.at(path, message));
  }

  /**
   * As {@link check}, and what the schema reads of a mapping without the members that are wrong, so that whoever judges the
   * others is asked as well. Undefined where that cannot be read either.
   */
  checkMembers<T>(schema: z.ZodType<T>, value: Readonly<Record<string, unknown>>, path: Path): T | undefined {
    const whole = this.check(schema, value, path);
    if (whole !== undefined) return whole;
    const rest = Object.entries(value).filter(([name]) => !this.hasProblemIn(path, [name]));
    return schema.safeParse(Object.fromEntries(rest)).data;
  }

  /** The value as the schema reads it, or undefined after reporting each of its issues. */
  check<T>(schema: z.ZodType<T>, value: unknown, path: Path): T | undefined {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    for (const issue of result.error.issues) {
      const within = issue.path.filter((segment) => typeof segment !== 'symbol');
      const found = within.reduce<unknown>(
        (parent, segment) => (parent as Record<string, unknown>)[segment],
        value,
      );
      const place = [...path, ...within];
      this.problem(
        place,
        `expected ${issue.message}, found ${this.#show(found, place)}${suggestion(issue, found)}`,
      );
    }
    return undefined;
  }

  /** @param readable what could be read all the same; see {@link ConfigError.readable}. */
  throwIfAny(readable?: ReadableCache): void {
    if (this.#problems.length === 0) return;
    throw new ConfigError(inOrder(this.#problems), inOrder(this.#warnings), readable);
  }

  /** Whether something is wrong with one of these members of `path`. */
  hasProblemIn(path: Path, names: readonly string[]): boolean {
    return names.some((name) => {
      const place = formatPath([...path, name]);
      return [...this.#settled].some(
        (each) => each === place || each.startsWith(`${place}.`) || each.startsWith(`${place}[`),
      );
    });
  }

  at(path: Path, message: string): Problem {
    const place = { position: this.#source.locate(path), path: formatPath(path), message };
    return this.#source.file === undefined ? place : { file: this.#source.file, ...place };
  }

  #isSettled(path: Path): boolean {
    return path.some((_, index) => this.#settled.has(formatPath(path.slice(0, index + 1))));
  }

  #show(value: unknown, path: Path): string {
    if (value === undefined || value === null) return 'nothing';
    if (Array.isArray(value))
      return value.every((item) => typeof item === 'string') ? 'a list' : 'a list of other things';
    if (typeof value === 'object') return 'a mapping';
    const variable = this.#variableOf(path);
    if (variable !== undefined) return `something else in the environment variable ${variable}`;
    const isSecret = path.some((segment) => typeof segment === 'string' && SECRET.test(segment));
    if (isSecret) return value === '' ? 'an empty string' : `a ${typeof value} (not shown)`;
    const shown = typeof value === 'string' ? JSON.stringify(value) : `${value as number | boolean}`;
    return shown.length > LONGEST_SHOWN ? `${shown.slice(0, LONGEST_SHOWN)}...` : shown;
  }

  #variableOf(path: Path): string | undefined {
    return this.#source.references.find((reference) => formatPath(reference.path) === formatPath(path))
      ?.variable;
  }
}

function suggestion(issue: z.core.$ZodIssue, found: unknown): string {
  if (issue.code !== 'custom' || typeof found !== 'string') return '';
  const choices: unknown = issue.params?.['choices'];
  return Array.isArray(choices) ? didYouMean(found, choices.map(String)) : '';
}
