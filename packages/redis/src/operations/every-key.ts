import type { RedisConnection } from '../connection/connection.ts';
import { scanKeys } from './scan.ts';

/**
 * The names of every key that starts with `prefix`, on all masters, a page at a time. Some may come twice: SCAN promises no
 * less, and a key whose slot moves is met on both masters, or on none of them.
 */
export async function* everyKey(
  connection: RedisConnection,
  prefix: string,
): AsyncGenerator<readonly Buffer[], void, undefined> {
  for (const master of await connection.masters()) yield* scanKeys(master, prefix);
}
