import { Buffer } from 'node:buffer';

/** What was removed: entries by name, or all whose key starts with a prefix (as `CacheStore.clear` reads it). */
export type Deletion = { readonly keys: readonly string[] } | { readonly prefix: string };

/** What a message of the bus says. */
export type Heard =
  | { readonly type: 'deletion'; readonly from: string; readonly deletion: Deletion }
  /** A later release's: something may have been deleted, and nobody here can tell what. */
  | { readonly type: 'unreadable' };

/** Messages of other kinds may travel on the same bus: ours say so in their first words, and in which version. */
const HEAD = 'llm-cache deleted';
const VERSION = 1;
const MESSAGE = new RegExp(`^${HEAD} ([1-9][0-9]{0,8}) `);

/** The longest message, in bytes of UTF-8. */
export const MAX_MESSAGE_BYTES: number = 64 * 1024;

/** Room for names and keys beside the deletion itself. */
const MAX_LIST_BYTES = MAX_MESSAGE_BYTES - 1024;

/** A character takes six bytes at most in JSON: `\u0000`. */
const MAX_PREFIX_CHARACTERS = Math.floor(MAX_LIST_BYTES / 6);

/** `deletion` as messages of at most {@link MAX_MESSAGE_BYTES} each. */
export function writeMessages(from: string, deletion: Deletion): string[] {
  if ('prefix' in deletion) return [message(from, { prefix: shortened(deletion.prefix) })];
  const messages: string[] = [];
  let list: string[] = [];
  let listBytes = 0;
  for (const key of new Set(deletion.keys)) {
    const bytes = Buffer.byteLength(JSON.stringify(key)) + 1;
    if (bytes > MAX_LIST_BYTES) {
      messages.push(message(from, { prefix: shortened(key) }));
      continue;
    }
    if (listBytes + bytes > MAX_LIST_BYTES) {
      messages.push(message(from, { keys: list }));
      [list, listBytes] = [[], 0];
    }
    list.push(key);
    listBytes += bytes;
  }
  if (list.length > 0) messages.push(message(from, { keys: list }));
  return messages;
}

/** What `text` says; undefined for what is not ours, or is not what it says it is. */
export function readMessage(text: string): Heard | undefined {
  const version = MESSAGE.exec(text);
  if (version === null) return undefined;
  if (Number(version[1]) !== VERSION) return { type: 'unreadable' };
  if (text.length > MAX_MESSAGE_BYTES) return undefined;
  const { from, keys, prefix } = Object(parsed(text.slice(version[0].length))) as Record<string, unknown>;
  if (typeof from !== 'string') return undefined;
  if (typeof prefix === 'string') return { type: 'deletion', from, deletion: { prefix } };
  return isListOfText(keys) ? { type: 'deletion', from, deletion: { keys } } : undefined;
}

function message(from: string, deletion: Deletion): string {
  return `${HEAD} ${VERSION} ${JSON.stringify({ from, ...deletion })}`;
}

/** What is too long to be named is named by its beginning: copies of other entries that go with it are fetched again. */
function shortened(prefix: string): string {
  return prefix.slice(0, MAX_PREFIX_CHARACTERS);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function isListOfText(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((member) => typeof member === 'string');
}
