import { setTimeout as sleep } from 'node:timers/promises';

export interface UntilOptions {
  /** What is waited for, as the error message says it: "no answer from ... within 10 s". */
  readonly what: string;
  /** Default: 15. */
  readonly timeoutSeconds?: number;
  /** Time between two looks. Default: 25. */
  readonly pollMilliseconds?: number;
  /** The server's own words, added to the error message. */
  readonly output?: () => string;
}

/**
 * Looks until there is something other than undefined or false, and returns it. A look that throws counts as not yet, its
 * message is kept for the error; throw {@link HopelessError} to give up at once.
 */
export async function until<Value>(
  look: () => Promise<Value | undefined | false> | Value | undefined | false,
  options: UntilOptions,
): Promise<Value> {
  const timeoutSeconds = options.timeoutSeconds ?? 15;
  const deadline = performance.now() + timeoutSeconds * 1000;
  let lastMessage = '';
  while (performance.now() < deadline) {
    try {
      const value = await look();
      if (value !== undefined && value !== false) return value;
      lastMessage = '';
    } catch (error) {
      if (error instanceof HopelessError) throw error;
      lastMessage = error instanceof Error ? error.message : String(error);
    }
    await sleep(options.pollMilliseconds ?? 25);
  }
  throw new Error(
    [`${options.what}: not within ${timeoutSeconds} s`, lastMessage, options.output?.() ?? '']
      .filter((part) => part !== '')
      .join('\n'),
  );
}

/** Waiting longer would not help, such as for a server that has ended. */
export class HopelessError extends Error {}
