import { Agent, errors, type Dispatcher } from 'undici';
import { systemClock, type Clock, type HeaderList, type Provider, type ProviderAnswer } from '@cache/core';
import { providerUrl } from '../config/provider.ts';
import { ProviderTimeout, ProviderUnavailable } from '../errors/http-error.ts';
import { decoded } from './decode.ts';
import type { Deployment } from './deployment.ts';
import { outgoingBody, outgoingHeaders } from './outgoing.ts';
import { limitTime, type TimeLimit } from './time-limit.ts';

export interface OpenAiProviderOptions {
  /** What makes the connections. Default: a pool of our own. One that is given is not closed by `close()`. */
  readonly dispatcher?: Dispatcher;
  /** Default: the machine's own clock. */
  readonly clock?: Clock;
}

/** Makes the {@link Provider} of one request: its deployment, the path below the API base, the client's headers. */
export interface OpenAiProvider {
  (deployment: Deployment, path: string, clientHeaders: HeaderList): Provider;
  /** Waits for the calls under way, then closes the connections that are ours. Calling it again does nothing more. */
  close(): Promise<void>;
}

/** Connections to one provider; further calls wait, and their time runs. */
const MAX_CONNECTIONS = 1024;

const CONNECT_TIMEOUT_MILLISECONDS = 10_000;

/** The rest of an answer that is refused is read as far as this, to use the connection again; beyond, it is closed. */
const MAX_DUMPED_BYTES = 16_384;

/**
 * Calls any provider that speaks OpenAI's protocol. A provider rejects with `ProviderTimeout`, with `ProviderUnavailable`
 * where there is no answer (refused, reset, an address unknown, a redirect), or with the reason of its signal; an answer
 * that breaks off rejects while its body is read. Messages name the host, never a key.
 *
 * Redirects are not followed: they would send prompts, and on the same host the key, wherever a provider's answer says.
 */
export function openAiProvider(options: OpenAiProviderOptions = {}): OpenAiProvider {
  const { clock = systemClock } = options;
  const isOwn = options.dispatcher === undefined;
  const dispatcher = options.dispatcher ?? createPool();

  const provider = (deployment: Deployment, path: string, clientHeaders: HeaderList): Provider => {
    const url = providerUrl(deployment.apiBase, path);
    return async (body, { signal }) => {
      const limit = limitTime(deployment, body['stream'] === true, clock);
      const call: Call = { host: url.host, limit, signal: AbortSignal.any([signal, limit.signal]) };
      const request: Dispatcher.RequestOptions = {
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        headers: outgoingHeaders(deployment, clientHeaders),
        body: JSON.stringify(outgoingBody(deployment, body)),
        signal: call.signal,
        headersTimeout: 0,
        bodyTimeout: 0,
      };
      try {
        return answerOf(await dispatcher.request(request), call);
      } catch (error) {
        limit.end();
        throw failureOf(error, call);
      }
    };
  };
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= isOwn ? dispatcher.close() : Promise.resolve());
  return Object.assign(provider, { close });
}

interface Call {
  readonly host: string;
  readonly limit: TimeLimit;
  /** Aborted by whoever waits, or by the limit, with the reason to reject with. */
  readonly signal: AbortSignal;
}

/**
 * HTTP/1.1 only: over HTTP/2 all calls to a provider share one window, and a single client that reads slowly would hold
 * up everybody. Keep-alive is undici's four seconds, or what the provider announces: shorter than servers', so that no
 * call is sent into a connection about to be closed.
 */
function createPool(): Agent {
  return new Agent({
    allowH2: false,
    connections: MAX_CONNECTIONS,
    pipelining: 1,
    connect: { timeout: CONNECT_TIMEOUT_MILLISECONDS },
  });
}

function answerOf({ statusCode, headers, body }: Dispatcher.ResponseData, call: Call): ProviderAnswer {
  const list = headerListOf(headers);
  try {
    if (isRedirect(statusCode)) throw redirected(statusCode, call);
    const encodings = list.filter(([name]) => name === 'content-encoding').map(([, value]) => value);
    const whole = decoded(body, encodings.join(','));
    return {
      status: statusCode,
      headers: whole === body ? list : list.filter(([name]) => !describesEncoding(name)),
      body: received(whole, call),
    };
  } catch (error) {
    // A body nobody reads would keep its connection for ever.
    body.dump({ limit: MAX_DUMPED_BYTES }).catch(ignore);
    throw error;
  }
}

function redirected(status: number, { host }: Call): ProviderUnavailable {
  return new ProviderUnavailable(
    `The provider (${host}) answered with a redirect (${status}), which is not followed.`,
  );
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

function describesEncoding(name: string): boolean {
  return name === 'content-encoding' || name === 'content-length';
}

/** Undici gives names in lower case, and repeated headers as a list under one name. */
function headerListOf(headers: Dispatcher.ResponseData['headers']): HeaderList {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((each): [string, string] => [name, each]),
  );
}

async function* received(
  body: AsyncIterable<Uint8Array>,
  call: Call,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { limit } = call;
  try {
    for await (const bytes of body) {
      limit.arrived();
      yield bytes;
      limit.waiting();
    }
  } catch (error) {
    throw failureOf(error, call);
  } finally {
    limit.end();
  }
}

/** What to tell of a call that failed: the reason it was aborted for if it was, else that there is no answer. */
function failureOf(error: unknown, { signal, host }: Call): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof ProviderUnavailable) return error;
  if (error instanceof errors.ConnectTimeoutError) {
    return new ProviderTimeout(
      `The provider (${host}) could not be connected to within ${CONNECT_TIMEOUT_MILLISECONDS / 1000} seconds.`,
      error,
    );
  }
  return new ProviderUnavailable(
    `The provider (${host}) could not be reached or broke off: ${codeOf(error)}.`,
    error,
  );
}

/** `ECONNREFUSED`, `UND_ERR_SOCKET`, `Z_DATA_ERROR`, ...: texts of foreign errors may quote what was sent. */
function codeOf(error: unknown): string {
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown error';
}

function ignore(): void {
  // Nobody waits for the rest of an answer that was refused.
}
