const RESERVED: ReadonlySet<string> = new Set(['level', 'time', 'msg', 'err']);

/** What ends a line, starts a colour or moves a cursor: a client's model name may hold it, a terminal obeys it. */
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/g;

/**
 * One line of the log for a person: `12:00:01 info  request model=demo cache=hit status=200`. A line that is no JSON
 * object comes out as it went in; the stack of an error follows on lines of its own.
 */
export function prettyLine(line: string): string {
  const record = parsed(line);
  if (record === undefined) return line;
  const { level, time, msg, err } = record;
  const clock = typeof time === 'string' ? time.slice(11, 19) : '';
  const members = Object.entries(record)
    .filter(([name]) => !RESERVED.has(name))
    .map(([name, value]) => `${name}=${shown(value)}`);
  const head = [clock, String(level).padEnd(5), ...(msg === undefined ? [] : [shown(msg)]), ...members].join(
    ' ',
  );
  return `${head}\n${stackOf(err)}`;
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replaceAll(CONTROL_CHARACTERS, ' ');
}

function stackOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { stack, message } = error as { stack?: unknown; message?: unknown };
  const text = typeof stack === 'string' ? stack : String(message);
  return text
    .split('\n')
    .map((line) => `    ${shown(line.trim())}\n`)
    .join('');
}
