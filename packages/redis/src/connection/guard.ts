import { CacheError } from '@cache/core';
import type { Command } from 'ioredis';
import type { Credentials } from '../iam/credentials.ts';
import { connectionError, isReply, isWithoutReason } from './connection-error.ts';
import { PendingCommands } from './pending-commands.ts';

/** Sends a command on, as ioredis would have without us. */
export type Send = () => unknown;

interface Held {
  readonly go: Send;
  readonly fail: (error: Error) => void;
}

/** What a client of ours knows besides what ioredis does. */
export interface GuardOptions {
  /** Where it connects to, for messages. */
  readonly where: string;
  readonly tls: boolean;
  readonly credentials?: Credentials | undefined;
}

/**
 * Stands between the commands and one client of ioredis. Knows what is pending, says in its errors why there is no connection,
 * and holds commands back while they could not be sent anyway: before the first password, and where the client's own queue
 * would keep them for ever.
 */
export class Guard {
  readonly pending: PendingCommands;
  readonly #options: GuardOptions;
  #held: Held[] = [];
  #lastError: Error | undefined;
  #stoodBefore = false;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.pending = new PendingCommands((error) => this.#translate(error));
  }

  get hasCredentials(): boolean {
    return this.#options.credentials !== undefined;
  }

  get password(): string | undefined {
    return this.#options.credentials?.password;
  }

  get hasToAuthenticate(): boolean {
    return this.#options.credentials?.isFresh === false;
  }

  /** Sends the command, or holds it until {@link release}. @param isReady whether it can be sent now. */
  pass(command: Command, isReady: boolean, send: Send): unknown {
    // Out of the client's own queue, or redirected: it has been here before.
    if (this.pending.has(command)) return send();
    this.pending.add(command);
    if (isReady && this.#held.length === 0) return send();
    this.#held.push({ go: send, fail: (error) => command.reject(error) });
    return command.promise;
  }

  /** Resolves when what is held would be sent. */
  hold(): Promise<void> {
    return new Promise((resolve, reject) => this.#held.push({ go: resolve, fail: reject }));
  }

  /** Sees to a password first if one is needed. Rejects what is held if there is none to be had. */
  async authenticate(): Promise<boolean> {
    try {
      if (this.hasToAuthenticate) await this.#options.credentials?.refresh();
      return true;
    } catch (error) {
      this.noteError(asError(error));
      this.fail();
      return false;
    }
  }

  /** The connection stands: what is held goes, in its order. */
  release(): void {
    const held = this.#held;
    this.#held = [];
    for (const { go } of held) go();
  }

  /** There is no connection: what is held ends. */
  fail(error: Error = this.problem()): void {
    const held = this.#held;
    this.#held = [];
    for (const { fail } of held) fail(error);
  }

  /** Ends everything, wherever it waits. */
  end(error: Error): void {
    this.fail(error);
    this.pending.rejectAll(error);
  }

  noteError(error: Error): void {
    takeOffPassword(error);
    if (!isWithoutReason(error)) this.#lastError = error;
    // A password that was changed, or ran out while this process slept.
    if (/^(WRONGPASS|NOAUTH)/.test(error.message))
      this.#options.credentials?.refresh().catch(() => undefined);
  }

  noteConnection(): void {
    this.#lastError = undefined;
    this.#stoodBefore = true;
  }

  problem(): CacheError {
    if (CacheError.is(this.#lastError)) return this.#lastError;
    return this.#outage(this.#lastError);
  }

  #outage(reason: Error | undefined): CacheError {
    const { where, tls } = this.#options;
    return connectionError({ where, tls, reason, stoodBefore: this.#stoodBefore });
  }

  #translate(error: Error): Error {
    takeOffPassword(error);
    if (isReply(error) || CacheError.is(error)) return error;
    return isWithoutReason(error) ? this.problem() : this.#outage(error);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** ioredis hangs the refused command on its error, and errors end up in logs. */
function takeOffPassword(error: Error): void {
  const { command } = error as { command?: { name?: unknown } };
  if (command?.name === 'hello' || command?.name === 'auth') delete (error as { command?: unknown }).command;
}
