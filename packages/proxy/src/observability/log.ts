import { pino, type DestinationStream, type Level, type Logger } from 'pino';
import { heldLines } from './held-lines.ts';
import { prettyLine } from './pretty.ts';

export interface LogOptions {
  /** The least that is written. Default `info`. */
  readonly level?: Level | 'silent';
  /** Lines for a person instead of JSON. Default: whether standard output is a terminal; false for a `destination`. */
  readonly pretty?: boolean;
  /** A file descriptor, or anything that takes lines. Default: standard output. */
  readonly destination?: number | DestinationStream;
}

/** Where everything the proxy says goes. */
export interface Log {
  /** Hides secrets by the names of their members, up to two levels deep. */
  readonly logger: Logger;
  /**
   * Does not look for secrets, and costs half: for lines whose members are fixed and known to hold none, written for
   * every request.
   */
  readonly unchecked: Logger;
  /** Resolves once everything said before is written. Logging afterwards is fine. */
  flush(): Promise<void>;
}

const SECRET_MEMBERS = [
  'api-key',
  'apiKey',
  'api_key',
  'authorization',
  'cookie',
  'masterKey',
  'master_key',
  'password',
  'proxy-authorization',
  'set-cookie',
  'x-api-key',
];

/**
 * One JSON object a line: `level`, `time` (ISO 8601), the members given, `msg`. Buffered, and flushed when the process
 * exits, however it does short of SIGKILL.
 */
export function createLogger(options: LogOptions = {}): Log {
  const { level = 'info', destination = 1 } = options;
  const isDefault = options.destination === undefined;
  const { pretty = isDefault && process.stdout.isTTY } = options;
  const output = typeof destination === 'number' ? buffered(destination, pretty) : unbuffered(destination);
  const logger = pino(
    {
      level,
      base: null,
      timestamp: isoTime(),
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_MEMBERS.flatMap(pathsOf), censor: '[hidden]' },
    },
    pretty ? { write: (line: string) => output.stream.write(prettyLine(line)) } : output.stream,
  );
  return { logger, unchecked: logger.child({}, { redact: [] }), flush: output.flush };
}

/** `time` in ISO 8601, rendered once a millisecond: under load that is once for many lines. */
function isoTime(): () => string {
  let renderedAt = Number.NaN;
  let rendered = '';
  return () => {
    const now = Date.now();
    if (now !== renderedAt) {
      renderedAt = now;
      rendered = `,"time":"${new Date(now).toISOString()}"`;
    }
    return rendered;
  };
}

interface Output {
  readonly stream: DestinationStream;
  readonly flush: () => Promise<void>;
}

/** A person wants to see a line when it is said; a collector does not mind. */
function buffered(fileDescriptor: number, pretty: boolean): Output {
  // Without a minLength sonic-boom's flush() does not wait for what is being written.
  const stream = pino.destination({ dest: fileDescriptor, sync: pretty, minLength: pretty ? 0 : 1 });
  if (pretty) return { stream, flush: nothingHeld };
  const held = heldLines(stream);
  process.once('exit', () => {
    held.release();
    stream.flushSync();
  });
  const flush = (): Promise<void> => {
    held.release();
    return new Promise((resolve, reject) => {
      stream.flush((error) => (error === undefined || isHarmless(error) ? resolve() : reject(error)));
    });
  };
  return { stream: held, flush };
}

/** A pipe or a terminal knows no fsync, its lines are written all the same; of a closed pipe (EPIPE) nobody reads. */
function isHarmless(error: NodeJS.ErrnoException | null): boolean {
  return error === null || ['EINVAL', 'ENOTSUP', 'EPIPE'].includes(error.code ?? '');
}

function unbuffered(stream: DestinationStream): Output {
  return { stream, flush: nothingHeld };
}

function nothingHeld(): Promise<void> {
  return Promise.resolve();
}

function pathsOf(member: string): string[] {
  return [`["${member}"]`, `*["${member}"]`, `*.*["${member}"]`];
}
