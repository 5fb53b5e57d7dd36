import type { RawJson } from '../json.ts';

/**
 * `JSON.rawJSON` and a reviver's view of the source text: ES2026, in every Node this package runs on. The compiler's
 * library does not describe them yet.
 */
interface JsonWithSourceText {
  readonly rawJSON: (text: string) => RawJson;
  readonly isRawJSON: (value: unknown) => value is RawJson;
}

const json = JSON as unknown as JsonWithSourceText;

/** A primitive that `JSON.stringify` writes as `text`, to the letter. Throws SyntaxError if it is no JSON primitive. */
export const rawJson: (text: string) => RawJson = json.rawJSON;

/** Whether `value` was made by {@link rawJson}: an object that merely has a member `rawJSON` was not. */
export const isRawJson: (value: unknown) => value is RawJson = json.isRawJSON;

/** What a reviver of `JSON.parse` learns beside name and value. */
export interface ReviverContext {
  /** How a primitive was written. Absent for objects and arrays. */
  readonly source?: string;
}
