import { controlsOf, NO_CONTROLS, type Controls } from './policy.ts';

/** RFC 9111 section 1.2.2: larger values may be taken for 2^31, some 68 years. */
const MOST_SECONDS = 2 ** 31;

/** One member of a comma-separated list; a comma inside a quoted string separates nothing (RFC 9110 section 5.6.4). */
const LIST_MEMBER = /(?:"(?:[^"\\]|\\.?)*(?:"|$)|[^,"])+/gs;

/**
 * Reads the request directives of RFC 9111 section 5.2.1 and RFC 5861 out of `Cache-Control`, and `Pragma: no-cache`
 * where there is no `Cache-Control` (RFC 9111 section 5.4).
 *
 * Never throws: anything on the way may have added the header, and a request is not refused for it.
 * - Unknown directives are ignored (RFC 9111 section 5.2.3), response directives like `s-maxage` too.
 * - Names in any case, arguments as token or quoted string, both forms equal (RFC 9111 section 5.2).
 * - Of repeated directives the first counts (RFC 9111 section 4.2.1).
 * - Switches count whatever argument they carry: `no-cache=false` is `no-cache`.
 * - A time that is not a whole number of seconds is read as the strictest one, so that it never makes an answer
 *   acceptable that would not be otherwise (RFC 9111 section 4.2.1 calls invalid freshness information stale):
 *   `max-age=abc` is `max-age=0`, `min-fresh=abc` wants the longest freshness there is, the stale directives allow
 *   nothing. A `max-stale` without argument accepts any staleness (section 5.2.1.2): Infinity.
 */
export function parseCacheControl(cacheControl: string | undefined, pragma?: string): Controls {
  if (cacheControl === undefined) return pragma === undefined ? NO_CONTROLS : pragmaControls(pragma);
  const directives = directivesOf(cacheControl);
  return controlsOf({
    noCache: has(directives, 'no-cache'),
    noStore: has(directives, 'no-store'),
    onlyIfCached: has(directives, 'only-if-cached'),
    maxAgeSeconds: seconds(directives, 'max-age', { unreadable: 0 }),
    minFreshSeconds: seconds(directives, 'min-fresh', { unreadable: MOST_SECONDS }),
    maxStaleSeconds: seconds(directives, 'max-stale', { unreadable: 0, bare: Infinity }),
    staleWhileRevalidateSeconds: seconds(directives, 'stale-while-revalidate', { unreadable: 0 }),
    staleIfErrorSeconds: seconds(directives, 'stale-if-error', { unreadable: 0 }),
  });
}

function pragmaControls(pragma: string): Controls {
  return directivesOf(pragma).has('no-cache') ? { noCache: true } : NO_CONTROLS;
}

/** Directives by lower-case name; undefined is a directive without argument. */
type Directives = ReadonlyMap<string, string | undefined>;

function directivesOf(header: string): Directives {
  const directives = new Map<string, string | undefined>();
  for (const [member] of header.matchAll(LIST_MEMBER)) {
    const equals = member.indexOf('=');
    const name = (equals === -1 ? member : member.slice(0, equals)).trim().toLowerCase();
    if (name === '' || directives.has(name)) continue;
    directives.set(name, equals === -1 ? undefined : unquoted(member.slice(equals + 1).trim()));
  }
  return directives;
}

function unquoted(argument: string): string {
  const isQuoted = argument.length >= 2 && argument.startsWith('"') && argument.endsWith('"');
  return isQuoted ? argument.slice(1, -1).replace(/\\(.)/gs, '$1') : argument;
}

/** A directive that is absent says nothing: it is not false. */
function has(directives: Directives, name: string): true | undefined {
  return directives.has(name) || undefined;
}

/** The argument of a directive in seconds; undefined where the directive is absent. */
function seconds(
  directives: Directives,
  name: string,
  fallback: { readonly unreadable: number; readonly bare?: number },
): number | undefined {
  if (!directives.has(name)) return undefined;
  const argument = directives.get(name);
  if (argument === undefined) return fallback.bare ?? fallback.unreadable;
  return /^[0-9]+$/.test(argument) ? Math.min(Number(argument), MOST_SECONDS) : fallback.unreadable;
}
