import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { describeWith, redisProblem, startRedis, type RedisService } from '@cache/services';
import { folderWith, startApp, type RunningApp } from './app.fixture.ts';

/** Starting processes takes its time on a busy machine. */
jest.setTimeout(60_000);

describeWith(redisProblem(), 'a proxy on a Redis that is not all its own', () => {
  let server: RedisService;
  beforeAll(async () => (server = await startRedis()));
  afterAll(async () => server?.stop());

  const start = async (params: object): Promise<RunningApp> => {
    using folder = folderWith({
      'config.yaml': {
        model_list: [{ model_name: 'm', litellm_params: { model: 'openai/m', mock_response: 'An answer.' } }],
        litellm_settings: {
          cache: true,
          cache_params: {
            ...{ type: 'redis', host: server.host, port: server.port, namespace: 'ours' },
            ...params,
          },
        },
      },
    });
    return await startApp(['--config', `${folder.path}/config.yaml`]);
  };

  it('says at the start that it may read and not write, with the reason and without the password', async () => {
    await server.cli('ACL', 'SETUSER', 'reader', 'on', '>hunter2', '~*', '&*', '+@all', '-@write');
    await using app = await start({ username: 'reader', password: 'hunter2' });
    const said = await app.says(/warning: the cache backend redis answers, but .*/);
    expect(said).toMatch(/an entry written to it was not found again: redis: .*NOPERM/);
    const ping = await fetch(`${app.url}/cache/ping`);
    expect([ping.status, await ping.json()]).toEqual([
      503,
      {
        error: expect.objectContaining({
          message: 'redis: answers, but an entry written to it was not found again',
        }),
      },
    ]);
    expect(app.said() + app.output()).not.toContain('hunter2');
  });

  it.each(['session:1', 'ours:settings', 'f'.repeat(64) + ':1'])(
    '/cache/delete does not touch %s, which is no key of an entry',
    async (key) => {
      await server.cli('SET', key, 'somebody');
      await using app = await start({});
      const deleted = await fetch(`${app.url}/cache/delete`, {
        method: 'POST',
        body: JSON.stringify({ keys: [key] }),
      });
      expect([deleted.status, await deleted.json()]).toEqual([200, { status: 'success' }]);
      expect(await server.cli('GET', key)).toBe('somebody');
    },
  );
});
