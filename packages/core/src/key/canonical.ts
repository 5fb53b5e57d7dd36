import type { JsonObject, JsonValue, RawJson } from '../json.ts';
import { isRawJson } from './raw-json.ts';

/**
 * One text for each JSON value, another text for each other one. It is read from the front without looking back: every
 * part says its type and how long it is before it says what it is, so no value can imitate another.
 *
 * - `null` `n`, `true` `t`, `false` `f`
 * - numbers `d<shortest decimal>;`: `1`, `1.0` and `1e0` are one, `-0` is `0`; numbers a double would change `r<source>;`
 * - strings `s<length>:<text>`; those with a lone surrogate, which UTF-8 cannot hold, `u<length>:<JSON escape>`
 * - arrays `a<count>:` and their items; objects `o<count>:` and name, value for each member, names in UTF-16 order
 *
 * Strings are not normalised: two that only look alike are two.
 * @param omit names left out at the top level.
 */
export function canonicalForm(value: JsonValue, omit?: ReadonlySet<string>): string {
  switch (typeof value) {
    case 'string':
      return canonicalString(value);
    case 'number':
      return `d${Object.is(value, -0) ? 0 : value};`;
    case 'boolean':
      return value ? 't' : 'f';
    default:
      return canonicalObject(value, omit);
  }
}

function canonicalObject(value: null | readonly JsonValue[] | JsonObject | RawJson, omit?: ReadonlySet<string>): string {
  if (value === null) return 'n';
  if (Array.isArray(value)) return canonicalArray(value as readonly JsonValue[]);
  if (isRawJson(value)) return `r${value.rawJSON};`;
  return canonicalMembers(value as JsonObject, omit);
}

function canonicalArray(items: readonly JsonValue[]): string {
  let text = `a${items.length}:`;
  for (const item of items) text += canonicalForm(item);
  return text;
}

function canonicalMembers(object: JsonObject, omit: ReadonlySet<string> | undefined): string {
  const all = Object.keys(object);
  const names = omit === undefined ? all : all.filter((name) => !omit.has(name));
  names.sort();
  let text = `o${names.length}:`;
  for (const name of names) text += canonicalString(name) + canonicalForm(object[name] ?? null);
  return text;
}

function canonicalString(text: string): string {
  if (text.isWellFormed()) return `s${text.length}:${text}`;
  const escaped = JSON.stringify(text);
  return `u${escaped.length}:${escaped}`;
}
