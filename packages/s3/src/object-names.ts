/** The longest object name S3 takes, in bytes of UTF-8 (Amazon S3 User Guide, "Naming Amazon S3 objects"). */
const MAX_NAME_BYTES = 1024;

/** A byte of a key takes at most this many bytes of a name: `/` becomes `%2F`. */
const MAX_EXPANSION = 3;

/**
 * What may not stand in a name as it is: the separator, the escape, what XML 1.0 cannot say (so that no listing could
 * report it), and the backslash, which servers on some systems take for a separator.
 */
const ESCAPED = /[/%\\\p{Cc}\uFFFE\uFFFF]/gu;

/** A colon that would leave a folder without a name, or a name that ends like a folder. */
const COLON_OF_NO_FOLDER = /(?<=^|:):|:$/g;
const COLON_AFTER_NO_NAME = /(?<=^|:):/g;

/**
 * Keys as names of objects, LiteLLM's way: the path, then the key with every `:` as `/`, so that namespaces are folders.
 *
 * LiteLLM's rule alone lets different keys share an object (`a:b` and `a/b`). So whatever else could clash, or is no name
 * everywhere, is percent-encoded: {@link ESCAPED}, the segments `.` and `..`, and colons with nothing before or behind
 * them. Names of the cache's own keys (`<namespace>:<scope>:<hash>`) come out exactly as LiteLLM writes them. Reading
 * back is one rule: `/` is `:`, then percent-decoding; two keys of one name are impossible.
 */
export class ObjectNames {
  /** What every name begins with: empty, or ending in `/`. */
  readonly folder: string;
  /** The longest key whose name surely fits, whatever characters it holds. */
  readonly maxKeyBytes: number;

  /** @param path `s3_path`; slashes at its end do not count. */
  constructor(path: string) {
    const trimmed = path.replace(/\/+$/, '');
    this.folder = trimmed === '' ? '' : `${trimmed}/`;
    this.maxKeyBytes = Math.floor((MAX_NAME_BYTES - Buffer.byteLength(this.folder)) / MAX_EXPANSION);
  }

  nameOf(key: string): string {
    return this.folder + withoutDotSegments(asFolders(escaped(key), COLON_OF_NO_FOLDER));
  }

  /** The key of an object; undefined if no key has that name: somebody else's object. */
  keyOf(name: string): string | undefined {
    if (!name.startsWith(this.folder)) return undefined;
    const key = decoded(name.slice(this.folder.length));
    return key !== undefined && key !== '' && this.nameOf(key) === name ? key : undefined;
  }

  /**
   * What the names of all keys that start with `prefix` begin with; no name begins with two of them. Names of other keys
   * may begin so too: compare the keys.
   */
  beginningsOf(prefix: string): readonly string[] {
    const segments = withoutDotSegments(asFolders(escaped(prefix), COLON_AFTER_NO_NAME)).split('/');
    const last = segments.pop() ?? '';
    // `.` may be the whole segment or the beginning of one, which are written differently.
    const beginning = this.folder + [...segments, isDots(decoded(last)) ? '' : last].join('/');
    const endsInFolder = last === '' && prefix !== '';
    return endsInFolder ? [beginning, this.nameOf(prefix)] : [beginning];
  }
}

function escaped(key: string): string {
  return key.replace(ESCAPED, encodeURIComponent);
}

function asFolders(text: string, escapedColons: RegExp): string {
  return text.replace(escapedColons, '%3A').replaceAll(':', '/');
}

function withoutDotSegments(name: string): string {
  const segments = name.split('/');
  return segments.map((segment) => (isDots(segment) ? segment.replaceAll('.', '%2E') : segment)).join('/');
}

function isDots(segment: string | undefined): boolean {
  return segment === '.' || segment === '..';
}

function decoded(name: string): string | undefined {
  try {
    return decodeURIComponent(name.replaceAll('/', ':'));
  } catch {
    return undefined;
  }
}
