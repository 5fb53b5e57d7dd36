import { httpErrorOf } from './http-error.ts';

/** What the log may say of an error nobody made on purpose: its kind and where it arose. */
export interface Unforeseen {
  readonly kind: string;
  /** `ERR_INVALID_ARG_TYPE`, for example. */
  readonly code: string | undefined;
  /** The frames of its stack, the innermost first. */
  readonly at: readonly string[];
}

const MAX_FRAMES = 10;

/**
 * Undefined for an error made on purpose, of which the client is told. Messages are left out: those of foreign errors
 * quote what they were given, such as a prompt or a key.
 */
export function unforeseenIn(error: unknown): Unforeseen | undefined {
  if (httpErrorOf(error).status !== 500) return undefined;
  if (!(error instanceof Error)) return { kind: typeof error, code: undefined, at: [] };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { kind: error.constructor.name, code, at: framesOf(error) };
}

/** The message stands before the first frame, and may have lines that look like one. */
function framesOf({ stack = '', message }: Error): string[] {
  return stack
    .replace(message, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '))
    .slice(0, MAX_FRAMES);
}
