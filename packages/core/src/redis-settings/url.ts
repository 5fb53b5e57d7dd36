import { Expectation, hostName, portNumber, type Reader } from './values.ts';

/** What a URL says by itself. Its query holds further arguments, by redis-py's names. */
export interface UrlAddress {
  readonly place:
    { readonly host: string; readonly port: number; readonly tls: boolean } | { readonly socketPath: string };
  readonly username?: string;
  readonly password?: string;
  readonly database?: string;
  readonly query: Readonly<Record<string, string>>;
}

const EXPECTED = 'a URL such as redis://host:6379/0, rediss://host:6379 (TLS) or unix:///path/to/redis.sock';

/**
 * Reads `redis://`, `rediss://` and `unix://` as redis-py does: `[username[:password]@]host[:port][/database][?name=value]`,
 * percent-encoded, host and port by default localhost and 6379.
 */
export const redisUrl: Reader<UrlAddress> = (value) => {
  const written = typeof value === 'string' ? value.trim() : '';
  const scheme = /^(rediss?|unix):\/\//.exec(written)?.[1];
  const url = scheme === undefined ? null : URL.parse(withHost(written));
  if (url === null) return new Expectation(EXPECTED);
  try {
    return scheme === 'unix' ? socketAddress(url) : networkAddress(url, scheme === 'rediss');
  } catch {
    return new Expectation(`${EXPECTED}, with % only before two hexadecimal digits`);
  }
};

/** The URL standard knows no credentials without a host; redis-py does: `unix://:password@/path`. */
function withHost(written: string): string {
  return written.replace(/^([a-z]+:\/\/(?:[^/?#]*@)?)(?=[/?#]|$)/, '$1localhost');
}

function networkAddress(url: URL, tls: boolean): UrlAddress | Expectation {
  const host = hostName(decodeURIComponent(url.hostname));
  const port = url.port === '' ? 6379 : portNumber(url.port);
  const database = decodeURIComponent(url.pathname.slice(1));
  if (host instanceof Expectation || port instanceof Expectation) return new Expectation(EXPECTED);
  return {
    place: { host, port, tls },
    ...(database === '' ? {} : { database }),
    ...credentialsAndQuery(url),
  };
}

function socketAddress(url: URL): UrlAddress | Expectation {
  const socketPath = decodeURIComponent(url.pathname);
  if (url.host !== 'localhost' || socketPath.length < 2) return new Expectation(EXPECTED);
  return { place: { socketPath }, ...credentialsAndQuery(url) };
}

function credentialsAndQuery(url: URL): Omit<UrlAddress, 'place' | 'database'> {
  return {
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    query: Object.fromEntries(url.searchParams),
  };
}
