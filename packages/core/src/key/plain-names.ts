import type { JsonObject, JsonValue } from '../json.ts';
import { endOfString } from './nesting.ts';
import { isRawJson } from './raw-json.ts';

const COLON_NEXT = /\s*:/y;

/**
 * V8 13.6 (Node 24) may misread a member's name that is written with escapes: having parsed `{"q":1,"\\":1}`, it reads the
 * name in `{"q":1,"\u0041":1}` as a backslash, for it compares the text with the name it expects there before decoding it.
 * A name misread so holds a backslash, as expected names must for that; few others do.
 */
export function mayBeMisread(name: string): boolean {
  return name.includes('\\');
}

/** JSON in which every name is replaced by letters and digits, which nothing misreads; undone by {@link withRealNames}. */
export function withPlainNames(text: string): string {
  let plain = '';
  let copied = 0;
  for (let start = text.indexOf('"'); start !== -1; start = text.indexOf('"', start)) {
    const end = endOfString(text, start) + 1;
    COLON_NEXT.lastIndex = end;
    if (COLON_NEXT.test(text)) {
      plain += `${text.slice(copied, start)}"${plainName(text.slice(start, end))}"`;
      copied = end;
    }
    start = end;
  }
  return plain + text.slice(copied);
}

/** The value of which {@link withPlainNames} changed the text. */
export function withRealNames(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null || isRawJson(value)) return value;
  if (Array.isArray(value)) return value.map(withRealNames);
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([name, member]) => [
      realName(name),
      withRealNames(member ?? null),
    ]),
  );
}

/** A string on its own is read rightly. The letter keeps names from being array indices, which would be reordered. */
function plainName(literal: string): string {
  return `x${Buffer.from(JSON.parse(literal) as string, 'utf16le').toString('hex')}`;
}

function realName(plain: string): string {
  return Buffer.from(plain.slice(1), 'hex').toString('utf16le');
}
