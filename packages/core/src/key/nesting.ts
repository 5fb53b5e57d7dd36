const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Whether the JSON in `text` has more than `most` objects and arrays inside each other. Read off the text, because a
 * parser builds all of them first: ten million brackets are seconds of work and hundreds of megabytes.
 *
 * Of text that is no JSON it says something, quickly; the parser refuses it anyway.
 */
export function nestsDeeperThan(most: number, text: string): boolean {
  let nesting = 0;
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case QUOTE:
        index = endOfString(text, index);
        break;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        nesting++;
        if (nesting > most) return true;
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        nesting--;
        break;
    }
  }
  return false;
}

/** The index of the quote that closes the string opened at `start`; the end of the text if none does. */
export function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, index: number): boolean {
  let first = index;
  while (text.charCodeAt(first - 1) === BACKSLASH) first--;
  return (index - first) % 2 === 1;
}
