/**
 * Keys as a Keyv gets them: letters, digits, `.`, `_`, `-`, `:` and `%`, which mean themselves in whatever a store makes of
 * them. The cache's own keys stay as they are. Everything else is percent-encoded (RFC 3986 section 2.1), and of a row of
 * colons or dashes all but the first:
 *
 * - `@keyv/redis` lists no key with `::` in it, its mark between namespace and key.
 * - Keyv 6 may be told to take `--` out of keys.
 */
const UNSAFE = /[^A-Za-z0-9._:-]|(?<=:):|(?<=-)-/gu;

/**
 * `key` as it is spelled in a Keyv of this namespace. Keyv 5 does not put the namespace before a key that begins with it, so
 * that `a:b` in namespace `a` would be `b`: that colon is encoded too.
 */
export function spelled(key: string, namespace: string | undefined): string {
  const text = key.replace(UNSAFE, encoded);
  const isMistakable = namespace !== undefined && text.startsWith(`${namespace}:`);
  return isMistakable ? `${namespace}%3A${text.slice(namespace.length + 1)}` : text;
}

/** The key that {@link spelled} made `text` of. Undefined: none, somebody else wrote it. */
export function unspelled(text: string, namespace: string | undefined): string | undefined {
  try {
    const key = decodeURIComponent(text);
    return spelled(key, namespace) === text ? key : undefined;
  } catch {
    return undefined;
  }
}

function encoded(character: string): string {
  return [...Buffer.from(character)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');
}
