import type { CallType, Demand } from '../calls/call-type.ts';
import { CacheError } from '../contract/errors.ts';
import { parseControls } from '../control/body-controls.ts';
import type { Controls, Policy } from '../control/policy.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { requestHash } from '../key/cache-key.ts';

/**
 * What the bytes of a request say, whoever sent them: a pure function of body, call type, location and answer-changing
 * headers, so it may be remembered for a repeated body. Caller, policy and key are decided anew for every request.
 */
export interface Call {
  readonly callType: CallType;
  readonly requestHash: string;
  readonly model: string;
  readonly demand: Demand;
  /** The `cache` member of the body, taken off it. */
  readonly controls: Controls;
  /** The `caching` member, LiteLLM's switch for one call, taken off it. False: neither read nor written. */
  readonly caching?: boolean;
}

/** A call as one caller makes it now. */
export interface CacheRequest {
  readonly call: Call;
  readonly key: string;
  readonly policy: Policy;
}

/** Options of {@link readCall}. */
export interface ReadCallOptions {
  /** Headers that change the answer; see `answerChangingHeaders`. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Origin, path and query, where the caller chooses them (the library). The proxy has one location for each call type. */
  readonly location?: string;
  /** Top-level members left out of the key (`cache_params.ignored_params`). */
  readonly ignoredParams?: readonly string[];
}

/**
 * Reads a parsed body. Takes `cache` and `caching` off `body`: what is left is what the provider may see.
 * @throws CacheError `CACHE_INVALID_CONTROL` if one of them is malformed.
 */
export function readCall(callType: CallType, body: JsonObject, options: ReadCallOptions = {}): Call {
  const controls = parseControls(body['cache']);
  const caching = cachingOf(body['caching']);
  takeOffControls(body);
  return {
    callType,
    requestHash: requestHash({ callType: callType.name, body, ...options }),
    model: typeof body['model'] === 'string' ? body['model'] : '',
    demand: callType.demand(body),
    // Asking for caching is asking for it where it is off by default, too.
    controls: caching === true ? { useCache: true, ...controls } : controls,
    ...(caching === undefined ? {} : { caching }),
  };
}

/** Takes the members off that speak to the cache and are no provider's business. */
export function takeOffControls(body: JsonObject): void {
  delete body['cache'];
  delete body['caching'];
}

function cachingOf(member: JsonValue | undefined): boolean | undefined {
  if (member === undefined || member === null) return undefined;
  if (typeof member === 'boolean') return member;
  const message = `caching must be true or false, got ${JSON.stringify(member).slice(0, 60)} (${typeof member})`;
  throw new CacheError('CACHE_INVALID_CONTROL', message, { param: 'caching' });
}
