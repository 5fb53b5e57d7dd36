import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { CallType, Caller, Hit } from '@cache/core';
import type { RequestRecord } from '../observability/request-log.ts';
import { headOfHit } from './hit-headers.ts';
import type { Pipeline } from './pipeline.ts';
import { keepBody, receiveBody } from './read-body.ts';

export interface FastLaneOptions {
  readonly pipeline: Pipeline;
  /** Who asks, if that can be told at once; undefined sends the request down the other lane, refusals included. */
  readonly callerOf: (incoming: IncomingMessage) => Caller | undefined;
  readonly maxBodyBytes: number;
  readonly onDone: (record: RequestRecord) => void;
  /** The lane that can do everything. */
  readonly other: RequestListener;
}

/**
 * Answers memory hits of repeated bodies straight from `node:http`; whatever needs more (a parse, a promise, an error
 * message) takes the other lane, which finds the body already read. Both lanes give the same answers: the tests run
 * with this one on and off.
 */
export function fastLane(options: FastLaneOptions): RequestListener {
  const { pipeline, callerOf, maxBodyBytes, other } = options;
  return (incoming, response) => {
    const callType = pipeline.callTypeOf(incoming);
    const caller = callType === undefined ? undefined : callerOf(incoming);
    if (callType === undefined || caller === undefined) return other(incoming, response);
    const startedAt = performance.now();
    const slow = (body: Buffer | Error): void => {
      keepBody(incoming, body);
      other(incoming, response);
    };
    const answer = (body: Buffer): void => {
      const hit = peeked(pipeline, incoming, callType, caller, body);
      if (hit === undefined) return slow(body);
      writeHit(response, hit);
      options.onDone(recordOf(hit, callType, startedAt));
    };
    receiveBody(incoming, maxBodyBytes, answer, slow);
  };
}

/** What goes wrong here (a malformed header, say) goes wrong again in the other lane, where it gets its message. */
function peeked(
  pipeline: Pipeline,
  incoming: IncomingMessage,
  callType: CallType,
  caller: Caller,
  bytes: Buffer,
): Hit | undefined {
  try {
    return pipeline.peek(incoming, callType, caller, bytes);
  } catch {
    return undefined;
  }
}

function writeHit(response: ServerResponse, hit: Hit): void {
  response.writeHead(200, headOfHit(hit) as string[]);
  response.end(hit.entry.body);
}

function recordOf({ entry, outcome }: Hit, callType: CallType, startedAt: number): RequestRecord {
  const milliseconds = performance.now() - startedAt;
  return { callType: callType.name, model: entry.model, stream: false, status: 200, milliseconds, outcome };
}
