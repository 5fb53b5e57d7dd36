import type { Clock } from '@cache/core';

/** A password that changes. */
export interface Credentials {
  /** The last one known; undefined before the first. */
  readonly password: string | undefined;
  /** Whether it is known and has not run out. */
  readonly isFresh: boolean;
  /** Sees to a fresh one; several callers share one attempt. Rejects with `CACHE_BACKEND_UNAVAILABLE`. */
  refresh(): Promise<void>;
  /** Calls `listener` whenever there is a new password, for connections that live on. */
  onRenewal(listener: (password: string) => void): void;
  close(): void;
}

/** A password and how long it is good for. */
export interface Token {
  readonly password: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** Renewed this long before the end, or in the last fifth of a shorter life: time for a few attempts that fail. */
const RENEW_BEFORE_MILLISECONDS = 5 * 60_000;
const RETRY_MILLISECONDS = 10_000;
/** A token that says it has run out already is not asked for again and again. */
const SOONEST_RENEWAL_MILLISECONDS = 1_000;

/** Credentials from `fetchToken`, renewed before they run out for as long as nobody closes them, from the first use on. */
export class RenewedCredentials implements Credentials {
  readonly #fetchToken: () => Promise<Token>;
  readonly #clock: Clock;
  readonly #listeners: ((password: string) => void)[] = [];
  #token: Token | undefined;
  #attempt: Promise<void> | undefined;
  #cancelRenewal: () => void = () => undefined;
  #isClosed = false;

  constructor(fetchToken: () => Promise<Token>, clock: Clock) {
    this.#fetchToken = fetchToken;
    this.#clock = clock;
  }

  get password(): string | undefined {
    return this.#token?.password;
  }

  get isFresh(): boolean {
    return this.#token !== undefined && this.#clock.now() < this.#token.expiresAt;
  }

  onRenewal(listener: (password: string) => void): void {
    this.#listeners.push(listener);
  }

  refresh(): Promise<void> {
    this.#attempt ??= this.#renew().finally(() => {
      this.#attempt = undefined;
    });
    return this.#attempt;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRenewal();
  }

  async #renew(): Promise<void> {
    try {
      const token = await this.#fetchToken();
      if (this.#isClosed) return;
      const isFirst = this.#token === undefined;
      this.#token = token;
      this.#renewIn(lifeLeft(token.expiresAt - this.#clock.now()));
      if (!isFirst) for (const listener of this.#listeners) listener(token.password);
    } catch (error) {
      // Without a first token each command that comes asks for one; from then on it is our business.
      if (this.#token !== undefined) this.#renewIn(RETRY_MILLISECONDS);
      throw error;
    }
  }

  #renewIn(milliseconds: number): void {
    this.#cancelRenewal();
    if (this.#isClosed) return;
    this.#cancelRenewal = this.#clock.schedule(milliseconds, () => {
      // Whoever needs the password hears of the failure; here it has been seen to already.
      this.refresh().catch(() => undefined);
    });
  }
}

function lifeLeft(milliseconds: number): number {
  return Math.max(
    milliseconds - Math.min(RENEW_BEFORE_MILLISECONDS, milliseconds / 5),
    SOONEST_RENEWAL_MILLISECONDS,
  );
}
