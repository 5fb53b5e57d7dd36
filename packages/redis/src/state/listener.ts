import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { RedisSharedStateOptions } from './redis-shared-state.ts';
import { ECHO_LUA } from './scripts.ts';

/** From one echo that was heard to the next one asked for. */
const ECHO_INTERVAL_MILLISECONDS = 2_000;

/** How long an echo may take; with the interval, a dead connection is noticed within 5 s. */
const ECHO_LIMIT_MILLISECONDS = 2_500;

/** How long connecting, subscribing and the first echo may take together. */
const OPEN_LIMIT_MILLISECONDS = 5_000;

/** A process that was busy sees its timers before its sockets: it looks there before it believes the timer. */
const SECOND_LOOK_MILLISECONDS = 50;

/** What a {@link Listener} tells. */
export interface ListenerEvents {
  /** Once, at the first echo: from here on messages are heard. */
  readonly onStanding: () => void;
  readonly onMessage: (message: string) => void;
  /** The numbers show that messages are missing, though the connection stands. */
  readonly onMissing: () => void;
  /** Once: it did not come about, or hears nothing any more. Nothing follows. */
  readonly onLost: (error: Error) => void;
}

/**
 * One connection that listens to the bus, until it is lost.
 *
 * That it hears is not believed but tried: a script publishes an echo to a channel of its own, which must come back over this
 * connection, all the way a message takes. A server that answers no more while its connections stand is found out by that.
 * The echo says the number of the last message, which also shows what was lost on the way: the nodes of a Cluster
 * pass messages on without acknowledgement.
 */
export class Listener {
  readonly #options: RedisSharedStateOptions;
  readonly #events: ListenerEvents;
  readonly #client: Redis;
  readonly #ownChannel: string;
  #nextNumber: number | undefined;
  #echoes = 0;
  #stands = false;
  #isOver = false;
  #lastError: Error | undefined;
  #cancelTimer: () => void = () => undefined;

  constructor(options: RedisSharedStateOptions, events: ListenerEvents) {
    this.#options = options;
    this.#events = events;
    this.#ownChannel = options.names.echo(randomUUID());
    this.#client = options.connection.subscriber();
    this.#client.on('error', (error: Error) => (this.#lastError = error));
    for (const event of ['close', 'end']) this.#client.once(event, () => this.#lose());
    this.#client.on('message', (channel: string, text: string) => this.#hear(channel, text));
    this.#expectWithin(OPEN_LIMIT_MILLISECONDS);
    void this.#open();
  }

  /** Lets go of the connection. No event follows. */
  end(): void {
    this.#isOver = true;
    this.#cancelTimer();
    this.#client.disconnect();
  }

  async #open(): Promise<void> {
    try {
      await this.#client.subscribe(this.#options.names.bus, this.#ownChannel);
      await this.#askForEcho();
    } catch (error) {
      this.#lose(error);
    }
  }

  async #askForEcho(): Promise<void> {
    const { connection, names } = this.#options;
    this.#echoes += 1;
    const echo = String(this.#echoes);
    await connection.commands().eval(ECHO_LUA, 1, names.messageNumber, this.#ownChannel, echo);
  }

  #hear(channel: string, text: string): void {
    if (this.#isOver) return;
    const separator = text.indexOf(' ');
    const number = Number(text.slice(0, separator));
    const content = text.slice(separator + 1);
    if (separator < 1 || !Number.isSafeInteger(number)) this.#events.onMissing();
    else if (channel === this.#ownChannel) this.#hearEcho(number, content);
    else this.#hearMessage(number, content);
  }

  #hearMessage(number: number, message: string): void {
    // One without a number cannot be accounted for, and takes none.
    if (number > 0) this.#account(number, number + 1);
    this.#events.onMessage(message);
  }

  #hearEcho(lastNumber: number, echo: string): void {
    if (echo !== String(this.#echoes)) return;
    this.#cancelTimer();
    this.#account(lastNumber + 1, lastNumber + 1);
    if (!this.#stands) {
      this.#stands = true;
      this.#events.onStanding();
    }
    if (!this.#isOver)
      this.#cancelTimer = this.#options.clock.schedule(ECHO_INTERVAL_MILLISECONDS, () => this.#tryAgain());
  }

  #tryAgain(): void {
    this.#expectWithin(ECHO_LIMIT_MILLISECONDS);
    this.#askForEcho().catch((error: unknown) => this.#lose(error));
  }

  /** The first number heard is the beginning; from there each must be the next. */
  #account(number: number, nextNumber: number): void {
    const isExpected = this.#nextNumber === undefined || this.#nextNumber === number;
    this.#nextNumber = nextNumber;
    if (!isExpected) this.#events.onMissing();
  }

  #expectWithin(limitMilliseconds: number): void {
    const { clock } = this.#options;
    this.#cancelTimer = clock.schedule(limitMilliseconds, () => {
      this.#cancelTimer = clock.schedule(SECOND_LOOK_MILLISECONDS, () => {
        const what = this.#stands ? 'nothing is heard over it any more' : 'it did not come about';
        this.#lose(this.#lastError ?? new Error(`the subscription timed out: ${what}`));
      });
    });
  }

  #lose(error?: unknown): void {
    if (this.#isOver) return;
    this.end();
    const reason = error ?? this.#lastError;
    this.#events.onLost(reason instanceof Error ? reason : new Error('the connection is closed'));
  }
}
