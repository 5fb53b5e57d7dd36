import type { IncomingMessage } from 'node:http';
import type { Caller } from '@cache/core';
import {
  isLoopback,
  mayAdminister,
  type Authentication,
  type Authenticator,
  type Credentials,
} from '../auth/authenticate.ts';
import { AdminOnly, Unauthorized } from '../errors/http-error.ts';

/** Who sends a request. A key that has to be looked up is looked up once for it, whichever lane asks first. */
export class Callers {
  readonly #authenticate: Authenticator;
  readonly #pending = new WeakMap<IncomingMessage, Promise<Authentication>>();

  constructor(authenticate: Authenticator) {
    this.#authenticate = authenticate;
  }

  /** The caller, if that can be told without waiting and without an error; else {@link caller} has to be asked. */
  callerAtOnce(incoming: IncomingMessage): Caller | undefined {
    try {
      const authentication = this.#authenticate(credentialsOf(incoming));
      if ('then' in authentication) return this.#keep(incoming, authentication);
      return authentication.authenticated ? authentication.caller : undefined;
    } catch {
      return undefined;
    }
  }

  /** @throws Unauthorized */
  async caller(incoming: IncomingMessage): Promise<Caller> {
    return callerOf(await this.#authentication(incoming));
  }

  /** @throws Unauthorized, AdminOnly */
  async assertAdmin(incoming: IncomingMessage): Promise<void> {
    const authentication = await this.#authentication(incoming);
    callerOf(authentication);
    if (!mayAdminister(authentication, incoming.socket.remoteAddress)) throw new AdminOnly();
    if (!bringsMasterKey(authentication) && isSentByPageFromElsewhere(incoming)) throw new AdminOnly();
  }

  async #authentication(incoming: IncomingMessage): Promise<Authentication> {
    return this.#pending.get(incoming) ?? this.#authenticate(credentialsOf(incoming));
  }

  #keep(incoming: IncomingMessage, authentication: Promise<Authentication>): undefined {
    this.#pending.set(incoming, authentication);
    // Its failure is told by whoever waits for it; nobody may, where the client has gone by then.
    authentication.catch(() => undefined);
  }
}

function credentialsOf({ headers }: IncomingMessage): Credentials {
  const apiKey = headers['x-api-key'] ?? headers['api-key'];
  return { authorization: headers.authorization, apiKey: typeof apiKey === 'string' ? apiKey : undefined };
}

function bringsMasterKey(authentication: Authentication): boolean {
  return authentication.authenticated && authentication.role === 'master';
}

/**
 * Where no key is asked for, the operator's browser is on this machine too, and may send what any web page wants: without
 * a preflight, since bodies are JSON whatever their type says. It names the page with every POST (Fetch section 3.1).
 */
function isSentByPageFromElsewhere({ headers: { origin } }: IncomingMessage): boolean {
  return origin !== undefined && !isOfThisMachine(origin);
}

/** An opaque origin is sent as `null`. */
function isOfThisMachine(origin: string): boolean {
  const hostname = URL.canParse(origin) ? new URL(origin).hostname : '';
  return hostname === 'localhost' || isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'));
}

function callerOf(authentication: Authentication): Caller {
  if (authentication.authenticated) return authentication.caller;
  throw new Unauthorized(authentication.reason);
}
