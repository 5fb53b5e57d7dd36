import { parseJsonBody } from '../../key/parse-body.ts';
import { isRawJson } from '../../key/raw-json.ts';
import type { JsonObject, JsonValue } from '../../json.ts';

/**
 * The JSON object in `text` (bytes: UTF-8), or undefined if it holds something else, or nests deeper than 512. Never throws. Numbers a
 * double would change keep their source text.
 */
export function parseObject(text: string | Uint8Array): JsonObject | undefined {
  try {
    return parseJsonBody(text);
  } catch {
    return undefined;
  }
}

/** A JSON object; not an array, and not a number kept by its source text. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawJson(value);
}

export function isArray(value: unknown): value is JsonValue[] {
  return Array.isArray(value);
}

/** Whether two values that are neither objects nor arrays are the same. */
export function isSameScalar(one: JsonValue, other: JsonValue): boolean {
  if (isRawJson(one) && isRawJson(other)) return one.rawJSON === other.rawJSON;
  return one === other;
}

/** A member of its own, never one of `Object.prototype`. */
export function ownMember(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Sets a member whatever its name: assigning to `__proto__` would set the prototype instead. */
export function putMember(object: JsonObject, name: string, value: JsonValue): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true });
  } else {
    object[name] = value;
  }
}

/** A string with something in it. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
