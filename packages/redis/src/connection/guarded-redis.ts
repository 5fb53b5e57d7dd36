import { Redis } from 'ioredis';
import type { Command, RedisOptions } from 'ioredis';
import { backoffMilliseconds } from './backoff.ts';
import type { Guard } from './guard.ts';
import { useCurrentPassword } from './password.ts';

/** Sent by ioredis itself before a connection is ready; they belong to it, not to a caller. */
const HANDSHAKE: ReadonlySet<string> = new Set(['hello', 'auth', 'select', 'client', 'readonly', 'info']);

/** One connection to one server: ioredis, lazily, with a {@link Guard}. Connects again for ever until `disconnect()`. */
export class GuardedRedis extends Redis {
  readonly #guard: Guard;
  #isDisconnected = false;
  #isAuthenticating = false;
  /** Whether this connection is not the one asked for: ioredis calls it ready all the same. */
  #isRefused = false;
  #attempts = 0;
  #revival: NodeJS.Timeout | undefined;

  constructor(options: RedisOptions, guard: Guard) {
    super({ ...options, lazyConnect: true, replyMapping: 'legacy' });
    this.#guard = guard;
    useCurrentPassword(this, guard);
    this.on('error', (error: Error) => guard.noteError(error));
    this.on('sentinelError', (error: Error) => guard.noteError(sentinelProblem(error, options.name)));
    this.on('connect', () => (this.#isRefused = false));
    this.on('ready', () => {
      if (this.#isRefused) return;
      this.#attempts = 0;
      guard.noteConnection();
    });
    this.on('end', () => this.#revive());
  }

  get pending(): Guard['pending'] {
    return this.#guard.pending;
  }

  /** Whether it was told to go, for good. */
  get isDisconnected(): boolean {
    return this.#isDisconnected;
  }

  override sendCommand(command: Command, stream?: Parameters<Redis['sendCommand']>[1]): unknown {
    if (this.status === 'connect' && HANDSHAKE.has(command.name)) {
      if (command.name === 'select') this.#insistOn(command);
      return super.sendCommand(command, stream);
    }
    // A connection that stands is not doubted because its password ran out: the server decides that.
    const isReady = this.status === 'ready' || !this.#guard.hasToAuthenticate;
    const sent = this.#guard.pass(command, isReady, () => super.sendCommand(command, stream));
    if (!isReady) void this.#authenticate();
    return sent;
  }

  override async connect(): Promise<void> {
    // Not awaited where there is nothing to wait for: ioredis takes no commands before this was called.
    if (this.#guard.hasToAuthenticate) await this.#guard.authenticate();
    return super.connect();
  }

  override disconnect(reconnect = false): void {
    if (!reconnect) {
      this.#isDisconnected = true;
      clearTimeout(this.#revival);
    }
    super.disconnect(reconnect);
  }

  /** Makes the connection before the first command asks for it. */
  open(): void {
    if (this.status === 'wait') this.connect().catch(() => undefined);
  }

  /** Tells the server the new password on a connection that lives on. */
  authenticateAgain(password: string): void {
    if (this.status !== 'ready') return;
    const { username } = this.options;
    const told = username ? this.auth(username, password) : this.auth(password);
    // Refused or lost: the next connection is made with it anyway.
    told.catch(() => undefined);
  }

  /** Ends at once, and what waits with `error`. */
  shut(error: Error): void {
    this.disconnect();
    this.#guard.end(error);
  }

  /** ioredis goes on in database 0 where the one asked for is refused: answers would be among somebody else's keys. */
  #insistOn(select: Command): void {
    select.promise.catch((error: unknown) => {
      if (this.status !== 'connect') return;
      this.#isRefused = true;
      this.#guard.noteError(error instanceof Error ? error : new Error(String(error)));
      // What waits stays unsent: the socket takes nothing more.
      this.disconnect(true);
    });
  }

  async #authenticate(): Promise<void> {
    if (this.#isAuthenticating) return;
    this.#isAuthenticating = true;
    const isAuthenticated = await this.#guard.authenticate();
    this.#isAuthenticating = false;
    if (isAuthenticated) this.#guard.release();
  }

  /** ioredis gives up for good where no sentinel answers; nobody is there to tell it to go on. */
  #revive(): void {
    if (this.#isDisconnected) return;
    this.#attempts += 1;
    clearTimeout(this.#revival);
    this.#revival = setTimeout(() => {
      if (this.status === 'end' && !this.#isDisconnected) this.connect().catch(() => undefined);
    }, backoffMilliseconds(this.#attempts));
    this.#revival.unref();
  }
}

/** A sentinel that answers and knows no such master answers "null", which ioredis passes on. */
function sentinelProblem(error: Error, name: string | undefined): Error {
  if (/invalid reply: null$|No such master/.test(error.message))
    return new Error(`no sentinel knows a master called ${name ?? ''}`);
  // Why the connection is closed its socket has said already.
  return /Connection is closed\.$/.test(error.message) ? new Error('Connection is closed.') : error;
}
