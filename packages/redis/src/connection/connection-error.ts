import { CacheError } from '@cache/core';

/** What a connection that did not come about, or broke, means to whoever waits for an answer. */
export function connectionError(where: string, reason: Error | undefined): CacheError {
  const said = reason === undefined ? 'the connection was lost' : wordsOf(reason);
  return new CacheError(
    'CACHE_BACKEND_UNAVAILABLE',
    `redis: no connection to ${where}: ${said}${hintFor(reason)}`,
    {
      backend: 'redis',
      ...(reason === undefined ? {} : { cause: reason }),
    },
  );
}

/** ioredis's words for "see the error event": they say nothing of why. */
export function isWithoutReason(error: Error): boolean {
  return (
    error.name === 'MaxRetriesPerRequestError' ||
    error.name === 'AbortError' ||
    /^(Connection is closed\.|All sentinels are unreachable\. Retrying|None of startup nodes is available|Cluster is )/.test(
      error.message,
    )
  );
}

/** Whether the server itself has answered with an error. */
export function isReply(error: Error): boolean {
  return error.name === 'ReplyError';
}

/** What the cluster says when it found nobody is less than why. */
function wordsOf(error: Error): string {
  const { lastNodeError } = error as { readonly lastNodeError?: unknown };
  return lastNodeError instanceof Error ? lastNodeError.message : error.message;
}

const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|CERT_UNTRUSTED|CERT_SIGNATURE_FAILURE)$/,
    'who signed its certificate is not trusted: ssl_ca_certs (tls.caFile) names the file of its authority',
  ],
  [/^CERT_HAS_EXPIRED$/, 'its certificate has expired'],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'its certificate is for another host: connect by a name in it, or set ssl_check_hostname: false (tls.checkHostname) to accept any that is signed by the authority',
  ],
  [
    /ALERT_CERTIFICATE_REQUIRED|ALERT_HANDSHAKE_FAILURE|ALERT_BAD_CERTIFICATE|ALERT_UNKNOWN_CA/,
    'it wants a client certificate it trusts: ssl_certfile and ssl_keyfile (tls.certificateFile, tls.keyFile)',
  ],
  [/WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG/, 'it does not speak TLS: is ssl meant to be on?'],
];

function hintFor(reason: Error | undefined): string {
  const code = codeOf(reason);
  const hint = HINTS.find(([pattern]) => pattern.test(code))?.[1];
  return hint === undefined ? '' : ` (${hint})`;
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { code, lastNodeError } = error as { readonly code?: unknown; readonly lastNodeError?: unknown };
  return typeof code === 'string' ? code : codeOf(lastNodeError);
}
