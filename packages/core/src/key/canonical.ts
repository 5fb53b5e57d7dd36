import type { JsonObject, JsonValue } from '../json.ts';
import { isRawJson } from './raw-json.ts';

const NOTHING_OMITTED: ReadonlySet<string> = new Set();

/**
 * The one text of a JSON value: equal for equal values however they were written, different for different values. Each
 * value begins with its type, and whatever may hold any character says its length first, so the text can be read back:
 * that is why two values cannot share it, nor two sequences of values.
 *
 * | value | text |
 * |---|---|
 * | null, true, false | `z`, `t`, `f` |
 * | number | `n`, as JavaScript writes it, `;` (so `1`, `1.0` and `10e-1` are one, and `-0` is `0`) |
 * | number kept by its source text | `r`, length, `:`, source |
 * | string | `s`, length in UTF-16 code units, `:`, the characters, not normalised |
 * | string with lone surrogates | `j`, length, `:`, its JSON text: UTF-8, which hashes see, has no lone surrogates |
 * | array | `[`, elements, `]` |
 * | object | `{`, name and value of each member, sorted by the names' UTF-16 code units, `}` |
 *
 * From 2^53 on, `1e16` and `10000000000000000` are two: a needless miss, never a wrong hit.
 *
 * Members that are undefined do not count, as in `JSON.stringify`. The value is walked recursively and never copied: its
 * depth must be bounded (see `parseJsonBody`).
 *
 * @param omit names left out at the top level only.
 */
export function canonicalForm(value: JsonValue, omit: ReadonlySet<string> = NOTHING_OMITTED): string {
  if (typeof value === 'string') return stringForm(value);
  if (typeof value === 'number') return `n${value};`;
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (value === null) return 'z';
  if (isArray(value)) return arrayForm(value);
  if (isRawJson(value)) return `r${value.rawJSON.length}:${value.rawJSON}`;
  return objectForm(value, omit);
}

function stringForm(text: string): string {
  if (text.isWellFormed()) return `s${text.length}:${text}`;
  const escaped = JSON.stringify(text);
  return `j${escaped.length}:${escaped}`;
}

function arrayForm(elements: readonly JsonValue[]): string {
  let form = '[';
  for (const element of elements) form += canonicalForm(element);
  return `${form}]`;
}

function objectForm(object: JsonObject, omit: ReadonlySet<string>): string {
  let form = '{';
  for (const name of Object.keys(object).sort()) {
    const value = object[name];
    if (value === undefined || omit.has(name)) continue;
    form += stringForm(name) + canonicalForm(value);
  }
  return `${form}}`;
}

/** `Array.isArray` does not narrow to a readonly array. */
function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
