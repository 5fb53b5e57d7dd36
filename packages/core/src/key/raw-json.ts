import type { RawJson } from '../json.ts';

/** What TypeScript's library does not declare yet: JSON.parse source text access (ECMAScript proposal, in Node since 22). */
interface JsonWithSource {
  rawJSON(text: string): RawJson;
  isRawJSON(value: unknown): value is RawJson;
  parse(text: string, reviver: (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown): unknown;
}

const json = JSON as unknown as JsonWithSource;

/** A value that `JSON.stringify` writes as exactly `text`. */
export function rawJson(text: string): RawJson {
  return json.rawJSON(text);
}

export function isRawJson(value: unknown): value is RawJson {
  return json.isRawJSON(value);
}

/** Parses, giving `revive` each number's value and source text. */
export function parseWithNumberSources(text: string, revive: (value: number, source: string) => unknown): unknown {
  return json.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined ? revive(value, source) : value,
  );
}
