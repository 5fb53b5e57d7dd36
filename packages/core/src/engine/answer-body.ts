import { Buffer } from 'node:buffer';
import type { Answer } from './answer.ts';

/** Ends the interest in a body that is not read: its connection can be let go. Never throws. */
export function giveUpBody(body: Answer['body']): void {
  if (Buffer.isBuffer(body)) return;
  try {
    void Promise.resolve(body[Symbol.asyncIterator]().return?.()).catch(() => undefined);
  } catch {
    // A body that cannot even be given up holds nothing of ours.
  }
}

/** Reads a body nobody waits for, so that it is fetched to its end. */
export async function drainBody(body: Answer['body']): Promise<void> {
  if (Buffer.isBuffer(body)) return;
  for await (const _ of body);
}
