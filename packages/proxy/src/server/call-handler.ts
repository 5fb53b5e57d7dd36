import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer, CacheRequest, CallType, Caller, JsonObject, MaybePromise } from '@cache/core';
import { httpErrorOf } from '../errors/http-error.ts';
import type { RequestRecord } from '../observability/request-log.ts';
import type { Pipeline } from './pipeline.ts';
import { readBody } from './read-body.ts';
import { sendAnswer } from './send-answer.ts';
import { sendError } from './send-error.ts';

export interface CallHandlerOptions {
  readonly pipeline: Pipeline;
  /** @throws Unauthorized */
  readonly authenticate: (incoming: IncomingMessage) => MaybePromise<Caller>;
  readonly maxBodyBytes: number;
  readonly onDone: (record: RequestRecord) => void;
  /** Told of every error a call ends with. */
  readonly onError: (error: unknown) => void;
  /** Told what was decided about a request before the cache is asked. */
  readonly onDecided?: ((request: CacheRequest, body: JsonObject) => void) | undefined;
}

/** Handles one call to its end, good or bad. Never rejects. */
export type CallHandler = (
  incoming: IncomingMessage,
  response: ServerResponse,
  callType: CallType,
) => Promise<void>;

/** The lane that can do everything: reads, authenticates, asks the cache, writes the answer or the error. */
export function createCallHandler(options: CallHandlerOptions): CallHandler {
  const { pipeline, authenticate, maxBodyBytes, onDone, onError } = options;

  return async (incoming, response, callType) => {
    const startedAt = performance.now();
    const about = { callType: callType.name, model: '', stream: false };
    const done = (rest: Pick<RequestRecord, 'status' | 'outcome' | 'error' | 'message'>): void =>
      onDone({ ...about, ...rest, milliseconds: performance.now() - startedAt });
    const signal = goneSignal(response);
    try {
      const caller = await authenticate(incoming);
      const { remembered, body } = pipeline.read(incoming, callType, await readBody(incoming, maxBodyBytes));
      about.model = remembered.call.model;
      about.stream = remembered.call.demand.stream;
      const request = pipeline.request(remembered, caller, incoming);
      options.onDecided?.(request, body());
      const answer = await pipeline.answer(request, { incoming, body, signal });
      await sendAnswer(response, answer);
      done(recordOf(answer));
    } catch (error) {
      onError(error);
      const { status, body } = httpErrorOf(error);
      sendError(response, error);
      const { code, type, message } = body.error;
      // A refusal repeats what the client sent; a failure is told in our own words.
      done({ status, error: code ?? type, ...(status >= 500 ? { message } : {}) });
    }
  };
}

function recordOf({ status, outcome }: Answer): Pick<RequestRecord, 'status' | 'outcome'> {
  return { status, outcome };
}

/** Aborted when the client goes away before it has its whole answer. */
function goneSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort(new Error('the client went away'));
  });
  return controller.signal;
}
