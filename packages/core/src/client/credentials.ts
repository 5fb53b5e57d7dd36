import { hash } from 'node:crypto';
import type { Caller } from '../contract/caller.ts';

/**
 * Headers that say who asks: `Authorization`, OpenAI's, Azure's, Anthropic's and Google's `api-key` headers, gateways'
 * tokens, cookies. One too many costs a needless miss, one too few an answer given to a stranger.
 */
const CREDENTIAL_HEADER = /(?:^cookie|auth|authorization|api-?key|subscription-key|token)$/;

/** The caller that the credentials of a request stand for; nobody in particular where there are none. */
export function callerOfCredentials(headers: Headers): Caller {
  const credentials = [...headers].filter(([name]) => CREDENTIAL_HEADER.test(name));
  return credentials.length === 0 ? {} : { keyHash: hash('sha256', JSON.stringify(credentials)) };
}
