import { keyedMembers, type CacheRequest, type JsonObject } from '@cache/core';
import type { Log } from './log.ts';

/**
 * What `set_verbose` says of every request before the cache is asked: which members its key is made of and what its
 * controls came to. Names and settings only, never the text of a message.
 */
export function decisionLog(
  { logger }: Pick<Log, 'logger'>,
  ignoredParams: readonly string[],
): (request: CacheRequest, body: JsonObject) => void {
  return ({ key, call, policy }, body) => {
    const members = keyedMembers(body, ignoredParams);
    logger.debug(
      { key, call_type: call.callType.name, model: call.model, key_members: members, policy },
      'cache decision',
    );
  };
}
