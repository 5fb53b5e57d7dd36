import type {
  AssembledAnswer,
  CallType,
  Judgement,
  StorableOptions,
  StreamEventKind,
} from '../calls/call-type.ts';
import { createEventParser } from '../calls/sse/parse.ts';
import type { CacheEntry } from '../contract/entry.ts';
import { CacheError } from '../contract/errors.ts';
import type { JsonObject } from '../json.ts';
import { OwnFailure, type HeaderList, type Provider, type ProviderAnswer } from './answer.ts';
import { contentTypeOf, forwardableHeaders, isEventStream } from './headers.ts';
import { Recording } from './recording.ts';

/** One piece of an answer on its way: an event or comment of a stream, or bytes of a whole answer. */
export type Piece =
  | { readonly kind: StreamEventKind | 'comment'; readonly text: string; readonly event?: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

/** What is known once the answer's shape is. */
export type Landing =
  /** The leader found it in the shared tier: nobody was called. */
  | { readonly type: 'entry'; readonly entry: CacheEntry; readonly source: string }
  /** Received whole. */
  | {
      readonly type: 'whole';
      readonly status: number;
      readonly headers: HeaderList;
      readonly body: Buffer;
      /** Absent for anything but a 200. */
      readonly judgement?: Judgement;
      readonly stored: boolean;
    }
  /** Events follow, in the recording; `assembled` settles when they end. */
  | {
      readonly type: 'stream';
      readonly headers: HeaderList;
      readonly assembled: Promise<AssembledAnswer>;
    }
  /** Too long to hold: bytes follow, in the recording. */
  | { readonly type: 'bytes'; readonly status: number; readonly headers: HeaderList };

/** An answer that is complete and may be stored. */
export interface StorableAnswer extends AssembledAnswer {
  readonly headers: HeaderList;
  readonly contentType: string;
  readonly assembled: boolean;
  readonly judgement: Judgement;
}

/** A request waiting for a flight's answer. */
export interface Passenger {
  readonly provider: Provider;
  readonly body: () => JsonObject;
  /** Reads what is recorded, from the beginning. Taken at boarding, so that nothing is missed. */
  readonly reader: AsyncIterableIterator<readonly Piece[]>;
  /** Called when this passenger alone must go without an answer. */
  readonly fail: (error: unknown) => void;
}

export interface FlightOptions {
  readonly callType: CallType;
  readonly maxEntryBytes: number;
  readonly storable: StorableOptions;
  /** Asked once before the provider is called: the shared tier. */
  readonly lookup?: (signal: AbortSignal) => Promise<{ entry: CacheEntry; source: string } | undefined>;
  /** Takes a complete, storable answer. @returns whether it is being stored. */
  readonly store: (answer: StorableAnswer) => boolean;
  readonly notStored: (reason: string) => void;
  /** Whether the call goes on when everybody has left. */
  readonly finishAbandoned: boolean;
}

/**
 * One provider call and everybody who waits for its answer. The call belongs to the flight, not to whoever began it: a
 * leader that goes away changes nothing for the others. It is cancelled when the last one leaves.
 */
export class Flight {
  readonly landing: Promise<Landing>;
  /** Settles when the answer is complete, or will never be. Never rejects. */
  readonly finished: Promise<void>;
  readonly recording: Recording<Piece>;
  readonly #options: FlightOptions;
  readonly #passengers = new Set<Passenger>();
  readonly #abort = new AbortController();
  readonly #landed = Promise.withResolvers<Landing>();
  readonly #finished = Promise.withResolvers<void>();
  #complete = false;

  constructor(options: FlightOptions) {
    this.#options = options;
    this.recording = new Recording(options.maxEntryBytes, sizeOfPiece);
    this.landing = this.#landed.promise;
    this.landing.catch(ignore);
    this.finished = this.#finished.promise;
  }

  /** Whether a further request may still come aboard. */
  get boards(): boolean {
    return !this.#abort.signal.aborted && !this.recording.overflowed;
  }

  board(passenger: Omit<Passenger, 'reader'>): Passenger {
    const boarded = { ...passenger, reader: this.recording.read() };
    this.#passengers.add(boarded);
    return boarded;
  }

  leave(passenger: Passenger): void {
    this.#passengers.delete(passenger);
    void passenger.reader.return?.();
    if (this.#passengers.size === 0 && !this.#complete && !this.#options.finishAbandoned) {
      this.#abort.abort(new CacheError('CACHE_ABORTED', 'everybody who waited for this answer went away'));
    }
  }

  /** Looks up, calls, receives. Never rejects: what goes wrong reaches the passengers. */
  async fly(): Promise<void> {
    try {
      const found = await this.#options.lookup?.(this.#abort.signal);
      if (found === undefined) await this.#receive(await this.#call());
      else this.#landed.resolve({ type: 'entry', ...found });
    } catch (error) {
      this.#landed.reject(error);
      this.recording.fail(error);
    } finally {
      this.#finish();
    }
  }

  #finish(): void {
    this.#complete = true;
    this.#finished.resolve();
  }

  /** The oldest passenger calls; a failure of its own makes the next one call. */
  async #call(): Promise<ProviderAnswer> {
    for (;;) {
      const [oldest] = this.#passengers;
      if (oldest === undefined) throw new CacheError('CACHE_ABORTED', 'nobody is left to make the call');
      try {
        const body = this.#options.callType.providerBody(oldest.body(), { includeUsage: true });
        return await oldest.provider(body, { signal: this.#abort.signal });
      } catch (error) {
        if (!(error instanceof OwnFailure)) throw error;
        this.#passengers.delete(oldest);
        oldest.fail(error.cause);
      }
    }
  }

  #receive(answer: ProviderAnswer): Promise<void> {
    return answer.status === 200 && isEventStream(answer.headers)
      ? this.#receiveStream(answer)
      : this.#receiveWhole(answer);
  }

  async #receiveWhole(answer: ProviderAnswer): Promise<void> {
    const headers = forwardableHeaders(answer.headers);
    for await (const bytes of bodyOf(answer)) {
      const heldUntilNow = !this.recording.overflowed;
      this.recording.append({ kind: 'bytes', bytes });
      if (this.recording.overflowed) {
        if (heldUntilNow) this.#landed.resolve({ type: 'bytes', status: answer.status, headers });
        await this.recording.drained();
      }
    }
    this.recording.end();
    if (this.recording.overflowed) return this.#options.notStored('too_large');

    const body = Buffer.concat(
      this.recording.items.map((piece) => (piece.kind === 'bytes' ? piece.bytes : NOTHING)),
    );
    if (answer.status !== 200) {
      this.#options.notStored('status');
      return this.#landed.resolve({ type: 'whole', status: answer.status, headers, body, stored: false });
    }
    const judgement = this.#options.callType.judge(body, this.#options.storable);
    const stored = this.#store(answer, { body }, judgement, false);
    this.#landed.resolve({ type: 'whole', status: 200, headers, body, judgement, stored });
  }

  async #receiveStream(answer: ProviderAnswer): Promise<void> {
    const assembled = Promise.withResolvers<AssembledAnswer>();
    assembled.promise.catch(ignore);
    this.#landed.resolve({
      type: 'stream',
      headers: forwardableHeaders(answer.headers),
      assembled: assembled.promise,
    });

    let assembly = this.#options.callType.assemble();
    let last = 'part' as StreamEventKind;
    const parser = createEventParser((item) => {
      if (isTerminal(last)) return;
      if (item.type === 'comment') return this.recording.append({ kind: 'comment', text: item.text });
      // An answer too long to keep is only told event from event: what was put together is let go.
      if (this.recording.overflowed) assembly = this.#options.callType.assemble();
      last = assembly.push(item.data);
      const event = item.event === undefined ? {} : { event: item.event };
      this.recording.append({ kind: last, text: item.data, ...event });
      if (last === 'done') this.#land(answer, assembly.finish(), assembled);
    });
    try {
      for await (const bytes of bodyOf(answer)) {
        // After the terminal event the rest is read and dropped, so that the connection can be used again.
        if (last === 'done') continue;
        parser.feed(bytes);
        if (last === 'error') break;
        await this.recording.drained();
      }
      parser.end();
      if (last !== 'done') throw cut();
    } catch (error) {
      if (last === 'done') return;
      this.#cutShort(last, error);
      assembled.reject(error);
    }
  }

  /** The terminal event was seen: every reader has its end, and the answer is judged and stored. */
  #land(
    answer: ProviderAnswer,
    whole: AssembledAnswer | undefined,
    assembled: PromiseWithResolvers<AssembledAnswer>,
  ): void {
    if (this.recording.overflowed) {
      assembled.reject(
        new CacheError('CACHE_ENTRY_TOO_LARGE', 'the streamed answer is too long to be put together'),
      );
      this.#options.notStored('too_large');
    } else if (whole === undefined) {
      assembled.reject(new CacheError('CACHE_PROVIDER_CUT', 'the streamed answer cannot be put together'));
      this.#options.notStored('malformed');
    } else {
      this.#store(answer, whole, this.#options.callType.judge(whole.body, this.#options.storable), true);
      assembled.resolve(whole);
    }
    this.recording.end();
    this.#finish();
  }

  /** A stream that will not be completed ends with an error event and without its terminal event. */
  #cutShort(last: StreamEventKind, error: unknown): void {
    if (last !== 'error') {
      const message = error instanceof Error ? error.message : String(error);
      const text = this.#options.callType.errorEvent({ message, code: 'stream_interrupted' });
      this.recording.append({ kind: 'error', text });
    }
    this.recording.end();
    this.#options.notStored(this.#abort.signal.aborted ? 'abandoned' : 'cut');
  }

  #store(answer: ProviderAnswer, whole: AssembledAnswer, judgement: Judgement, assembled: boolean): boolean {
    const reason = judgement.storable
      ? answer.storable === false
        ? 'fallback'
        : undefined
      : judgement.reason;
    if (reason !== undefined) {
      this.#options.notStored(reason);
      return false;
    }
    const contentType = assembled ? 'application/json' : contentTypeOf(answer.headers);
    return this.#options.store({ ...whole, headers: answer.headers, contentType, assembled, judgement });
  }
}

const NOTHING = new Uint8Array();

function isTerminal(kind: StreamEventKind): boolean {
  return kind === 'done' || kind === 'error';
}

function sizeOfPiece(piece: Piece): number {
  return piece.kind === 'bytes' ? piece.bytes.byteLength : piece.text.length;
}

/** The body, with every way it can break off told as one error. */
async function* bodyOf(answer: ProviderAnswer): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* answer.body;
  } catch (error) {
    if (CacheError.is(error)) throw error;
    throw cut(error);
  }
}

function cut(cause?: unknown): CacheError {
  return new CacheError('CACHE_PROVIDER_CUT', 'the provider ended its answer before it was complete', {
    cause,
  });
}

function ignore(): void {
  // Passengers receive the rejection through their own promises; with none left it concerns nobody.
}
