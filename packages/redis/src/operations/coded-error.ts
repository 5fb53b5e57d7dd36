import { CacheError } from '@cache/core';
import type { CacheErrorCode } from '@cache/core';

/** The name of the backend in errors, metrics and logs. */
export const NAME = 'redis';

/** What Redis says of a command that it does not have: all that the command was given. */
const REPEATED_ARGUMENTS = /,? with args beginning with: [^\n]*/g;

/**
 * The client's error as a coded one, with the client's as its cause. What the command was given is taken off the cause: it
 * holds the password of AUTH, or the answer that was to be stored, and errors end up in logs.
 */
export function codedError(operation: string, error: unknown): CacheError {
  if (CacheError.is(error)) return ofConnection(operation, error);
  withoutArguments(error);
  const reason = error instanceof Error ? error.message : String(error);
  const hint = isAboutAccess(error) ? ': the server refuses the user, its password or its rights' : '';
  return new CacheError(codeOf(error), `${NAME}: ${operation} failed${hint}: ${reason}`, {
    backend: NAME,
    operation,
    cause: error,
  });
}

/** An error of the cache's own, not of the client. */
export function ownError(code: CacheErrorCode, operation: string, what: string, cause?: unknown): CacheError {
  return new CacheError(code, `${NAME}: ${operation} ${what}`, {
    backend: NAME,
    operation,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** What the connection says by itself. That the server was silent for too long is no lost connection to whoever waited. */
function ofConnection(operation: string, error: CacheError): CacheError {
  const { cause } = error;
  withoutArguments(error);
  withoutArguments(cause);
  if (error.code !== 'CACHE_BACKEND_UNAVAILABLE' || !says(cause, /^Socket timeout/)) return error;
  return new CacheError('CACHE_BACKEND_TIMEOUT', error.message, { backend: NAME, operation, cause });
}

/** Whether the server has answered, and refuses: trying again changes nothing until somebody changes the access rules. */
export function isAboutAccess(error: unknown): boolean {
  return (
    isReply(error, ['WRONGPASS', 'NOAUTH', 'NOPERM']) || says(error, /invalid password|invalid username/i)
  );
}

/** Whether a script is not known to the server (yet, or since it was restarted). */
export function isScriptMissing(error: unknown): boolean {
  return isReply(error, ['NOSCRIPT']);
}

function codeOf(error: unknown): CacheErrorCode {
  if (takesNoWrites(error)) return 'CACHE_BACKEND_FULL';
  if (isTimeout(error)) return 'CACHE_BACKEND_TIMEOUT';
  if (isUnavailable(error)) return 'CACHE_BACKEND_UNAVAILABLE';
  return 'CACHE_BACKEND_FAILED';
}

/** Out of memory without eviction, a disk that cannot be written, a replica, too few replicas: reads go on. */
function takesNoWrites(error: unknown): boolean {
  return isReply(error, ['OOM', 'MISCONF', 'READONLY', 'NOREPLICAS']);
}

function isTimeout(error: unknown): boolean {
  return codeIn(error, ['ETIMEDOUT']) || says(error, /timed? ?out/i);
}

/** Nobody there who could answer; or somebody who says that he cannot yet, or no more. */
function isUnavailable(error: unknown): boolean {
  if (isReply(error, ['LOADING', 'CLUSTERDOWN', 'MASTERDOWN', 'TRYAGAIN', 'MOVED', 'ASK'])) return true;
  if (isReplyError(error) || !(error instanceof Error)) return false;
  return (
    nameIn(error, ['MaxRetriesPerRequestError', 'ClusterAllFailedError', 'AbortError']) ||
    // Of the system, of DNS and of TLS: ECONNREFUSED, ENOTFOUND, DEPTH_ZERO_SELF_SIGNED_CERT, ...
    ('code' in error && typeof error.code === 'string') ||
    says(
      error,
      /connection is (closed|aborted)|isn't (writeable|ready)|too many cluster redirections|startup nodes|all sentinels|disconnect/i,
    )
  );
}

/** Redis errors begin with a word for the kind of error; those out of a script of an older Redis have it further in. */
function isReply(error: unknown, kinds: readonly string[]): boolean {
  if (!(error instanceof Error)) return false;
  const [first = ''] = error.message.split(' ');
  if (kinds.includes(first)) return true;
  const within = /(?:@user_script:\s*\d+:|Last error: ReplyError:) -?([A-Z]+) /.exec(error.message)?.[1];
  return within !== undefined && kinds.includes(within);
}

function isReplyError(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}

function nameIn(error: Error, names: readonly string[]): boolean {
  return names.includes(error.name);
}

function codeIn(error: unknown, codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function says(error: unknown, pattern: RegExp): boolean {
  return error instanceof Error && pattern.test(error.message);
}

function withoutArguments(error: unknown): void {
  if (!(error instanceof Error)) return;
  if (error.message.search(REPEATED_ARGUMENTS) >= 0) {
    error.message = error.message.replaceAll(REPEATED_ARGUMENTS, '');
    if (error.stack !== undefined) error.stack = error.stack.replaceAll(REPEATED_ARGUMENTS, '');
  }
  const command: unknown = 'command' in error ? error.command : undefined;
  if (typeof command === 'object' && command !== null && 'args' in command) delete command.args;
}
