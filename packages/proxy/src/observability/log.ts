import { pino, stdTimeFunctions, type DestinationStream, type Level, type Logger } from 'pino';
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

/** Lines are held back until there are this many bytes of them, or for this long: a hit never waits for the disk. */
const BUFFER_BYTES = 8192;
const FLUSH_MILLISECONDS = 500;

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
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_MEMBERS.flatMap(pathsOf), censor: '[hidden]' },
    },
    pretty ? { write: (line: string) => output.stream.write(prettyLine(line)) } : output.stream,
  );
  return { logger, unchecked: logger.child({}, { redact: [] }), flush: output.flush };
}

interface Output {
  readonly stream: DestinationStream;
  readonly flush: () => Promise<void>;
}

/** A person wants to see a line when it is said; a collector does not mind. */
function buffered(fileDescriptor: number, pretty: boolean): Output {
  const stream = pino.destination({
    dest: fileDescriptor,
    sync: pretty,
    ...(pretty ? {} : { minLength: BUFFER_BYTES, periodicFlush: FLUSH_MILLISECONDS }),
  });
  const flush = (): Promise<void> =>
    new Promise((resolve, reject) => {
      stream.flush((error) => (error === undefined || isHarmless(error) ? resolve() : reject(error)));
    });
  return { stream, flush: pretty ? nothingHeld : flush };
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
