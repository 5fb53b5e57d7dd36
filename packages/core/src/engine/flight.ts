import type { CacheEntry } from '../contract/entry.ts';
import { CacheError } from '../contract/errors.ts';
import type { MissReason } from '../contract/observer.ts';
import type { JsonObject } from '../json.ts';
import { OwnFailure, type Provider, type ProviderAnswer } from './answer.ts';
import type { Landing } from './landing.ts';
import { sizeOfPiece, type Piece } from './piece.ts';
import { Reception, type ReceptionOptions } from './reception.ts';
import { Recording } from './recording.ts';

/** A request waiting for a flight's answer. */
export interface Passenger {
  readonly provider: Provider;
  readonly body: () => JsonObject;
  /** Reads what is recorded, from the beginning. Taken at boarding, so that nothing is missed. */
  readonly reader: AsyncIterableIterator<readonly Piece[]>;
  /** Called when this passenger alone must go without an answer; it leaves then. */
  readonly fail: (error: unknown) => void;
}

/** What the shared tier had for the request that asked. */
export type LookedUp =
  | { readonly answers: true; readonly entry: CacheEntry; readonly source: string }
  /** No answer as it is; an entry is kept in mind for stale-if-error. */
  | { readonly answers: false; readonly reason: MissReason; readonly entry?: CacheEntry };

export interface FlightOptions extends ReceptionOptions {
  /** Asked once before the provider is called: the shared tier. */
  readonly lookup?: (signal: AbortSignal) => Promise<LookedUp>;
  /** Whether the call goes on when everybody has left, as long as its answer can be stored. */
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
  #isCalled = false;
  #isFinished = false;
  #missed: (LookedUp & { answers: false }) | undefined;

  constructor(options: FlightOptions) {
    this.#options = options;
    this.recording = new Recording(options.maxEntryBytes, sizeOfPiece);
    this.landing = this.#landed.promise;
    this.landing.catch(ignore);
    this.finished = this.#finished.promise;
  }

  /**
   * Whether a further request may still come aboard. Not once it is finished: a stored answer is found in the store, and
   * what was not stored (an error) is for those who waited for it.
   */
  get boards(): boolean {
    return !this.#isFinished && !this.recording.overflowed;
  }

  /** What the shared tier had, where that was no answer as it is. */
  get stale(): CacheEntry | undefined {
    return this.#missed?.entry;
  }

  /** Why the shared tier had no answer, where it was asked. */
  get missReason(): MissReason | undefined {
    return this.#missed?.reason;
  }

  board(passenger: Omit<Passenger, 'reader'>): Passenger {
    const boarded = { ...passenger, reader: this.recording.read() };
    this.#passengers.add(boarded);
    return boarded;
  }

  leave(passenger: Passenger): void {
    this.#passengers.delete(passenger);
    void passenger.reader.return?.();
    this.#cancelIfUseless();
  }

  /** Looks up, calls, receives. Never rejects: what goes wrong reaches the passengers. */
  async fly(): Promise<void> {
    try {
      const found = await this.#options.lookup?.(this.#abort.signal);
      if (found?.answers === true) {
        this.#landed.resolve({ type: 'entry', entry: found.entry, source: found.source });
      } else {
        this.#missed = found;
        await this.#receive(await this.#call());
      }
    } catch (error) {
      this.#landed.reject(error);
      this.recording.fail(error);
    } finally {
      this.#finish();
    }
  }

  /** The oldest passenger calls; a failure of its own makes the next one call. */
  async #call(): Promise<ProviderAnswer> {
    for (;;) {
      const [oldest] = this.#passengers;
      if (oldest === undefined) throw new CacheError('CACHE_ABORTED', 'nobody is left to make the call');
      try {
        this.#isCalled = true;
        const body = this.#options.callType.providerBody(oldest.body(), { includeUsage: true });
        return await oldest.provider(body, { signal: this.#abort.signal });
      } catch (error) {
        if (!(error instanceof OwnFailure)) throw error;
        this.#isCalled = false;
        oldest.fail(error.cause);
      }
    }
  }

  #receive(answer: ProviderAnswer): Promise<void> {
    const reception = new Reception(this.#options, {
      recording: this.recording,
      signal: this.#abort.signal,
      cancel: () => this.#abort.abort(new CacheError('CACHE_ABORTED', 'the answer is complete')),
      land: this.#landed.resolve,
      overflowed: () => this.#cancelIfUseless(),
      complete: () => this.#finish(),
    });
    return reception.receive(answer);
  }

  /**
   * A cancelled call is over for everybody at once: a provider that pays no heed to its signal keeps nobody waiting, and
   * what it may yet answer is not taken.
   */
  #cancelIfUseless(): void {
    const isWorthFinishing = this.#options.finishAbandoned && this.#isCalled && !this.recording.overflowed;
    if (this.#passengers.size > 0 || this.#isFinished || isWorthFinishing) return;
    this.#abort.abort(new CacheError('CACHE_ABORTED', 'everybody who waited for this answer went away'));
    this.#finish();
  }

  #finish(): void {
    this.#isFinished = true;
    this.#finished.resolve();
  }
}

function ignore(): void {
  // Passengers receive the rejection through their own promises; with none left it concerns nobody.
}
