import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';

/** A frame of a stack that lies in a file: Node's own begin with `node:` and tell an operator nothing. */
const FRAME_IN_FILE = /^\s+at (?:.*\()?(?<place>(?:file:\/\/|\/|[A-Za-z]:\\).+:\d+:\d+)\)?$/m;

/** What somebody else's code threw, in a line: its message, and where, else `fallbackPlace`. */
export function failureText(error: unknown, fallbackPlace?: string): string {
  const message =
    error instanceof Error ? error.message : inspect(error, { depth: 1, breakLength: Infinity });
  const place = placeOf(error) ?? fallbackPlace;
  const line = message.trim().replaceAll(/\s*\n\s*/g, ' ');
  return place === undefined ? line : `${line} (${place})`;
}

function placeOf(error: unknown): string | undefined {
  const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack : '';
  const place = FRAME_IN_FILE.exec(stack)?.groups?.['place'];
  return place?.startsWith('file:') ? pathWithLine(place) : place;
}

/** `file:///a/b%20c.js:3:7` as `/a/b c.js:3:7`. */
function pathWithLine(place: string): string {
  const [, url = place, line = ''] = /^(.*?)((?::\d+)+)$/.exec(place) ?? [];
  try {
    return fileURLToPath(url) + line;
  } catch {
    return place;
  }
}
