/**
 * A parsed request body. `object` beside the JSON types is what `JSON.rawJSON` returns: a number kept by its source text
 * because a double would change it.
 */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject | RawJson;

/** An object of a parsed body. Members may be named anything, `__proto__` included. */
export interface JsonObject {
  [member: string]: JsonValue | undefined;
}

/** What `JSON.rawJSON(text)` returns; test with `JSON.isRawJSON`. */
export interface RawJson {
  readonly rawJSON: string;
}
