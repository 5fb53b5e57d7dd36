import type { Cluster, Redis } from 'ioredis';
import { isScriptMissing } from '../operations/coded-error.ts';
import type { Script } from './scripts.ts';

/** Runs `script` by its hash; in full on a server that does not know it yet, or no more. */
export async function runScript(
  client: Redis | Cluster,
  { sha, lua }: Script,
  keys: readonly string[],
  values: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await client.evalsha(sha, keys.length, ...keys, ...values);
  } catch (error) {
    if (!isScriptMissing(error)) throw error;
    return client.eval(lua, keys.length, ...keys, ...values);
  }
}
