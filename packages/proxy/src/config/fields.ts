import { z } from 'zod';
import type { MockResponse } from './types.ts';

/**
 * The leaves of the schema. Each takes what the file, or a variable of the environment, may hold; null and absent are the
 * same. The message of an issue is what was expected; what was found is added where the problem is written.
 */
export type Field<T> = z.ZodType<T | undefined>;

const NUMBER = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/;
const TRUE_WORDS = new Set(['true', 'yes', 'on', '1']);
const FALSE_WORDS = new Set(['false', 'no', 'off', '0']);

/** What reading a leaf gives where the value is of another kind. */
const UNFIT: unique symbol = Symbol('unfit');

function field<T>(
  expected: string,
  read: (value: unknown) => T | typeof UNFIT,
  choices: readonly string[] = [],
): Field<T> {
  const leaf = z.unknown().transform((value, context) => {
    if (value === null || value === undefined) return undefined;
    const fit = read(value);
    if (fit !== UNFIT) return fit;
    context.addIssue({ code: 'custom', message: expected, params: { choices } });
    return z.NEVER;
  });
  // zod takes a member for missing, whatever reads it, unless it is optional.
  return leaf.optional();
}

/** Makes an absent value a problem. */
export function required<T>(schema: Field<T>, expected: string): z.ZodType<T> {
  return schema.transform((value, context) => {
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });
}

/** A text. A number is taken as it is shown, as Python's str() would; empty is absent. */
export function text(expected: string = 'a string'): Field<string> {
  const schema = field(expected, (value) => {
    if (typeof value === 'number') return String(value);
    return typeof value === 'string' ? value : UNFIT;
  });
  return schema.transform((value) => value || undefined);
}

/**
 * A string that must say something if it is given at all: an empty master key is a mistake, not an open door. The blanks
 * around it, such as the line break at the end of a file with a secret, are nobody's: no header can carry them.
 */
export function nonEmptyText(expected: string): Field<string> {
  return field(expected, (value) => (typeof value === 'string' && value.trim()) || UNFIT);
}

/** A text that is sent in a header, without the blanks around it. */
export function headerText(): Field<string> {
  const schema = text().transform((value) => value?.trim() || undefined);
  return schema.refine((value) => value === undefined || isHeaderValue(value), {
    error: 'a string that fits into a header (no line breaks or control characters, nothing beyond Latin-1)',
  });
}

/** A text, or a number as it is shown, of a given form. */
export function textLike(expected: string, pattern: RegExp): Field<string> {
  return field(expected, (value) => {
    const shown = typeof value === 'number' ? String(value) : value;
    return typeof shown === 'string' && pattern.test(shown) ? shown : UNFIT;
  });
}

/** An http or https URL; empty is absent. */
export function httpUrl(): Field<string> {
  const schema = field('an http or https URL', (value) => {
    if (value === '') return '';
    return typeof value === 'string' && /^https?:\/\//i.test(value) && URL.canParse(value) ? value : UNFIT;
  });
  return schema.transform((value) => value || undefined);
}

export function mockResponse(): Field<MockResponse> {
  return field('a text, a whole response or a list', (value) => {
    if (typeof value === 'string' || Array.isArray(value) || isMapping(value)) return value;
    return typeof value === 'number' ? String(value) : UNFIT;
  });
}

export function choice<const Choice extends string>(choices: readonly Choice[]): Field<Choice> {
  const expected = `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
  return field(expected, (value) => choices.find((each) => each === value) ?? UNFIT, choices);
}

/** True and false as Python writes them, and the words YAML and people use for them. */
export function flag(): Field<boolean> {
  return field('true or false', (value) => {
    if (typeof value === 'boolean') return value;
    const word = String(value).toLowerCase();
    if (TRUE_WORDS.has(word)) return true;
    return FALSE_WORDS.has(word) ? false : UNFIT;
  });
}

/** A finite number, or its text; an empty text is absent. */
export function number(expected: string, accepts: (value: number) => boolean): Field<number> {
  const absent = Symbol('absent');
  const schema = field<number | typeof absent>(expected, (value) => {
    if (value === '') return absent;
    const read = typeof value === 'string' && NUMBER.test(value.trim()) ? Number(value) : value;
    return typeof read === 'number' && Number.isFinite(read) && accepts(read) ? read : UNFIT;
  });
  return schema.transform((value) => (value === absent ? undefined : value));
}

export function seconds(): Field<number> {
  return number('a number of seconds, 0 or more', (value) => value >= 0);
}

export function positiveSeconds(): Field<number> {
  return number('a number of seconds above 0', (value) => value > 0);
}

export function count(): Field<number> {
  return number('a whole number, 0 or more', (value) => Number.isInteger(value) && value >= 0);
}

export function positiveCount(): Field<number> {
  return number('a whole number above 0', (value) => Number.isInteger(value) && value > 0);
}

export function textList(): Field<readonly string[]> {
  return field('a list of strings', (value) =>
    Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : UNFIT,
  );
}

/** LiteLLM takes one name where it documents a list of names. */
export function textOrList(): Field<readonly string[]> {
  return field('a string or a list of strings', (value) => {
    if (typeof value === 'string') return value === '' ? [] : [value];
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : UNFIT;
  });
}

export function mapping(): Field<Readonly<Record<string, unknown>>> {
  return field('a mapping', (value) => (isMapping(value) ? value : UNFIT));
}

/** Headers by name. Those that frame a message are the connection's own business. */
export function headerMapping(): Field<Readonly<Record<string, string>>> {
  const expected = 'a mapping of header names to strings that fit into a header, none about framing';
  return field(expected, (value) => {
    if (!isMapping(value) || !Object.values(value).every(isScalarValue)) return UNFIT;
    const headers = Object.entries(value).map(([name, member]): [string, string] => [name, String(member)]);
    return headers.every(([name, text]) => isHeaderName(name) && isHeaderValue(text))
      ? Object.fromEntries(headers)
      : UNFIT;
  });
}

const FRAMING: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

/** A token of RFC 9110 section 5.6.2. */
function isHeaderName(name: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) && !FRAMING.has(name.toLowerCase());
}

/** RFC 9110 section 5.5. */
function isHeaderValue(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isScalarValue(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** The object without its undefined members: in a configuration, absent is absent. */
export type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

export function present<T extends object>(members: T): Present<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Present<T>;
}

/** A section. Unknown members are kept: naming them is a warning, made elsewhere. */
export function section<const Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$loose> {
  return z.looseObject(shape, { error: 'a mapping' });
}
