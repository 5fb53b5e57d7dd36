import type { Command } from 'ioredis';

/**
 * The commands a client was given and has not answered, wherever they wait: for a connection, for their turn, for the server.
 * Says how much there is to do, and can end them all, which the client itself does not always.
 */
export class PendingCommands {
  readonly #commands = new Map<Command, number>();
  readonly #translate: (error: Error) => Error;
  #bytes = 0;

  /** @param translate makes of the client's error what the caller gets. */
  constructor(translate: (error: Error) => Error) {
    this.#translate = translate;
  }

  get count(): number {
    return this.#commands.size;
  }

  /** Of all arguments together. */
  get bytes(): number {
    return this.#bytes;
  }

  has(command: Command): boolean {
    return this.#commands.has(command);
  }

  add(command: Command): void {
    const bytes = bytesOf(command);
    this.#commands.set(command, bytes);
    this.#bytes += bytes;
    // The client calls these two, whatever way the command took. A Cluster puts its redirections in front of them.
    const { resolve, reject } = command;
    command.resolve = (result: unknown) => {
      this.#remove(command);
      resolve.call(command, result);
    };
    command.reject = (error: Error) => {
      this.#remove(command);
      reject.call(command, this.#translate(error));
    };
  }

  rejectAll(error: Error): void {
    for (const command of [...this.#commands.keys()]) command.reject(error);
  }

  #remove(command: Command): void {
    this.#bytes -= this.#commands.get(command) ?? 0;
    this.#commands.delete(command);
  }
}

function bytesOf({ args }: Command): number {
  let bytes = 0;
  for (const argument of args) {
    if (typeof argument === 'string' || Buffer.isBuffer(argument)) bytes += argument.length;
  }
  return bytes;
}
