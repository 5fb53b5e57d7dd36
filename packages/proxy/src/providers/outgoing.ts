import type { HeaderList, JsonObject, JsonValue } from '@cache/core';
import type { Deployment } from './deployment.ts';

/** Header names in lower case, as undici takes them. */
export type OutgoingHeaders = Record<string, string | string[]>;

/**
 * What of a client's headers a provider is told: the protocol version and the beta features its body is written for, and
 * the trace it belongs to (W3C Trace Context). Everything else is about the client: credentials, cookies, its
 * connection. `openai-organization` and `openai-project` stay behind too: they name accounts of the client's key, and
 * the call is made with the deployment's.
 */
function travels(name: string): boolean {
  return TRAVELLING.has(name) || name.endsWith('-beta');
}

const TRAVELLING: ReadonlySet<string> = new Set(['anthropic-version', 'traceparent', 'tracestate']);

/** The headers of a call; the operator's own ones have the last word. */
export function outgoingHeaders(deployment: Deployment, clientHeaders: HeaderList): OutgoingHeaders {
  const headers: OutgoingHeaders = { 'content-type': 'application/json', 'accept-encoding': 'gzip, br' };
  for (const [name, value] of clientHeaders) {
    const lowerCase = name.toLowerCase();
    if (travels(lowerCase)) headers[lowerCase] = [headers[lowerCase] ?? [], value].flat();
  }
  if (deployment.apiKey !== undefined) headers['authorization'] = `Bearer ${deployment.apiKey}`;
  for (const [name, value] of Object.entries(deployment.headers)) headers[name.toLowerCase()] = value;
  return headers;
}

/** The body a deployment is sent. Spreads define members rather than assign them, so `__proto__` stays a member. */
export function outgoingBody(deployment: Deployment, body: JsonObject): JsonObject {
  const whole = { ...deployment.defaultParams, ...body, model: deployment.model };
  return deployment.includeUsage ? whole : withoutUsageOption(whole);
}

function withoutUsageOption(body: JsonObject): JsonObject {
  const { stream_options: options, ...rest } = body;
  if (!asksForUsage(options)) return body;
  const { include_usage: _, ...others } = options;
  return Object.keys(others).length === 0 ? rest : { ...rest, stream_options: others };
}

function asksForUsage(options: JsonValue | undefined): options is JsonObject {
  return typeof options === 'object' && options !== null && 'include_usage' in options;
}
