import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { CacheError } from '@cache/core';
import { codedError } from './coded-error.ts';

function error(message: string, members: { name?: string; code?: string } = {}): Error {
  return Object.assign(new Error(message), members);
}

const reply = (message: string): Error => error(message, { name: 'ReplyError' });

describe('the code of an error of the client', () => {
  const errors: readonly (readonly [string, Error])[] = [
    ['CACHE_BACKEND_FULL', reply("OOM command not allowed when used memory > 'maxmemory'.")],
    ['CACHE_BACKEND_FULL', reply('MISCONF Redis is configured to save RDB snapshots, but cannot')],
    ['CACHE_BACKEND_FULL', reply("READONLY You can't write against a read only replica.")],
    ['CACHE_BACKEND_FULL', reply('NOREPLICAS Not enough good replicas to write.')],
    // Redis 6 wraps what goes wrong within a script.
    [
      'CACHE_BACKEND_FULL',
      reply(
        'ERR Error running script (call to f_12ab): @user_script:9: -OOM command not allowed when used memory',
      ),
    ],
    ['CACHE_BACKEND_UNAVAILABLE', reply('LOADING Redis is loading the dataset in memory')],
    ['CACHE_BACKEND_UNAVAILABLE', reply('CLUSTERDOWN The cluster is down')],
    ['CACHE_BACKEND_UNAVAILABLE', reply('CLUSTERDOWN Hash slot not served')],
    ['CACHE_BACKEND_UNAVAILABLE', reply('MASTERDOWN Link with MASTER is down')],
    ['CACHE_BACKEND_UNAVAILABLE', reply('TRYAGAIN Multiple keys request during rehashing of slot')],
    ['CACHE_BACKEND_UNAVAILABLE', error('Connection is closed.')],
    [
      'CACHE_BACKEND_UNAVAILABLE',
      error('Reached the max retries per request', { name: 'MaxRetriesPerRequestError' }),
    ],
    ['CACHE_BACKEND_UNAVAILABLE', error('Failed to refresh slots cache.', { name: 'ClusterAllFailedError' })],
    ['CACHE_BACKEND_UNAVAILABLE', error("Stream isn't writeable and enableOfflineQueue options is false")],
    ['CACHE_BACKEND_UNAVAILABLE', error('connect ECONNREFUSED 127.0.0.1:1', { code: 'ECONNREFUSED' })],
    ['CACHE_BACKEND_UNAVAILABLE', error('getaddrinfo ENOTFOUND nowhere', { code: 'ENOTFOUND' })],
    ['CACHE_BACKEND_UNAVAILABLE', error('self-signed certificate', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })],
    [
      'CACHE_BACKEND_UNAVAILABLE',
      error('Too many Cluster redirections. Last error: ReplyError: MOVED 1 a:1'),
    ],
    ['CACHE_BACKEND_TIMEOUT', error('Command timed out')],
    ['CACHE_BACKEND_TIMEOUT', error('connect ETIMEDOUT', { code: 'ETIMEDOUT' })],
    ['CACHE_BACKEND_FAILED', reply('WRONGTYPE Operation against a key holding the wrong kind of value')],
    ['CACHE_BACKEND_FAILED', reply('NOAUTH Authentication required.')],
    ['CACHE_BACKEND_FAILED', reply("ERR unknown command 'UNLINK'")],
    // The words of another error's kind, in the middle of this one's text.
    ['CACHE_BACKEND_FAILED', reply('ERR the key OOM is no READONLY one')],
    ['CACHE_BACKEND_FAILED', new TypeError('x is not a function')],
  ];
  it.each(errors.map(([code, cause]) => ({ code, message: cause.message, cause })))(
    'is $code for "$message"',
    ({ code, cause }) => {
      expect(codedError('get', cause)).toMatchObject({ code, backend: 'redis', operation: 'get', cause });
    },
  );

  it('is its own where it has one', () => {
    const own = new CacheError('CACHE_CLOSED', 'redis: the connection is closed');
    expect(codedError('get', own)).toBe(own);
  });

  it('is CACHE_BACKEND_TIMEOUT where the connection was given up because the server was silent', () => {
    const cause = error("Socket timeout. Expecting data, but didn't receive any in 5000ms.");
    const lost = new CacheError('CACHE_BACKEND_UNAVAILABLE', 'redis: no connection', { cause });
    expect(codedError('get', lost)).toMatchObject({ code: 'CACHE_BACKEND_TIMEOUT', operation: 'get', cause });
  });

  it('comes without what the command was given', () => {
    const cause = Object.assign(reply('NOPERM no'), { command: { name: 'set', args: ['key', 'an answer'] } });
    codedError('set', cause);
    expect(cause.command).toEqual({ name: 'set' });
    const inner = Object.assign(reply('WRONGPASS no'), { command: { name: 'auth', args: ['secret'] } });
    codedError('get', new CacheError('CACHE_BACKEND_UNAVAILABLE', 'no connection', { cause: inner }));
    expect(inner.command).toEqual({ name: 'auth' });
  });

  it('comes without what the server repeats of it, where it has no such command', () => {
    const text = "ERR unknown command 'auth', with args beginning with: 'a secret' ";
    const bare = codedError('get', reply(text));
    const connection = new CacheError('CACHE_BACKEND_UNAVAILABLE', `redis: no connection: ${text}`, {
      cause: reply(text),
    });
    for (const coded of [bare, codedError('get', connection)]) {
      expect(coded.message).toContain("unknown command 'auth'");
      expect(inspect(coded, { depth: 5, showHidden: true })).not.toContain('a secret');
    }
  });

  it('is found for what is no error at all', () => {
    for (const cause of [undefined, null, 'no', 7]) {
      expect(codedError('get', cause)).toMatchObject({ code: 'CACHE_BACKEND_FAILED' });
    }
  });
});
