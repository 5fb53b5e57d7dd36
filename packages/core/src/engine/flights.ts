import type { Clock } from '../contract/clock.ts';
import type { CacheEntry } from '../contract/entry.ts';
import type { MaybePromise } from '../contract/store.ts';
import type { Flight } from './flight.ts';
import { isPending } from './store-wrappers/wrapper.ts';

export interface TrackOptions {
  /** Equal requests find it under its key. */
  readonly joinable: boolean;
  /** Fetches a fresh answer for nobody in particular. */
  readonly background?: boolean;
}

/** How an answer gets into the store. */
export interface Storing {
  readonly write: () => MaybePromise<void>;
  /** Whether the store has something under the key that `peek` finds, though a write may still be going on. */
  readonly isAtHand: () => boolean;
}

/** What is known of a flight under way besides itself. */
interface Tracked extends TrackOptions {
  readonly key: string;
  readonly flight: Flight;
  readonly startedAt: number;
  /** Its answer may be delivered, not stored: a deletion, or a younger answer, came while it was on its way. */
  storingForbidden: boolean;
  /** The entry, from when it is complete until the store has it at hand, or at all. */
  entry: CacheEntry | undefined;
  write?: Promise<void>;
}

/**
 * The calls under way. A flight can be joined until it is finished, and its entry is at hand until the store has it, so
 * that no request falls between the two: it finds the flight, then the landed entry, then the stored one.
 */
export class Flights {
  readonly #clock: Clock;
  readonly #joinMilliseconds: number;
  readonly #byFlight = new Map<Flight, Tracked>();
  /** Those of one key, oldest first: nearly always one. */
  readonly #byKey = new Map<string, readonly Tracked[]>();
  /** How many of them have their entry here. */
  #landedCount = 0;

  constructor(clock: Clock, joinSeconds: number) {
    this.#clock = clock;
    this.#joinMilliseconds = joinSeconds * 1000;
  }

  get count(): number {
    return this.#byFlight.size;
  }

  /** Keeps an eye on a flight until it is over. */
  track(key: string, flight: Flight, options: TrackOptions): void {
    const tracked: Tracked = {
      ...options,
      key,
      flight,
      startedAt: this.#clock.now(),
      storingForbidden: false,
      entry: undefined,
    };
    this.#byFlight.set(flight, tracked);
    this.#byKey.set(key, [...this.#of(key), tracked]);
    void flight.finished.then(() => tracked.write).then(() => this.#forget(tracked));
  }

  /** The flight an equal request may join. */
  joinable(key: string): Flight | undefined {
    return this.#of(key).findLast((tracked) => this.#isJoinable(tracked))?.flight;
  }

  /** Whether a fresh answer is being fetched in the background, however long that takes. */
  isRefreshing(key: string): boolean {
    return this.#of(key).some(({ background }) => background === true);
  }

  /** An entry that is complete and on its way into the store. */
  landed(key: string): CacheEntry | undefined {
    // Asked for every hit: nearly always there is none at all.
    if (this.#landedCount === 0) return undefined;
    return this.#of(key).findLast(({ entry, storingForbidden }) => entry !== undefined && !storingForbidden)
      ?.entry;
  }

  mayStore(flight: Flight): boolean {
    return this.#byFlight.get(flight)?.storingForbidden === false;
  }

  /**
   * Notes that `entry` is on its way into the store. Answers to older calls are not stored after it: a `no-cache` request
   * was promised that its answer replaces what was there. Writes under one key go one after another, since a store may
   * finish them in any order. The store's failures are the store's to report.
   *
   * The entry is kept here only until the store has it at hand: a tier in memory hears of deletions that this does not.
   */
  storing(flight: Flight, entry: CacheEntry, { write, isAtHand }: Storing): void {
    const tracked = this.#byFlight.get(flight);
    if (tracked === undefined) return;
    const others = this.#of(tracked.key);
    const older = others.slice(0, others.indexOf(tracked));
    for (const superseded of older) superseded.storingForbidden = true;
    const before = older.map((other) => other.write).filter((pending) => pending !== undefined);
    const begin = (): MaybePromise<void> => {
      const writing = write();
      this.#land(tracked, isPending(writing) && !isAtHand() ? entry : undefined);
      return writing;
    };
    if (before.length > 0) this.#land(tracked, entry);
    const writing =
      before.length === 0
        ? begin()
        : Promise.all(before).then(() => (tracked.storingForbidden ? undefined : begin()));
    if (isPending(writing)) tracked.write = writing.then(undefined, () => undefined);
  }

  /**
   * Keeps flights whose key matches from storing what they bring; later requests no longer join them.
   * Resolves when writes already begun are over, so that a deletion after them is final.
   */
  async forbidStoring(matches: (key: string) => boolean): Promise<void> {
    const writes: Promise<void>[] = [];
    for (const tracked of this.#byFlight.values()) {
      if (!matches(tracked.key)) continue;
      tracked.storingForbidden = true;
      if (tracked.write !== undefined) writes.push(tracked.write);
    }
    await Promise.all(writes);
  }

  /** Resolves when everything under way now is over and stored. Calls begun later are not waited for. */
  async settled(): Promise<void> {
    const all = [...this.#byFlight.values()];
    await Promise.all(all.map((tracked) => tracked.flight.finished.then(() => tracked.write)));
  }

  #isJoinable({ joinable, flight, startedAt, storingForbidden }: Tracked): boolean {
    if (!joinable || storingForbidden || !flight.boards) return false;
    // Never below 0, should the clock be set back: 0 seconds are never enough.
    return Math.max(0, this.#clock.now() - startedAt) < this.#joinMilliseconds;
  }

  #of(key: string): readonly Tracked[] {
    return this.#byKey.get(key) ?? [];
  }

  /** Keeps `entry` at hand, in place of what was. */
  #land(tracked: Tracked, entry: CacheEntry | undefined): void {
    this.#landedCount += Number(entry !== undefined) - Number(tracked.entry !== undefined);
    tracked.entry = entry;
  }

  #forget(tracked: Tracked): void {
    this.#land(tracked, undefined);
    this.#byFlight.delete(tracked.flight);
    const others = this.#of(tracked.key).filter((other) => other !== tracked);
    if (others.length === 0) this.#byKey.delete(tracked.key);
    else this.#byKey.set(tracked.key, others);
  }
}
