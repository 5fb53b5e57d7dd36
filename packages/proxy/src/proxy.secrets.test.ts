import { describe, expect, it } from '@jest/globals';
import { CacheError, memoryStore } from '@cache/core';
import { chatCompletionBody, errorReply, fail, faultyStore, silentReply } from '@cache/core/testing';
import { ask, send } from './proxy-client.fixture.ts';
import { LANES, MODEL, startProxy, type TestProxyOptions } from './proxy.fixture.ts';

/** Planted wherever a secret may stand; none may ever be seen again. */
const SECRETS = {
  providerKey: 'planted-provider-key',
  masterKey: 'sk-planted-master-key',
  baseUser: 'planted-user',
  basePassword: 'planted-password',
  header: 'planted-header',
  cachePassword: 'planted-cache-password',
  cacheUrl: 'planted-url-password',
  cacheProxy: 'planted-proxy-password',
  databasePassword: 'planted-database-password',
  clientKey: 'sk-planted-client-key',
  prompt: 'planted prompt',
  variable: 'planted-variable',
};

function options(fastLane: boolean): TestProxyOptions {
  return {
    fastLane,
    params: { api_key: 'os.environ/PLANTED', extra_headers: { 'x-secret': SECRETS.header }, timeout: 0.2 },
    models: [
      {
        model_name: 'elsewhere',
        litellm_params: {
          model: 'openai/x',
          api_base: `http://${SECRETS.baseUser}:${SECRETS.basePassword}@127.0.0.1:1/v1`,
          api_key: SECRETS.providerKey,
        },
      },
    ],
    cacheParams: {
      password: SECRETS.cachePassword,
      redis_startup_nodes: [{ host: 'h', password: SECRETS.cachePassword }],
      url: `redis://u:${SECRETS.cacheUrl}@h:1`,
      s3_aws_secret_access_key: SECRETS.cachePassword,
      s3_config: { proxies: { https: `http://u:${SECRETS.cacheProxy}@h:1` } },
    },
    litellmSettings: { set_verbose: true },
    generalSettings: {
      master_key: SECRETS.masterKey,
      database_url: `postgres://u:${SECRETS.databasePassword}@h/d`,
    },
    environment: { PLANTED: SECRETS.variable },
  };
}

const SENT = chatCompletionBody({ messages: [{ role: 'user', content: SECRETS.prompt }] });

describe.each(LANES)('secrets, $lane', ({ fastLane }) => {
  it('are in no answer of a route, in no error and in no line of the log, set_verbose or not', async () => {
    const broken = faultyStore(memoryStore(), {
      set: fail(new CacheError('CACHE_BACKEND_FAILED', `redis://u:${SECRETS.cacheUrl}@h:1 refused`)),
    });
    await using healthy = await startProxy(options(fastLane));
    await using failing = await startProxy({ ...options(fastLane), createStore: () => broken });
    const seen: string[] = [];
    for (const proxy of [healthy, failing]) {
      const authorization = `Bearer ${SECRETS.masterKey}`;
      const see = async (body: object, headers = {}): Promise<void> => {
        const reply = await send(proxy, { body, headers: { authorization, ...headers } });
        // What the fake provider answers repeats the prompt: only our own words count.
        seen.push(JSON.stringify(reply.headers), reply.status === 200 ? '' : reply.text);
      };
      await see(SENT);
      await see(SENT);
      await see({ ...SENT, stream: true, cache: { 'no-cache': true } });
      await see(SENT, { authorization: `Bearer ${SECRETS.clientKey}` });
      await see({ ...SENT, model: 'elsewhere' });
      await see({ ...SENT, model: SECRETS.clientKey.slice(0, 2) });
      await see({ ...SENT, api_key: SECRETS.clientKey });
      await see({ ...SENT, cache: { ttl: { key: SECRETS.clientKey } } });
      proxy.provider.script(() => errorReply(500));
      await see({ ...SENT, seed: 1 });
      proxy.provider.script(() => silentReply());
      await see({ ...SENT, seed: 2 });
      for (const path of [
        '/cache/ping',
        '/metrics',
        '/health/readiness',
        '/v1/models',
        `/x?key=${SECRETS.clientKey}`,
      ]) {
        seen.push((await send(proxy, { path, headers: { authorization } })).text);
      }
      await proxy.waitForRequests(10);
      seen.push(proxy.log());
    }
    const text = seen.join('\n');
    expect(text).toContain('"litellm_cache_params"');
    expect(text).toContain('provider_unavailable');
    expect(text).toContain('"status":504');
    for (const [name, secret] of Object.entries(SECRETS))
      expect([name, text.includes(secret)]).toEqual([name, false]);
  });

  it('of the log: what set_verbose adds are decisions and keys', async () => {
    await using proxy = await startProxy({ fastLane, litellmSettings: { set_verbose: true } });
    await ask(proxy);
    await ask(proxy);
    await proxy.waitForRequests(2);
    const lines = proxy
      .log()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string; key_members?: string[]; policy?: unknown });
    const said = lines.filter(({ msg }) => msg.startsWith('cache '));
    expect(said.map(({ msg }) => msg)).toEqual([
      'cache decision',
      'cache store',
      'cache miss',
      'cache decision',
      'cache hit',
    ]);
    expect(said[0]?.key_members).toEqual(['model', 'messages']);
    expect(said[0]?.policy).toMatchObject({ read: true, write: true });
    expect(proxy.log()).not.toContain('Say hello');
    expect(proxy.log()).toContain(MODEL);
  });
});
