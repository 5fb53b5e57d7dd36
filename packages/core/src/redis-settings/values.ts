/** What a value must be, said when it is not. The value itself is never repeated: it may be a secret in the wrong place. */
export class Expectation {
  readonly expected: string;

  constructor(expected: string) {
    this.expected = expected;
  }
}

/** Turns what a configuration or a variable says into what we mean by it, or tells what it had to be. */
export type Reader<Value> = (value: unknown) => Value | Expectation;

/** Absent, empty, or Python's `None`: nothing was said. A list without members names no address either. */
export function isAbsent(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value === 'string') return /^\s*(none)?\s*$/i.test(value);
  return Array.isArray(value) && value.length === 0;
}

/** YAML reads a password of digits as a number. */
export const text: Reader<string> = (value) =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : new Expectation('a text');

/** A host name or address. A URL in its place may hold a password; one colon alone stands before a port. */
export const hostName: Reader<string> = (value) =>
  typeof value === 'string' && /^[^\s/@]+$/.test(value) && !/^[^:]*:[^:]*$/.test(value)
    ? value.replace(/^\[(.*)\]$/, '$1')
    : new Expectation('a host name or an IP address (a URL belongs into "url")');

/** LiteLLM's users write ports as numbers and as strings. */
export const portNumber: Reader<number> = wholeNumber('a port from 1 to 65535', 1, 65_535);

export const databaseNumber: Reader<number> = wholeNumber('a database number of 0 or more', 0);

export const connectionCount: Reader<number> = wholeNumber('a whole number of 1 or more', 1);

export const protocolVersion: Reader<2 | 3> = (value) => {
  const version = numberOf(value);
  return version === 2 || version === 3 ? version : new Expectation('2 or 3');
};

export const positiveSeconds: Reader<number> = (value) => {
  const seconds = numberOf(value);
  return seconds > 0 && seconds < 1e6 ? seconds : new Expectation('a number of seconds above 0');
};

const WORDS: Readonly<Record<string, boolean>> = {
  ...{ true: true, yes: true, on: true, 1: true },
  ...{ false: false, no: false, off: false, 0: false },
};

/** `True` and `False` as Python and YAML spell them. */
export const truth: Reader<boolean> = (value) => {
  if (typeof value === 'boolean') return value;
  const word = wordOf(value);
  return (Object.hasOwn(WORDS, word) ? WORDS[word] : undefined) ?? new Expectation('true or false');
};

const CERTIFICATE_WORDS: Readonly<Record<string, boolean>> = {
  ...{ none: false, cert_none: false, false: false, 0: false },
  ...{
    required: true,
    cert_required: true,
    optional: true,
    cert_optional: true,
    true: true,
    1: true,
    2: true,
  },
};

/**
 * Whether the server's certificate is checked. Python's `ssl` knows none, optional and required; a client checks with the
 * second as with the third.
 */
export const certificateCheck: Reader<boolean> = (value) => {
  if (value === null) return false;
  const word = wordOf(value).replace(/^(ssl\.)?(verifymode\.)?/, '');
  const known = Object.hasOwn(CERTIFICATE_WORDS, word) ? CERTIFICATE_WORDS[word] : undefined;
  return known ?? new Expectation('required, optional or none');
};

/** Python's `TLSVersion.TLSv1_2`, its number, or the name OpenSSL has for it. */
export const tlsVersion: Reader<'TLSv1.2' | 'TLSv1.3'> = (value) => {
  const word = wordOf(value).replace(/^(ssl\.)?(tlsversion\.)?/, '');
  if (/^(tlsv?1[._]2|771)$/.test(word)) return 'TLSv1.2';
  if (/^(tlsv?1[._]3|772)$/.test(word)) return 'TLSv1.3';
  return new Expectation('TLSv1.2 or TLSv1.3');
};

function wordOf(value: unknown): string {
  const isWord = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return isWord ? String(value).trim().toLowerCase() : '';
}

function wholeNumber(expected: string, from: number, to: number = Number.MAX_SAFE_INTEGER): Reader<number> {
  return (value) => {
    const number = numberOf(value);
    return Number.isSafeInteger(number) && number >= from && number <= to
      ? number
      : new Expectation(expected);
  };
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  const isWritten = typeof value === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(value);
  return isWritten ? Number(value) : Number.NaN;
}
