import type { Clock } from '../contract/clock.ts';
import type { CacheEntry } from '../contract/entry.ts';
import type { MaybePromise } from '../contract/store.ts';
import { isPending } from './store-wrappers/wrapper.ts';
import type { Flight } from './flight.ts';

/** What is known of a flight under way besides itself. */
interface Record {
  readonly key: string;
  readonly startedAt: number;
  /** Set by a deletion that came while the answer was on its way: it may be delivered, not stored. */
  storingForbidden: boolean;
  /** The entry, from when it is complete until the store has it. */
  entry?: CacheEntry;
  write?: Promise<void>;
}

/**
 * The calls under way. A flight can be joined until the store has its entry, so that no request falls between the two: it
 * finds the flight, then the landed entry, then the stored one.
 */
export class Flights {
  readonly #clock: Clock;
  readonly #joinMilliseconds: number;
  readonly #byKey = new Map<string, Flight>();
  readonly #records = new Map<Flight, Record>();

  constructor(clock: Clock, joinSeconds: number) {
    this.#clock = clock;
    this.#joinMilliseconds = joinSeconds * 1000;
  }

  get count(): number {
    return this.#records.size;
  }

  /** Keeps an eye on a flight until it is over; a `joinable` one can be found under its key. */
  track(key: string, flight: Flight, { joinable }: { readonly joinable: boolean }): void {
    const record: Record = { key, startedAt: this.#clock.now(), storingForbidden: false };
    this.#records.set(flight, record);
    if (joinable) this.#byKey.set(key, flight);
    void flight.finished.then(() => record.write).then(() => this.#forget(flight));
  }

  /** The flight an equal request may join. */
  joinable(key: string): Flight | undefined {
    const flight = this.#byKey.get(key);
    if (flight === undefined || !flight.boards) return undefined;
    const record = this.#records.get(flight);
    const age = this.#clock.now() - (record?.startedAt ?? 0);
    return age < this.#joinMilliseconds ? flight : undefined;
  }

  /** An entry that is complete and on its way into the store. */
  landed(key: string): CacheEntry | undefined {
    const flight = this.#byKey.get(key);
    return flight === undefined ? undefined : this.#records.get(flight)?.entry;
  }

  mayStore(flight: Flight): boolean {
    return this.#records.get(flight)?.storingForbidden === false;
  }

  /** Notes that `entry` is on its way into the store. The store's failures are the store's to report. */
  storing(flight: Flight, entry: CacheEntry, write: MaybePromise<void>): void {
    const record = this.#records.get(flight);
    if (record === undefined || !isPending(write)) return;
    record.entry = entry;
    record.write = write.catch(() => undefined);
  }

  /**
   * Keeps flights whose key matches from storing what they bring; later requests no longer join them.
   * Resolves when writes already begun are over, so that a deletion after them is final.
   */
  async forbidStoring(matches: (key: string) => boolean): Promise<void> {
    const writes: (Promise<void> | undefined)[] = [];
    for (const [flight, record] of this.#records) {
      if (!matches(record.key)) continue;
      record.storingForbidden = true;
      writes.push(record.write);
      if (this.#byKey.get(record.key) === flight) this.#byKey.delete(record.key);
    }
    await Promise.all(writes);
  }

  /** Resolves when everything under way now is over and stored. */
  async settled(): Promise<void> {
    const flights = [...this.#records];
    await Promise.all(flights.map(([flight, record]) => flight.finished.then(() => record.write)));
  }

  #forget(flight: Flight): void {
    const key = this.#records.get(flight)?.key;
    this.#records.delete(flight);
    if (key !== undefined && this.#byKey.get(key) === flight) this.#byKey.delete(key);
  }
}
