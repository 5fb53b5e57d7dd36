import type { GetObjectCommandOutput, PutObjectCommandInput } from '@aws-sdk/client-s3';

/** `x-amz-meta-delete-at`: epoch milliseconds, exactly as given. `Expires` knows whole seconds only. */
const DELETE_AT = 'delete-at';

const YEAR_SECONDS = 31_536_000;

/** The last second a HTTP date can name (RFC 9110 section 5.6.7: years have four digits). */
const LAST_HTTP_DATE_MILLISECONDS = Date.UTC(9999, 11, 31, 23, 59, 59);

type ObjectHeaders = Pick<
  PutObjectCommandInput,
  'CacheControl' | 'ContentDisposition' | 'ContentType' | 'Expires' | 'Metadata'
>;

/**
 * What an object says of itself. `Cache-Control` and `Expires` as LiteLLM writes them, for CDNs and people in front of the
 * bucket; type and disposition say that the bytes are a frame and no JSON, and it has no language.
 */
export function headersFor(name: string, deleteAt: number | undefined, now: number): ObjectHeaders {
  const described = {
    ContentType: 'application/octet-stream',
    ContentDisposition: `attachment; filename="${fileNameOf(name)}.frame"`,
  };
  if (deleteAt === undefined || !Number.isFinite(deleteAt))
    return { ...described, CacheControl: cacheControl(YEAR_SECONDS) };
  return {
    ...described,
    CacheControl: cacheControl(Math.max(0, Math.ceil((deleteAt - now) / 1000))),
    Expires: httpDate(deleteAt),
    Metadata: { [DELETE_AT]: String(deleteAt) },
  };
}

/** When nobody wants the object any more, in epoch milliseconds; undefined if it does not say. */
export function deleteAtOf({
  Metadata,
  ExpiresString,
}: Pick<GetObjectCommandOutput, 'Metadata' | 'ExpiresString'>): number | undefined {
  const exact = Metadata?.[DELETE_AT];
  if (exact !== undefined && exact.trim() !== '' && Number.isFinite(Number(exact))) return Number(exact);
  const expires = Date.parse(ExpiresString ?? '');
  return Number.isNaN(expires) ? undefined : expires;
}

function cacheControl(seconds: number): string {
  return `immutable, max-age=${seconds}, s-maxage=${seconds}`;
}

/** Rounded up: an object is never said to be over before it is. */
function httpDate(milliseconds: number): Date {
  const wholeSeconds = Math.ceil(milliseconds / 1000) * 1000;
  return new Date(Math.min(Math.max(wholeSeconds, 0), LAST_HTTP_DATE_MILLISECONDS));
}

/** The last part of a name, in characters that need no quoting in a header. */
function fileNameOf(name: string): string {
  return name
    .slice(name.lastIndexOf('/') + 1)
    .replaceAll(/[^A-Za-z0-9._-]/g, '_')
    .slice(0, 128);
}
