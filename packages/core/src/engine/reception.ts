import { Buffer } from 'node:buffer';
import type {
  AssembledAnswer,
  CallType,
  Judgement,
  StorableOptions,
  StreamAssembly,
  StreamEventKind,
} from '../calls/call-type.ts';
import { createEventParser, type SseItem } from '../calls/sse/parse.ts';
import type { Clock } from '../contract/clock.ts';
import { CacheError } from '../contract/errors.ts';
import { giveUpBody } from './answer-body.ts';
import type { ProviderAnswer } from './answer.ts';
import { contentTypeOf, forwardableHeaders, isEventStream } from './headers.ts';
import type { Landing, StorableAnswer, WholeOfStream } from './landing.ts';
import type { Piece } from './piece.ts';
import type { Recording } from './recording.ts';

/** How answers of one kind are received. */
export interface ReceptionOptions {
  readonly callType: CallType;
  readonly clock: Clock;
  readonly maxEntryBytes: number;
  readonly storable: StorableOptions;
  /** Takes a complete, storable answer. @returns whether it is being stored. */
  readonly store: (answer: StorableAnswer) => boolean;
  readonly notStored: (reason: string) => void;
}

/** Whom the answer is received for. */
export interface ReceptionDesk {
  readonly recording: Recording<Piece>;
  /** Aborted when nobody wants the answer any more. */
  readonly signal: AbortSignal;
  /** Gives the provider call up. */
  readonly cancel: () => void;
  readonly land: (landing: Landing) => void;
  /** The answer has grown too long to be kept. May be told more than once. */
  readonly overflowed: () => void;
  /** All of the answer has been recorded: from now on nothing is waited for. */
  readonly complete: () => void;
}

/** What may come after the terminal event, and for how long, so that the connection can be used again. */
const MAX_REST_BYTES = 64 * 1024;
const MAX_REST_MILLISECONDS = 5_000;

/** Takes in what a provider answers: records it as it arrives, judges it when it is complete, and has it stored. */
export class Reception {
  readonly #options: ReceptionOptions;
  readonly #desk: ReceptionDesk;

  constructor(options: ReceptionOptions, desk: ReceptionDesk) {
    this.#options = options;
    this.#desk = desk;
  }

  /** Rejects if there is no answer, or no more of it, and nothing recorded says so. */
  receive(answer: ProviderAnswer): Promise<void> {
    return answer.status === 200 && isEventStream(answer.headers)
      ? this.#receiveStream(answer)
      : this.#receiveWhole(answer);
  }

  async #receiveWhole(answer: ProviderAnswer): Promise<void> {
    const { recording, land, overflowed, complete } = this.#desk;
    const headers = forwardableHeaders(answer.headers);
    for await (const bytes of this.#bodyOf(answer)) {
      recording.append({ kind: 'bytes', bytes });
      if (recording.overflowed) {
        land({ type: 'bytes', status: answer.status, headers });
        overflowed();
        await recording.drained();
      }
    }
    recording.end();
    complete();
    if (recording.overflowed) return this.#options.notStored('too_large');

    const body = Buffer.concat(
      recording.items.map((piece) => (piece.kind === 'bytes' ? piece.bytes : NOTHING)),
    );
    if (answer.status !== 200) {
      this.#options.notStored('status');
      return land({ type: 'whole', status: answer.status, headers, body, stored: false });
    }
    const judgement = this.#options.callType.judge(body, this.#options.storable);
    const stored = this.#store(answer, { body }, judgement, false);
    land({ type: 'whole', status: 200, headers, body, judgement, stored });
  }

  async #receiveStream(answer: ProviderAnswer): Promise<void> {
    const { recording } = this.#desk;
    const whole = Promise.withResolvers<WholeOfStream | undefined>();
    whole.promise.catch(ignore);
    this.#desk.land({ type: 'stream', headers: forwardableHeaders(answer.headers), whole: whole.promise });

    let assembly = this.#options.callType.assemble();
    let last = 'part' as StreamEventKind;
    const take = (item: SseItem): void => {
      if (isTerminal(last)) return;
      if (item.type === 'comment') return recording.append({ kind: 'comment', text: item.text });
      // An answer too long to keep is only told event from event: what was put together is let go.
      if (recording.overflowed) assembly = this.#options.callType.assemble();
      last = assembly.push(item.data);
      const event = item.event === undefined ? {} : { event: item.event };
      recording.append({ kind: last, text: item.data, ...event });
      if (last === 'done') {
        whole.resolve(this.#takeIn(answer, assembly));
        recording.end();
        this.#desk.complete();
      }
    };
    try {
      await this.#readEvents(answer, take, () => {
        if (recording.overflowed) {
          whole.resolve(undefined);
          this.#desk.overflowed();
        }
        return last;
      });
      if (last !== 'done') throw cut();
    } catch (error) {
      if (last === 'done') return;
      this.#cutShort(last, error);
      whole.reject(error);
    }
  }

  /** @param progress called after every read; tells what the last event was. */
  async #readEvents(
    answer: ProviderAnswer,
    take: (item: SseItem) => void,
    progress: () => StreamEventKind,
  ): Promise<void> {
    const parser = createEventParser(take);
    let restBytes = 0;
    let stopWaiting: (() => void) | undefined;
    try {
      for await (const bytes of this.#bodyOf(answer)) {
        if (stopWaiting === undefined) parser.feed(bytes);
        else restBytes += bytes.byteLength;
        const last = progress();
        if (last === 'error' || restBytes > MAX_REST_BYTES) return;
        if (last === 'done')
          stopWaiting ??= this.#options.clock.schedule(MAX_REST_MILLISECONDS, this.#desk.cancel);
        else await this.#desk.recording.drained();
      }
      parser.end();
      progress();
    } finally {
      stopWaiting?.();
    }
  }

  /** The terminal event was seen: what the stream makes is judged and stored. */
  #takeIn(answer: ProviderAnswer, assembly: StreamAssembly): WholeOfStream | undefined {
    const { callType, maxEntryBytes, storable, notStored } = this.#options;
    const tooLong = this.#desk.recording.overflowed;
    const whole = tooLong ? undefined : assembled(assembly);
    if (whole === undefined) {
      notStored(tooLong ? 'too_large' : 'malformed');
      return undefined;
    }
    const judgement = callType.judge(whole.body, storable);
    // Recorded events come on top of the body, so that both together may be longer than the stream was.
    if (whole.body.length + (whole.events?.length ?? 0) > maxEntryBytes) notStored('too_large');
    else this.#store(answer, whole, judgement, true);
    return { body: whole.body, judgement };
  }

  /** A stream that will not be completed ends with an error event and without its terminal event. */
  #cutShort(last: StreamEventKind, error: unknown): void {
    const { recording, signal } = this.#desk;
    if (last !== 'error') {
      const message = error instanceof Error ? error.message : String(error);
      const text = this.#options.callType.errorEvent({ message, code: 'stream_interrupted' });
      recording.append({ kind: 'error', text });
    }
    recording.end();
    this.#options.notStored(signal.aborted ? 'abandoned' : 'cut');
  }

  #store(
    answer: ProviderAnswer,
    whole: AssembledAnswer,
    judgement: Judgement,
    isAssembled: boolean,
  ): boolean {
    const reason = reasonNotToStore(answer, judgement);
    if (reason !== undefined) {
      this.#options.notStored(reason);
      return false;
    }
    const { headers } = answer;
    const contentType = isAssembled ? 'application/json' : contentTypeOf(headers);
    return this.#options.store({ ...whole, headers, contentType, assembled: isAssembled, judgement });
  }

  /** The body, with every way it can break off told as one error. Given up with the call, whatever the provider does. */
  async *#bodyOf(answer: ProviderAnswer): AsyncGenerator<Uint8Array, void, undefined> {
    const { signal } = this.#desk;
    if (signal.aborted) giveUpBody(answer.body);
    try {
      signal.throwIfAborted();
      for await (const bytes of answer.body) {
        signal.throwIfAborted();
        if (bytes.byteLength !== 0) yield bytes;
      }
    } catch (error) {
      if (CacheError.is(error)) throw error;
      throw cut(error);
    }
  }
}

const NOTHING = new Uint8Array();

function isTerminal(kind: StreamEventKind): boolean {
  return kind === 'done' || kind === 'error';
}

/** A call type that cannot make sense of a stream must not take the stream from those who read it. */
function assembled(assembly: StreamAssembly): AssembledAnswer | undefined {
  try {
    return assembly.finish();
  } catch {
    return undefined;
  }
}

function reasonNotToStore(answer: ProviderAnswer, judgement: Judgement): string | undefined {
  if (!judgement.storable) return judgement.reason;
  return answer.storable === false ? 'fallback' : undefined;
}

function cut(cause?: unknown): CacheError {
  return new CacheError('CACHE_PROVIDER_CUT', 'the provider ended its answer before it was complete', {
    cause,
  });
}

function ignore(): void {
  // Passengers receive the rejection through their own promises; with none left it concerns nobody.
}
