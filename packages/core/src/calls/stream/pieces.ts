/** A word longer than this is cut: languages without spaces must come in pieces too. */
const MAX_WORD_LENGTH = 40;

/**
 * Cuts a text into at most `maxPieces` pieces that joined give the text again: words with the white space after them, in a
 * long text several at a time. Never inside a surrogate pair.
 */
export function* piecesOf(text: string, maxPieces: number): Generator<string, void, undefined> {
  const minLength = Math.ceil(text.length / maxPieces);
  let start = 0;
  while (start < text.length) {
    const end = endOfPiece(text, start + minLength, start + minLength + MAX_WORD_LENGTH);
    yield text.slice(start, end);
    start = end;
  }
}

function endOfPiece(text: string, earliest: number, latest: number): number {
  let end = earliest;
  while (end < latest && end < text.length && !isBoundary(text, end)) end++;
  if (end < text.length && isInsidePair(text, end)) end++;
  return Math.min(end, text.length);
}

/** Between white space and the next word. */
function isBoundary(text: string, at: number): boolean {
  return isSpace(text.charCodeAt(at - 1)) && !isSpace(text.charCodeAt(at));
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

function isInsidePair(text: string, at: number): boolean {
  const [before, after] = [text.charCodeAt(at - 1), text.charCodeAt(at)];
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}
