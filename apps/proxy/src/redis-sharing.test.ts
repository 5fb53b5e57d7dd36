import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { describeWith, redisProblem, startRedis, until, type RedisService } from '@cache/services';
import { folderWith, startApp, type RunningApp } from './app.fixture.ts';

/** Starting processes takes its time on a busy machine. */
jest.setTimeout(60_000);

describeWith(redisProblem(), 'proxies over one Redis', () => {
  let server: RedisService;
  const started: AsyncDisposable[] = [];

  beforeAll(async () => (server = await startRedis()));
  afterAll(async () => {
    for (const app of started) await app[Symbol.asyncDispose]();
    await server?.stop();
  });

  async function start(params: object = {}): Promise<RunningApp> {
    using folder = folderWith({
      'config.yaml': {
        model_list: [{ model_name: 'm', litellm_params: { model: 'openai/m', mock_response: 'An answer.' } }],
        litellm_settings: {
          cache: true,
          cache_params: { type: 'redis', host: server.host, port: server.port, ttl: 600, ...params },
        },
      },
    });
    const app = await startApp(['--config', `${folder.path}/config.yaml`]);
    started.push(app);
    await app.says(/The cache backend redis answers/);
    return app;
  }

  async function ask({ url }: RunningApp, question: string): Promise<string> {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: question }] }),
    });
    await response.arrayBuffer();
    return response.headers.get('cache-status') ?? '';
  }

  const keyIn = (cacheStatus: string): string => /key="([^"]+)"/.exec(cacheStatus)?.[1] ?? '';

  async function admin({ url }: RunningApp, path: string, body: object = {}): Promise<number> {
    return (await fetch(url + path, { method: 'POST', body: JSON.stringify(body) })).status;
  }

  /** Messages and writes take a moment from one process to the other. */
  async function soon(what: string, isTrue: () => Promise<boolean>): Promise<void> {
    await until(isTrue, { what });
  }

  async function missesSoon(app: RunningApp, question: string): Promise<void> {
    await soon('a miss', async () => !(await ask(app, question)).includes('hit'));
  }

  it('answer from what either has stored', async () => {
    const [one, other] = [await start({ namespace: 'shared' }), await start({ namespace: 'shared' })];
    expect(await ask(one, 'a')).toBe('llm-cache;fwd=uri-miss;stored');
    await soon('the other to hit', async () => (await ask(other, 'a')).startsWith('llm-cache;hit'));
  });

  it('forget what either deletes or flushes, in memory too', async () => {
    const params = { namespace: 'forget', default_in_memory_ttl: 600 };
    const [one, other] = [await start(params), await start(params)];
    await ask(one, 'b');
    const hit = await ask(one, 'b');
    await soon('a copy', async () => (await ask(other, 'b')).startsWith('llm-cache;hit'));
    // Only memory knows it from here on: what the other answers now is its copy.
    await server.cli('DEL', keyIn(hit));
    expect(await ask(other, 'b')).toContain('hit');
    expect(await admin(one, '/cache/delete', { keys: [keyIn(hit)] })).toBe(200);
    await missesSoon(other, 'b');

    await ask(other, 'c');
    await soon('a copy', async () => (await ask(one, 'c')).startsWith('llm-cache;hit'));
    expect(await admin(other, '/cache/flushall')).toBe(200);
    await missesSoon(one, 'c');
  });

  it('flush nothing but their own: neither another namespace nor another application', async () => {
    const [mine, other] = [await start({ namespace: 'mine' }), await start({ namespace: 'mine2' })];
    const bare = await start({ default_in_memory_ttl: 0 });
    await server.cli('SET', 'session:1', 'somebody');
    await server.cli('SET', 'mine', 'somebody');
    for (const app of [mine, other, bare]) await ask(app, 'd');
    await admin(mine, '/cache/flushall');
    expect(await ask(other, 'd')).toContain('hit');
    expect(await ask(mine, 'd')).toContain('fwd=uri-miss');
    // Without a namespace: every key of the cache's own shape, whoever's.
    await admin(bare, '/cache/flushall');
    expect(await ask(bare, 'd')).toContain('fwd=uri-miss');
    expect(await server.cli('MGET', 'session:1', 'mine')).toBe('somebody\nsomebody');
  });

  it.each([
    ['garbage', 'garbage'],
    ['nothing', ''],
    ['a frame of another version', 'LRCF\t'],
  ])('take %s for a miss, count it, and replace it', async (_, value) => {
    const app = await start({ namespace: 'damaged', default_in_memory_ttl: 0 });
    await ask(app, value);
    const key = keyIn(await ask(app, value));
    await server.cli('SET', key, value);
    expect(await ask(app, value)).toContain('fwd=uri-miss');
    const metrics = await (await fetch(`${app.url}/metrics`)).text();
    expect(metrics).toMatch(/llm_cache_backend_failures_total\{[^}]*code="CACHE_ENTRY_DAMAGED"\} 1\n/);
    await soon('a hit again', async () => (await ask(app, value)).startsWith('llm-cache;hit'));
  });

  it('show what the server says of itself, and no secret', async () => {
    const secret = 'a-secret-of-thirty-two-letters-ab';
    await server.cli('ACL', 'SETUSER', 'proxy', 'on', `>${secret}`, '~*', '&*', '+@all');
    const app = await start({ username: 'proxy', password: secret });
    const [ping, info] = await Promise.all(
      ['/cache/ping', '/cache/redis/info'].map(async (path) => (await fetch(app.url + path)).text()),
    );
    const where = { host: server.host, port: server.port, db: 0, mode: 'standalone' };
    expect(JSON.parse(ping ?? '')).toMatchObject({
      status: 'healthy',
      cache_type: 'redis',
      redis_cache_params: { ...where, redis_version: server.version },
      health_check_cache_params: { ...where, redis_version: server.version },
      tiers: [
        { name: 'local', status: 'healthy' },
        { name: 'redis', status: 'healthy' },
      ],
    });
    expect(JSON.parse(info ?? '')).toMatchObject({
      num_clients: expect.any(Number),
      clients: expect.any(Array),
      info: { redis_version: server.version },
    });
    const everything = `${ping}${info}${app.said()}${app.output()}`;
    expect(everything).not.toContain(secret);
  });
});
