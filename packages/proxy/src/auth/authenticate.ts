import { timingSafeEqual } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { ANONYMOUS, type Caller, type MaybePromise } from '@cache/core';

/** What a request brings along to say who sends it: header values as they came. */
export interface Credentials {
  /** `authorization`, for example `Bearer sk-...`. */
  readonly authorization?: string | undefined;
  /** `x-api-key` or `api-key`, as the SDKs of Anthropic and Azure send it. Looked at where there is no bearer token. */
  readonly apiKey?: string | undefined;
}

/** Who somebody is, or why that cannot be told. */
export type Authentication =
  | {
      readonly authenticated: true;
      readonly caller: Caller;
      /** `master`: the operator. `nobody`: no key is configured, so everybody is let in and nobody is known. */
      readonly role: 'master' | 'key' | 'nobody';
    }
  | { readonly authenticated: false; readonly reason: 'missing' | 'invalid' };

/**
 * Tells who a request comes from. A plain value is used without waiting, which keeps a hit synchronous; a promise is for
 * keys that have to be looked up.
 */
export type Authenticator = (credentials: Credentials) => MaybePromise<Authentication>;

export interface AuthenticatorOptions {
  /** `general_settings.master_key`. Absent or empty: no key is asked for. */
  readonly masterKey?: string | undefined;
}

const NOBODY: Authentication = { authenticated: true, caller: ANONYMOUS, role: 'nobody' };
/** The empty scope, which the operator shares with everybody where no key is configured (DESIGN section 4, Scope). */
const MASTER: Authentication = { authenticated: true, caller: ANONYMOUS, role: 'master' };
const MISSING: Authentication = { authenticated: false, reason: 'missing' };
const INVALID: Authentication = { authenticated: false, reason: 'invalid' };

/** Knows the master key and nobody else. Answers at once. */
export function createAuthenticator({
  masterKey,
}: AuthenticatorOptions): (credentials: Credentials) => Authentication {
  if (masterKey === undefined || masterKey === '') return () => NOBODY;
  const isMasterKey = equalsSecret(masterKey);
  return (credentials) => {
    const given = keyOf(credentials);
    if (given === undefined) return MISSING;
    return isMasterKey(given) ? MASTER : INVALID;
  };
}

/** Room for any key anybody uses; a longer secret gets what it needs. */
const COMPARED_BYTES = 512;

/**
 * Compares with `secret` in a time that tells nothing of it: both are laid into buffers of one length, of which all is
 * compared. (Digests would do as well, at ten times the cost, for every hit.)
 */
function equalsSecret(secret: string): (given: string) => boolean {
  const length = Math.max(COMPARED_BYTES, Buffer.byteLength(secret));
  const expected = Buffer.alloc(length);
  expected.write(secret);
  const compared = Buffer.alloc(length);
  return (given) => {
    compared.fill(0);
    compared.write(given);
    const isEqual = timingSafeEqual(compared, expected);
    return isEqual && Buffer.byteLength(given) === Buffer.byteLength(secret);
  };
}

/** The key in the credentials: the bearer token (RFC 6750 section 2.1, scheme in any case), else the API key header. */
export function keyOf({ authorization, apiKey }: Credentials): string | undefined {
  const token = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
  return token ?? (apiKey === undefined || apiKey === '' ? undefined : apiKey);
}

/** Whether the sender may use admin routes: the master key, or, where no key is configured, this machine. */
export function mayAdminister(authentication: Authentication, remoteAddress: string | undefined): boolean {
  if (!authentication.authenticated) return false;
  if (authentication.role === 'nobody') return isLoopback(remoteAddress);
  return authentication.role === 'master';
}

/** Whether `address`, as a socket tells it, is this machine: 127.0.0.0/8, ::1, and either written as IPv4-mapped IPv6. */
export function isLoopback(address: string | undefined): boolean {
  const version = address === undefined ? 0 : isIP(address);
  return address !== undefined && version !== 0 && LOOPBACK.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

const BEARER = /^bearer +(\S+) *$/i;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');
