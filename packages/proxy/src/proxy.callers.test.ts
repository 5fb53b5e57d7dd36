import { describe, expect, it } from '@jest/globals';
import { chatCompletionBody } from '@cache/core/testing';
import type { Authentication, Authenticator } from './auth/authenticate.ts';
import { ask, begin, cacheStatusOf, jsonOf, replyOf, send } from './proxy-client.fixture.ts';
import { LANES, startProxy } from './proxy.fixture.ts';

/** Knows everybody by the token; `team-1-x` is of the team `team-1`, `key-uncached` has caching switched off. */
function known({ authorization = '' }: { readonly authorization?: string | undefined }): Authentication {
  const keyHash = authorization.replace('Bearer ', '');
  const teamId = /^(team-\d+)-/.exec(keyHash)?.[1];
  const defaults = keyHash === 'key-uncached' ? { 'no-cache': true, 'no-store': true } : undefined;
  return {
    authenticated: true,
    role: 'key',
    caller: {
      keyHash,
      ...(teamId === undefined ? {} : { teamId }),
      ...(defaults === undefined ? {} : { defaults }),
    },
  };
}

const AUTHENTICATORS: { readonly how: string; readonly authenticate: Authenticator }[] = [
  { how: 'at once', authenticate: known },
  { how: 'after looking it up', authenticate: (credentials) => Promise.resolve(known(credentials)) },
];

const as = (key: string): { authorization: string } => ({ authorization: `Bearer ${key}` });

describe.each(LANES)('callers, $lane', ({ fastLane }) => {
  describe.each(AUTHENTICATORS)('known $how', ({ authenticate }) => {
    it('peer defect 2: two keys share nothing, neither stored nor on its way', async () => {
      await using proxy = await startProxy({ fastLane, authenticate });
      const keys = ['key-a', 'key-b', 'key-a', 'key-b'];
      const hits = [];
      for (const key of keys) hits.push(cacheStatusOf(await ask(proxy, {}, as(key)))['hit']);
      expect(hits).toEqual([undefined, undefined, true, true]);
      const gate = proxy.provider.hold();
      const body = chatCompletionBody({ seed: 1 });
      const first = begin(proxy, { body, headers: as('key-a') });
      await proxy.provider.waitForCalls(3);
      expect(cacheStatusOf(await ask(proxy, { seed: 1 }, as('key-b')))).toEqual({
        fwd: 'uri-miss',
        stored: true,
      });
      gate.release();
      await replyOf(await first.response);
      expect(proxy.provider.calls).toHaveLength(4);
    });

    it.each([
      ['team', 2],
      ['global', 1],
    ])('share by scope: %s', async (scope, calls) => {
      await using proxy = await startProxy({ fastLane, authenticate, cacheParams: { scope } });
      for (const key of ['team-1-a', 'team-1-b', 'team-2-a', 'team-2-b']) await ask(proxy, {}, as(key));
      expect(proxy.provider.calls).toHaveLength(calls);
    });

    it('may have defaults of their own, which a request overrides', async () => {
      await using proxy = await startProxy({ fastLane, authenticate, cacheParams: { scope: 'global' } });
      const uncached = as('key-uncached');
      for (let time = 0; time < 2; time += 1) await ask(proxy, {}, uncached);
      expect(proxy.provider.calls).toHaveLength(2);
      await ask(proxy);
      const cache = { 'no-cache': false };
      expect(cacheStatusOf(await ask(proxy, { cache }, uncached))).toMatchObject({ hit: true });
    });

    it('are not operators: admin routes are 403', async () => {
      await using proxy = await startProxy({ fastLane, authenticate });
      const admin = [{ path: '/cache/ping' }, { path: '/cache/delete', body: { keys: ['a'] } }];
      for (const sent of [...admin, { method: 'POST', path: '/cache/flushall' }]) {
        const reply = await send(proxy, { ...sent, headers: as('key-a') });
        expect([reply.status, jsonOf(reply).error.code]).toEqual([403, 'admin_only']);
      }
    });
  });

  it.each<[string, Authenticator]>([
    ['later', () => Promise.reject(new Error('postgres://u:password@h is gone'))],
    [
      'at once',
      () => {
        throw new Error('postgres://u:password@h is gone');
      },
    ],
  ])('get an error that tells nothing where looking them up fails %s', async (_, authenticate) => {
    await using proxy = await startProxy({ fastLane, authenticate });
    for (const reply of [await ask(proxy), await send(proxy, { path: '/v1/models' })]) {
      expect(reply.status).toBe(500);
      expect(reply.text).not.toContain('postgres');
    }
    await proxy.waitForRequests(1);
    expect(proxy.log()).not.toContain('password');
  });

  it('whose key has to be looked up are looked up once, whichever lane answers', async () => {
    const asked: unknown[] = [];
    const authenticate: Authenticator = (credentials) => {
      asked.push(credentials.authorization);
      return Promise.resolve(known(credentials));
    };
    await using proxy = await startProxy({ fastLane, authenticate });
    for (let time = 0; time < 3; time += 1) await ask(proxy, {}, as('key-a'));
    expect(asked).toHaveLength(3);
    expect(proxy.provider.calls).toHaveLength(1);
  });
});
