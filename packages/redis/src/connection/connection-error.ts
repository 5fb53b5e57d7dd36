import { CacheError } from '@cache/core';

/** What is known of a connection that did not come about, or broke. */
export interface Outage {
  /** Where it was to. */
  readonly where: string;
  /** What the socket, TLS or the server last said, if anything. */
  readonly reason: Error | undefined;
  /** Whether TLS was spoken. */
  readonly tls: boolean;
  /** Whether there ever was a connection: if there was, TLS is not what is wrong. */
  readonly stoodBefore: boolean;
}

/** What an outage means to whoever waits for an answer. */
export function connectionError(outage: Outage): CacheError {
  const { where, reason } = outage;
  const said = reason === undefined ? 'the connection was lost' : wordsOf(reason);
  const hint = hintFor(outage);
  return new CacheError(
    isSilence(reason) ? 'CACHE_BACKEND_TIMEOUT' : 'CACHE_BACKEND_UNAVAILABLE',
    `redis: no connection to ${where}: ${said}${hint === undefined ? '' : ` (${hint})`}`,
    { backend: 'redis', ...(reason === undefined ? {} : { cause: reason }) },
  );
}

/** ioredis's words for "see the error event": they say nothing of why. */
export function isWithoutReason(error: Error): boolean {
  return (
    error.name === 'MaxRetriesPerRequestError' ||
    error.name === 'AbortError' ||
    /^(Connection is closed\.|All sentinels are unreachable|None of startup nodes is available|Failed to refresh slots|Cluster is )/.test(
      error.message,
    )
  );
}

/** Whether the server itself has answered with an error. */
export function isReply(error: Error): boolean {
  return error.name === 'ReplyError';
}

/** ioredis's own time limits: to connect, and for the next byte. */
function isSilence(reason: Error | undefined): boolean {
  return codeOf(reason) === 'ETIMEDOUT' || reason?.message.startsWith('Socket timeout.') === true;
}

/** OpenSSL's errors have a short reason beside a message with addresses and line numbers. */
function wordsOf(error: Error): string {
  const { reason } = error as { readonly reason?: unknown };
  if (typeof reason === 'string' && codeOf(error).startsWith('ERR_SSL')) return reason;
  // ioredis takes a server of another kind for a fault of its own.
  return error.message.replace(/\. Please report this\.$/, '');
}

const SSL = 'ssl (tls)';

const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|CERT_UNTRUSTED|CERT_SIGNATURE_FAILURE)$/,
    'who signed its certificate is not trusted: ssl_ca_certs (tls.caFile) names the file of its authority',
  ],
  [/^CERT_HAS_EXPIRED$/, 'its certificate has expired'],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'its certificate is for another host: connect by a name in it, or set ssl_check_hostname: false (tls.checkHostname) to take any that the authority signed',
  ],
  [
    /ALERT_CERTIFICATE_REQUIRED|ALERT_HANDSHAKE_FAILURE|ALERT_BAD_CERTIFICATE|ALERT_UNKNOWN_CA/,
    'it wants a client certificate that it trusts: ssl_certfile and ssl_keyfile (tls.certificateFile, tls.keyFile)',
  ],
  [/WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG/, `it does not speak TLS: is ${SSL} meant to be on?`],
];

/** Of a first connection: what another kind of server makes ioredis say. */
const HINTS_AT_FIRST: readonly (readonly [RegExp, string])[] = [
  [
    /^Unknown RESP type|^Protocol error/i,
    "it does not speak Redis's protocol: is it the port of another server?",
  ],
  [
    /unknown command [`']sentinel[`']/i,
    'it is a Redis, not a Sentinel: sentinel_nodes (sentinels) names Sentinels, usually on port 26379',
  ],
];

function isAboutDatabase(reason: Error | undefined): boolean {
  return /DB index|'select' command|SELECT is not allowed/i.test(reason?.message ?? '');
}

function hintFor({ reason, tls, stoodBefore }: Outage): string | undefined {
  const code = codeOf(reason);
  if (isAboutDatabase(reason)) return 'it is about the database: db (database), 0 unless another is given';
  const known = HINTS.find(([pattern]) => pattern.test(code))?.[1];
  if (known !== undefined || stoodBefore) return known;
  const atFirst = HINTS_AT_FIRST.find(([pattern]) => pattern.test(reason?.message ?? ''))?.[1];
  if (atFirst !== undefined) return atFirst;
  // A Redis that is spoken to in the other way waits for more, or hangs up.
  if (tls && code === 'ETIMEDOUT') return `a server without TLS stays silent: is ${SSL} meant to be on?`;
  if (!tls && (reason === undefined || code === 'ECONNRESET'))
    return `a server with TLS hangs up: ${SSL} switches it on`;
  return undefined;
}

function codeOf(error: Error | undefined): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : '';
}
