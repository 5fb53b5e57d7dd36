import { createHash, randomBytes } from 'node:crypto';

const HASH_BYTES = 32;

/** Random bytes that begin with the hash of what follows: a value that shows whether it is whole. */
export function checkedValue(bytes: number): Buffer {
  const content = randomBytes(Math.max(1, bytes - HASH_BYTES));
  return Buffer.concat([hashOf(content), content]);
}

export function isIntact(value: Uint8Array): boolean {
  return hashOf(value.subarray(HASH_BYTES)).equals(value.subarray(0, HASH_BYTES));
}

/** From 1 kB to 1 MiB, small ones more often: every order of magnitude is as likely as another. */
export function randomSize(): number {
  return Math.floor(1000 * (1_048_576 / 1000) ** Math.random());
}

function hashOf(content: Uint8Array): Buffer {
  return createHash('sha256').update(content).digest();
}
