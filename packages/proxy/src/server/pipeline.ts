import type { IncomingMessage } from 'node:http';
import {
  answerChangingHeaders,
  parseCacheControl,
  parseJsonBody,
  takeOffControls,
  type Answer,
  type Cache,
  type CacheRequest,
  type CallType,
  type Caller,
  type Controls,
  type Hit,
  type JsonObject,
  type Provider,
} from '@cache/core';
import { forbiddenMemberOf } from '../auth/forbidden-members.ts';
import { ForbiddenMember, ModelNotFound } from '../errors/http-error.ts';
import type { Deployment } from '../providers/deployment.ts';
import type { Router } from '../providers/router.ts';
import { headerPairs, pathOf } from './incoming.ts';
import { Memo, requestOf, type Remembered } from './memo.ts';

export interface PipelineOptions {
  readonly cache: Cache;
  readonly router: Router;
  /** The provider behind a deployment, for one request. */
  readonly providerOf: (deployment: Deployment, path: string, incoming: IncomingMessage) => Provider;
  readonly memoMaxBytes: number;
}

/** A call that was read: what its bytes say, and how to get them again. */
export interface ReadCall {
  readonly remembered: Remembered;
  readonly body: () => JsonObject;
}

/** From a call's bytes to its answer: the way both lanes share. */
export class Pipeline {
  /** Every path a call may be sent to, with and without `/v1`, and the kind of call it makes. */
  readonly paths: ReadonlyMap<string, CallType>;
  readonly #options: PipelineOptions;
  readonly #memo: Memo;
  /** Memo keys of bodies {@link peek} had no answer to: the other lane reads them next, and need not hash them again. */
  readonly #keys = new WeakMap<Buffer, string>();

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#memo = new Memo(options.memoMaxBytes);
    const { callTypes } = options.cache.options;
    this.paths = new Map(
      callTypes.flatMap((callType) =>
        callType.paths.flatMap((path) => [path, `/v1${path}`].map((at) => [at, callType])),
      ),
    );
  }

  callTypeOf(incoming: IncomingMessage): CallType | undefined {
    return incoming.method === 'POST' ? this.paths.get(pathOf(incoming)) : undefined;
  }

  /** A hit that needs no parse, no promise and no I/O: the same body was seen before, and its answer is in memory. */
  peek(incoming: IncomingMessage, callType: CallType, caller: Caller, bytes: Buffer): Hit | undefined {
    const key = memoKeyOf(incoming, callType, bytes);
    const remembered = this.#memo.get(key);
    const hit =
      remembered === undefined || remembered.call.demand.stream
        ? undefined
        : this.#options.cache.peek(this.request(remembered, caller, incoming));
    if (hit === undefined) this.#keys.set(bytes, key);
    return hit;
  }

  /**
   * Reads a call.
   * @throws CacheError `CACHE_INVALID_JSON`, `CACHE_NESTING_TOO_DEEP`, `CACHE_INVALID_CONTROL`; ForbiddenMember.
   */
  read(incoming: IncomingMessage, callType: CallType, bytes: Buffer): ReadCall {
    const key = this.#keys.get(bytes) ?? memoKeyOf(incoming, callType, bytes);
    const known = this.#memo.get(key);
    if (known !== undefined) return { remembered: known, body: () => parsedForProvider(bytes) };
    const body = parseJsonBody(bytes);
    const forbidden = forbiddenMemberOf(body);
    if (forbidden !== undefined) throw new ForbiddenMember(forbidden);
    const call = this.#options.cache.readCall(callType, body, { headers: changing(incoming) });
    return { remembered: this.#memo.set(key, call), body: () => body };
  }

  request(remembered: Remembered, caller: Caller, incoming: IncomingMessage): CacheRequest {
    return requestOf(this.#options.cache, remembered, caller, cacheHeaders(incoming));
  }

  /** @throws ModelNotFound, and what {@link Cache.answer} throws. */
  async answer(
    request: CacheRequest,
    { incoming, body, signal }: { incoming: IncomingMessage; body: () => JsonObject; signal: AbortSignal },
  ): Promise<Answer> {
    const { model, callType } = request.call;
    const deployment = this.#options.router.find(model);
    if (deployment === undefined) throw new ModelNotFound(model);
    const path = callType.paths[0] ?? pathOf(incoming);
    const provider = this.#options.providerOf(deployment, path, incoming);
    return this.#options.cache.answer(request, { provider, body, signal });
  }
}

/** The controls were taken off when the body was first read; a body read again has them still. */
function parsedForProvider(bytes: Buffer): JsonObject {
  const body = parseJsonBody(bytes);
  takeOffControls(body);
  return body;
}

function memoKeyOf(incoming: IncomingMessage, callType: CallType, bytes: Buffer): string {
  return Memo.keyOf(callType.name, bytes, changing(incoming));
}

function changing(incoming: IncomingMessage): [name: string, value: string][] {
  return answerChangingHeaders(headerPairs(incoming));
}

/** Undefined where no header speaks about caching: the commonest case, decided without parsing. */
function cacheHeaders({ headers }: IncomingMessage): Controls | undefined {
  const { 'cache-control': cacheControl, pragma } = headers;
  return cacheControl === undefined && pragma === undefined
    ? undefined
    : parseCacheControl(cacheControl, pragma);
}
