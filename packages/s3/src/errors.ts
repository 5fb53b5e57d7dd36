import { CacheError, type CacheErrorCode } from '@cache/core';

/** The members of the SDK's errors that matter here, whatever threw. */
interface ClientError {
  readonly name?: unknown;
  readonly message?: unknown;
  /** Of Node's own errors: `ECONNREFUSED`, `DEPTH_ZERO_SELF_SIGNED_CERT`, ... */
  readonly code?: unknown;
  /** What S3 says of a wrong region. */
  readonly Region?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

const CREDENTIAL_ADVICE =
  'check s3_aws_access_key_id, s3_aws_secret_access_key and s3_aws_session_token, or the AWS credentials of this process';
const REGION_ADVICE = 'set s3_region_name to the region of the bucket';

/** What to do about an answer of the server, by its error code. */
const ADVICE: Readonly<Record<string, string>> = {
  NoSuchBucket:
    'the bucket does not exist: create it, or set s3_create_bucket (in code: createBucket) to true',
  InvalidAccessKeyId: `the access key is unknown: ${CREDENTIAL_ADVICE}`,
  SignatureDoesNotMatch: `the secret key is not that of the access key: ${CREDENTIAL_ADVICE}`,
  InvalidToken: `the session token is wrong: ${CREDENTIAL_ADVICE}`,
  ExpiredToken: `the session token has expired: ${CREDENTIAL_ADVICE}`,
  CredentialsProviderError: `there are no credentials: ${CREDENTIAL_ADVICE}`,
  AccessDenied:
    'access is denied: allow s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject on its objects',
  RequestTimeTooSkewed: "this machine's clock is wrong: set it",
  PermanentRedirect: `the bucket is elsewhere: ${REGION_ADVICE}`,
  AuthorizationHeaderMalformed: `the region is wrong: ${REGION_ADVICE}`,
  BucketAlreadyExists: 'the bucket belongs to somebody else: choose another s3_bucket_name',
};

const NO_ROOM: ReadonlySet<string> = new Set([
  'InsufficientStorage',
  'QuotaExceeded',
  'XMinioAdminBucketQuotaExceeded',
  'XMinioStorageFull',
]);

/** Parts of an error answer that repeat what was signed, a session token among it. */
const REPEATED_SECRETS: readonly string[] = [
  ...['AWSAccessKeyId', 'SignatureProvided', 'StringToSign', 'StringToSignBytes'],
  ...['CanonicalRequest', 'CanonicalRequestBytes', 'Token-0'],
];

/** What the SDK calls an answer without a code. */
const NAMELESS = /^(\d*|Error|Unknown|UnknownError|Forbidden)$/;

/** The server's or the SDK's code of an error: `NoSuchKey`, `TimeoutError`. */
export function errorName(error: unknown): string {
  const { name } = asClientError(error);
  return typeof name === 'string' ? name : '';
}

/** The HTTP status of the answer; undefined if there was none. */
export function errorStatus(error: unknown): number | undefined {
  return asClientError(error).$metadata?.httpStatusCode;
}

/** @param place the bucket, its region and endpoint, in words. */
export function codedError(error: unknown, operation: string, place: string): CacheError {
  if (CacheError.is(error)) return error;
  const message = `s3: ${operation} failed on ${place}: ${reasonOf(error)}`;
  forgetSecrets(error);
  return new CacheError(codeOf(error), message, { backend: 's3', operation, cause: error });
}

function codeOf(error: unknown): CacheErrorCode {
  const [name, status] = [errorName(error), errorStatus(error)];
  if (status === 507 || NO_ROOM.has(name)) return 'CACHE_BACKEND_FULL';
  if (status === 413 || name === 'EntityTooLarge') return 'CACHE_ENTRY_TOO_LARGE';
  if (status !== undefined) return 'CACHE_BACKEND_FAILED';
  const { code } = asClientError(error);
  // The SDK calls a connection that was reset a timeout too.
  if (typeof code === 'string' && code !== 'ETIMEDOUT') return 'CACHE_BACKEND_UNAVAILABLE';
  return name === 'TimeoutError' ? 'CACHE_BACKEND_TIMEOUT' : 'CACHE_BACKEND_FAILED';
}

function reasonOf(error: unknown): string {
  const { message, code, Region, $response } = asClientError(error);
  const name = adviceName(error);
  const advice = Object.hasOwn(ADVICE, name) ? ADVICE[name] : undefined;
  if (advice === undefined) return [name, String(message || code)].filter((part) => part !== '').join(': ');
  const region = Region ?? $response?.headers?.['x-amz-bucket-region'];
  const where = typeof region === 'string' && advice.endsWith(REGION_ADVICE) ? `, ${region}` : '';
  return `${advice}${where} (${name})`;
}

/** An answer to HEAD has no body and so no code of its own. */
function adviceName(error: unknown): string {
  const [name, status] = [errorName(error), errorStatus(error)];
  if (!NAMELESS.test(name)) return name;
  if (status === 403) return 'AccessDenied';
  return status === 301 ? 'PermanentRedirect' : '';
}

function forgetSecrets(error: unknown): void {
  if (typeof error !== 'object' || error === null) return;
  for (const member of REPEATED_SECRETS) Reflect.deleteProperty(error, member);
}

function asClientError(error: unknown): ClientError {
  return typeof error === 'object' && error !== null ? error : { message: String(error) };
}
