import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { RedisService } from '@cache/services';
import { describeWith, redisProblem, startRedis } from '@cache/services';
import { redisBackend } from '../backend/redis-backend.ts';

jest.setTimeout(60_000);

interface Asker {
  /** Asks a hundred times at once. Resolves to how often it was allowed to. */
  readonly ask: () => Promise<number>;
}

/** Another process over the same Redis, connected and waiting for the word. */
async function startAsker(port: number): Promise<Asker> {
  const code = `
    import { redisBackend } from './redis-backend.ts';
    const backend = redisBackend({ mode: 'standalone', host: '127.0.0.1', port: ${port}, namespace: 'tests' });
    await backend.ping();
    process.stdout.write('ready');
    await new Promise((resolve) => process.stdin.once('data', resolve));
    const expiresAt = Date.now() + 60_000;
    const asked = Array.from({ length: 100 }, () =>
      backend.sharedState.increment([
        { key: 'requests', by: 1, limit: 70, expiresAt },
        { key: 'tokens', by: 10, limit: 1_000, expiresAt },
      ]),
    );
    const allowed = (await Promise.all(asked)).filter(({ allowed }) => allowed).length;
    await backend.close();
    console.log(' ' + allowed);
    process.exit();
  `;
  const running = promisify(execFile)(
    process.execPath,
    ['--conditions=@cache/source', '--input-type=module', '--eval', code],
    { cwd: join(import.meta.dirname, '../backend'), timeout: 30_000 },
  );
  const { stdout, stdin } = running.child;
  await Promise.race([new Promise((resolve) => stdout?.once('data', resolve)), running]);
  return {
    ask: async () => {
      stdin?.write('go');
      return Number((await running).stdout.split(' ')[1]);
    },
  };
}

describeWith(redisProblem(), 'two processes', () => {
  let server: RedisService;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  it('that ask a hundred times each are together allowed exactly as often as the limit says', async () => {
    const askers = await Promise.all([startAsker(server.port), startAsker(server.port)]);
    const allowed = await Promise.all(askers.map(({ ask }) => ask()));
    expect(allowed.reduce((sum, each) => sum + each)).toBe(70);
    const backend = redisBackend({
      mode: 'standalone',
      host: server.host,
      port: server.port,
      namespace: 'tests',
    });
    const look = { by: 0, expiresAt: Date.now() + 60_000 };
    const counters = [
      { key: 'requests', ...look },
      { key: 'tokens', ...look },
    ];
    expect(await backend.sharedState.increment(counters)).toEqual({ allowed: true, values: [70, 700] });
    await backend.close();
  });
});
