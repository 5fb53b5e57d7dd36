import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../json.ts';
import { isRawJson } from './raw-json.ts';

/** Strings that have fooled caches before: names of prototypes, our own notation, escapes, unpaired surrogates. */
const TREACHEROUS = [
  '',
  '__proto__',
  'constructor',
  'toString',
  '0',
  'a:b',
  's1:a',
  'n1;',
  ']',
  '"[',
  '\\',
  '[\\\\',
  '\\"{',
  '}',
  '\u0000',
  '\ufffd',
  '\u00e9',
  'e\u0301',
  '\u{1f600}',
];
const UNPAIRED = ['\ud800', '\udfff', '\ud800a', '\\ud800', '"\\ud800"', '\udc00\ud800'];

const codeUnit = fc.nat({ max: 0xff_ff }).map((unit) => String.fromCharCode(unit));

const wellFormedText = fc.oneof(
  fc.constantFrom(...TREACHEROUS),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
);

const anyText = fc.oneof(
  wellFormedText,
  fc.constantFrom(...UNPAIRED),
  fc.string({ unit: codeUnit, maxLength: 8 }),
);

const numbers = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 0.1, 1e21, 1e-7, 5e-324, 2 ** 53 - 1, 100),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

function jsonValues(text: fc.Arbitrary<string>): fc.Arbitrary<JsonValue> {
  return fc.letrec<{ value: JsonValue; container: JsonValue }>((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, fc.constantFrom(null, true, false), text, numbers, tie('container')),
    container: fc.oneof(
      fc.array(tie('value'), { maxLength: 4 }),
      // Object.fromEntries, unlike assignment, makes `__proto__` a member like any other.
      fc.array(fc.tuple(text, tie('value')), { maxLength: 4 }).map((members) => Object.fromEntries(members)),
    ),
  })).value;
}

/** Any JSON value, strings with unpaired surrogates included. Large doubles are in it, numbers kept by source are not. */
export const anyJson: fc.Arbitrary<JsonValue> = jsonValues(anyText);

/** Any JSON value that RFC 8785 allows: every string is well formed. */
export const wellFormedJson: fc.Arbitrary<JsonValue> = jsonValues(wellFormedText);

/** Values from a small world, so that two of them are often equal and otherwise nearly so. */
export const nearlyEqualJson: fc.Arbitrary<JsonValue> = jsonValues(
  fc.constantFrom('', 'a', 'b', 'a:b', '1', ':', 's'),
);

/** A request body. */
export const anyBody: fc.Arbitrary<JsonObject> = fc
  .array(fc.tuple(anyText, anyJson), { maxLength: 5 })
  .map((members) => Object.fromEntries(members));

/** The value with every number a double, and -0 as 0: what any JSON parser makes of it. */
export function asDoubles(value: JsonValue): JsonValue {
  if (typeof value === 'number') return value + 0;
  if (typeof value !== 'object' || value === null) return value;
  if (isRawJson(value)) return Number(value.rawJSON);
  if (Array.isArray(value)) return value.map(asDoubles);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, asDoubles(member as JsonValue)]),
  );
}

/** Picks one of `count` possibilities: 0 to `count - 1`. */
export type Pick = (count: number) => number;

/** A {@link Pick} for properties. */
export const picks: fc.Arbitrary<Pick> = fc
  .gen()
  .map((generate) => (count) => generate(fc.nat, { max: count - 1 }));

/** Writes a value as JSON in one of the many ways that mean the same. */
export function written(value: JsonValue, pick: Pick): string {
  return space(pick) + writtenValue(value, pick) + space(pick);
}

function writtenValue(value: JsonValue, pick: Pick): string {
  if (typeof value === 'string') return writtenString(value, pick);
  if (typeof value === 'number') return writtenNumber(value, pick);
  if (typeof value !== 'object' || value === null || isRawJson(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((element: JsonValue) => written(element, pick)).join(',')}]`;
  return writtenObject(value as JsonObject, pick);
}

/** Members in any order, some after a duplicate that does not count. */
function writtenObject(object: JsonObject, pick: Pick): string {
  const members = Object.entries(object).flatMap(([name, value]) => {
    const member = `${space(pick)}${writtenString(name, pick)}${space(pick)}:${written(value ?? null, pick)}`;
    const duplicate = `${JSON.stringify(name)}:${JSON.stringify(['overruled', 2 ** 60])}`;
    return pick(8) === 0 ? [`${duplicate},${member}`] : [member];
  });
  return `{${shuffled(members, pick).join(',') || space(pick)}}`;
}

function writtenNumber(value: number, pick: Pick): string {
  if (value === 0) return ['0', '-0', '0.0', '0e5', '-0E-1'][pick(5)]!;
  if (!Number.isSafeInteger(value) || Math.abs(value) > 1e14) return JSON.stringify(value);
  return [`${value}`, `${value}.0`, `${value}.00e0`, `${value}E+0`, `${value}0e-1`, `${value}00E-02`][
    pick(6)
  ]!;
}

function writtenString(text: string, pick: Pick): string {
  const units = Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
  const isPair = (index: number): boolean =>
    /^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(index, index + 2));
  let result = '';
  for (let index = 0; index < units.length; index++) {
    const character = isPair(index) ? text.slice(index, index + 2) : text.charAt(index);
    if (pick(3) === 0) result += [...character.split('')].map((unit) => escaped(unit, pick)).join('');
    else if (character === '/') result += ['/', '\\/'][pick(2)]!;
    else result += JSON.stringify(character).slice(1, -1);
    index += character.length - 1;
  }
  return `"${result}"`;
}

function escaped(unit: string, pick: Pick): string {
  const digits = unit.charCodeAt(0).toString(16).padStart(4, '0');
  return `\\u${pick(2) === 0 ? digits : digits.toUpperCase()}`;
}

function space(pick: Pick): string {
  return ['', '', ' ', '\n  ', '\r\n\t'][pick(5)]!;
}

/** The same values in another order. */
export function shuffled<T>(values: readonly T[], pick: Pick): T[] {
  const rest = [...values];
  return Array.from(values, () => rest.splice(pick(rest.length), 1)[0]!);
}
