import { nearestName } from '@cache/core';
import * as z from 'zod/mini';

/** A member of a config.yaml as Python would have taken it. Absent, `null` and the word `None` say nothing. */
export type Field<T> = z.ZodMiniType<T | undefined>;

const WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  false: false,
  no: false,
  off: false,
};

/** A string; a number or switch that YAML made of one is taken as it was meant. */
export function text(expected: string): Field<string> {
  return field(expected, (value) => {
    if (typeof value !== 'string' && typeof value !== 'number') return undefined;
    return value === '' ? undefined : String(value);
  });
}

/** Like {@link text}, never repeated in a message. */
export function secret(expected: string): Field<string> {
  return field(
    expected,
    (value) => (typeof value === 'string' && value !== '' ? value : undefined),
    () => 'another kind',
  );
}

/** An address; a password in it is not repeated. */
export function url(): Field<string> {
  return field(
    'an http:// or https:// URL',
    (value) => (typeof value === 'string' && /^https?:\/\/./i.test(value) ? value : undefined),
    (value) => {
      const scheme = /^([a-z][a-z0-9+.-]{0,19}):\/\//i.exec(String(value))?.[1];
      if (scheme !== undefined && !/^https?$/i.test(scheme)) return `one with the scheme ${scheme}://`;
      return String(value).includes('@') ? 'one with a user' : shown(value);
    },
  );
}

export function flag(): Field<boolean> {
  return field('true or false', readFlag);
}

/** True, false, or the path of a file. */
export function flagOrPath(): Field<boolean | string> {
  return field('true, false or the path of a PEM file', (value) => {
    return readFlag(value) ?? (typeof value === 'string' && value !== '' ? value : undefined);
  });
}

export function count(least: number): Field<number> {
  return field(`an integer from ${least}`, (value) => {
    const number = readNumber(value);
    return number !== undefined && Number.isSafeInteger(number) && number >= least ? number : undefined;
  });
}

export function positiveSeconds(): Field<number> {
  return field('a number of seconds above 0', (value) => {
    const number = readNumber(value);
    return number !== undefined && number > 0 && Number.isFinite(number) ? number : undefined;
  });
}

export function choice<const T extends string>(choices: readonly T[]): Field<T> {
  return field(`one of ${choices.join(', ')}`, (value) =>
    choices.find((known) => typeof value === 'string' && known === value.toLowerCase()),
  );
}

/** One path, or a list of one or two. */
export function paths(): Field<readonly [string, string?]> {
  return field('a path, or a list of two', (value) => {
    const [first, second, ...more] = Array.isArray(value) ? (value as unknown[]) : [value];
    if (typeof first !== 'string' || first === '' || more.length > 0) return undefined;
    if (second === undefined) return [first];
    return typeof second === 'string' && second !== '' ? [first, second] : undefined;
  });
}

/** Whatever it is. */
export function anything(): Field<unknown> {
  return z.optional(z.unknown());
}

/** A string that fits, and there must be one. */
export function requiredText(expected: string, isFit: (value: string) => boolean): z.ZodMiniType<string> {
  const given = field(expected, (value) => {
    const word = typeof value === 'number' ? String(value) : value;
    return typeof word === 'string' && isFit(word) ? word : undefined;
  });
  return z.pipe(
    given,
    z.transform((value: string | undefined, context): string => {
      if (value !== undefined) return value;
      context.issues.push({ code: 'custom', message: `must be ${expected}, and is missing`, input: value });
      return z.NEVER;
    }),
  );
}

/** A mapping of these members and no others; every other one is told at its own place. */
export function section<Shape extends Readonly<Record<string, z.ZodMiniType>>>(
  shape: Shape,
  what: string,
): z.ZodMiniType<z.output<z.ZodMiniObject<Shape>>> {
  const known = z.object(shape, {
    error: (issue) => `must be a mapping of ${what}, got ${shown(issue.input)}`,
  });
  const unknown = z.custom<never>(() => false, {
    error: ({ path = [] }) => unknownName(String(path.at(-1)), Object.keys(shape), what),
  });
  return z.catchall(known, unknown);
}

/** A {@link section} that may be absent. */
export function mapping<Shape extends Readonly<Record<string, z.ZodMiniType>>>(
  shape: Shape,
  what: string,
): Field<z.output<z.ZodMiniObject<Shape>>> {
  return z.pipe(z.transform(absentAsUndefined), z.optional(section(shape, what)));
}

function unknownName(name: string, known: readonly string[], what: string): string {
  const nearest = nearestName(name, known);
  return `is none of ${what}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
}

function field<T>(
  expected: string,
  read: (value: unknown) => T | undefined,
  show: (value: unknown) => string = shown,
): Field<T> {
  return z.optional(
    z.pipe(
      z.unknown(),
      z.transform((given: unknown, context): T | undefined => {
        const value = absentAsUndefined(given);
        if (value === undefined) return undefined;
        const result = read(value);
        if (result === undefined) {
          const message = `must be ${expected}, got ${show(value)}`;
          context.issues.push({ code: 'custom', message, input: value });
        }
        return result;
      }),
    ),
  );
}

function absentAsUndefined(value: unknown): unknown {
  return value === null || value === 'None' ? undefined : value;
}

function readFlag(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  return typeof value === 'string' && Object.hasOwn(WORDS, value.toLowerCase())
    ? WORDS[value.toLowerCase()]
    : undefined;
}

function readNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}

function shown(value: unknown): string {
  const json = typeof value === 'string' || typeof value !== 'object' ? JSON.stringify(value) : undefined;
  return `${json?.slice(0, 60) ?? (Array.isArray(value) ? 'a list' : 'a mapping')} (${typeof value})`;
}
