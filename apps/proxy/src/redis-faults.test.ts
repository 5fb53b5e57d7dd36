import { expect, it, jest } from '@jest/globals';
import {
  describeWith,
  redisProblem,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
  until,
  type RedisClusterService,
  type RedisService,
} from '@cache/services';
import { folderWith, startApp, type RunningApp } from './app.fixture.ts';
import { startTraffic, type Traffic } from './traffic.fixture.ts';

/** Failovers take seconds, and each test waits for hits to come back. */
jest.setTimeout(150_000);

/** By the issue: what a fault may cost. */
const HITS_RESUME_MILLISECONDS = 30_000;

/**
 * A lookup may take 500 ms; the rest is the provider, which answers at once, and a machine that runs many servers for the
 * tests. What must not be seen is an answer that waited for the fault to end.
 */
const SLOWEST_ANSWER_MILLISECONDS = 3_000;

interface BackendLine {
  readonly level: string;
  readonly msg: string;
}

/** Lines about the backend's state, in order. */
function stateLines(app: RunningApp): string[] {
  const lines = app.output().trimEnd().split('\n').filter(Boolean);
  const parsed = lines.map((line) => JSON.parse(line) as BackendLine);
  return parsed.filter(({ msg }) => msg.startsWith('cache backend')).map(({ msg }) => msg);
}

const DOWN = 'cache backend is down: every lookup is a miss';
const UP = 'cache backend answers again';

/** Without memory in front, so that every hit comes from Redis. */
function configuration(params: object): object {
  return {
    model_list: [{ model_name: 'm', litellm_params: { model: 'openai/m', mock_response: 'An answer.' } }],
    litellm_settings: {
      cache: true,
      cache_params: { type: 'redis', ttl: 600, default_in_memory_ttl: 0, ...params },
    },
  };
}

interface Running extends AsyncDisposable {
  readonly app: RunningApp;
  readonly traffic: Traffic;
}

/** A proxy with clients that hit. */
async function underTraffic(params: object, isUp = true): Promise<Running> {
  const folder = folderWith({ 'config.yaml': configuration(params) });
  const app = await startApp(['--config', `${folder.path}/config.yaml`]);
  const traffic = startTraffic(app);
  if (isUp) await traffic.hits(40, HITS_RESUME_MILLISECONDS);
  return {
    app,
    traffic,
    async [Symbol.asyncDispose]() {
      await traffic.stop();
      await app[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

/** What the metrics say of failed operations, a line for each kind. */
async function failures({ url }: RunningApp): Promise<string> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const lines = metrics.split('\n').filter((line) => line.startsWith('llm_cache_backend_failures_total{'));
  return `${lines.join('\n')}\n`;
}

/** No client saw an error, nobody waited for the fault to end, and the process is well. */
function expectUnharmed({ app, traffic }: Running): void {
  const { seen } = traffic;
  expect(seen.filter(({ status }) => status !== 200)).toEqual([]);
  expect(seen.filter(({ milliseconds }) => milliseconds > SLOWEST_ANSWER_MILLISECONDS)).toEqual([]);
  expect(app.process.exitCode).toBeNull();
  expect(app.said()).not.toMatch(/unhandled|\n\s+at \S+/i);
}

/** The log is written in pieces: a line may come a moment after what it tells of. */
function saysState(app: RunningApp, ...lines: string[]): Promise<boolean> {
  const isSaid = (): boolean => JSON.stringify(stateLines(app)) === JSON.stringify(lines);
  return until(isSaid, { what: `lines ${lines.join(', ')}`, output: () => app.output() });
}

/** Down and up in turns, one line each: never one per request. */
function expectStateLines(app: RunningApp, most: number): void {
  const lines = stateLines(app);
  expect(lines).toEqual(lines.map((_, index) => (index % 2 === 0 ? DOWN : UP)));
  expect(lines.length).toBeLessThanOrEqual(most);
}

describeWith(redisProblem(), 'a proxy whose Redis', () => {
  const addressOf = ({ host, port }: RedisService): object => ({ host, port });

  it('is killed and comes back goes on answering, and hits again', async () => {
    const server = await startRedis();
    await using running = await underTraffic(addressOf(server));
    await server.kill();
    await running.traffic.answers(200);
    await saysState(running.app, DOWN);
    await server.restart();
    await running.traffic.hits(40, HITS_RESUME_MILLISECONDS);
    await saysState(running.app, DOWN, UP);
    expectUnharmed(running);
    // Those under way see the connection end; those that come while it is made anew wait for it as long as they may.
    expect(await failures(running.app)).toMatch(/code="CACHE_BACKEND_(UNAVAILABLE|TIMEOUT)"\} [1-9]/);
    await server.stop();
  });

  it('freezes and thaws goes on answering within the time budget, and hits again', async () => {
    const server = await startRedis();
    await using running = await underTraffic(addressOf(server));
    server.freeze();
    await running.traffic.answers(200);
    await saysState(running.app, DOWN);
    server.thaw();
    await running.traffic.hits(40, HITS_RESUME_MILLISECONDS);
    expectUnharmed(running);
    expectStateLines(running.app, 4);
    expect(await failures(running.app)).toMatch(/code="CACHE_BACKEND_TIMEOUT"\} [1-9]/);
    await server.stop();
  });

  it('is slow costs a lookup its budget, no more', async () => {
    const server = await startRedis();
    await using running = await underTraffic(addressOf(server));
    // Every command waits for up to four seconds.
    await server.cli('CLIENT', 'PAUSE', '4000', 'ALL');
    await running.traffic.answers(100);
    await running.traffic.hits(40, HITS_RESUME_MILLISECONDS);
    expectUnharmed(running);
    expectStateLines(running.app, 4);
    await server.stop();
  });

  it('is down at the start starts all the same, says so, and hits once it is there', async () => {
    const server = await startRedis();
    await server.kill();
    await using running = await underTraffic(addressOf(server), false);
    await running.app.says(
      /warning: the cache backend does not answer, every lookup is a miss until it does/,
    );
    await running.traffic.answers(50);
    await server.restart();
    await running.traffic.hits(40, HITS_RESUME_MILLISECONDS);
    expectUnharmed(running);
    await server.stop();
  });

  it('has no room left goes on hitting, and counts what it could not store', async () => {
    const server = await startRedis();
    await using running = await underTraffic(addressOf(server));
    await server.cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await server.cli('CONFIG', 'SET', 'maxmemory', '1');
    for (let n = 0; n < 20; n += 1) {
      const body = { model: 'm', messages: [{ role: 'user', content: `Something new ${n}` }] };
      const response = await fetch(`${running.app.url}/v1/chat/completions`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      });
      expect(response.status).toBe(200);
    }
    await running.traffic.hits(40, HITS_RESUME_MILLISECONDS);
    expect(stateLines(running.app)).toEqual([]);
    expect(await failures(running.app)).toMatch(/code="CACHE_BACKEND_FULL"\} 20\n/);
    expectUnharmed(running);
    await server.stop();
  });

  it('loses its master and fails over goes on answering, and hits again', async () => {
    const watched = await startRedisSentinel();
    const sentinels = watched.sentinels.map(({ host, port }) => [host, port]);
    await using running = await underTraffic({ sentinel_nodes: sentinels, service_name: watched.name });
    const master = await watched.master();
    await master.kill();
    await running.traffic.hits(40, HITS_RESUME_MILLISECONDS);
    expect((await watched.master()).port).not.toBe(master.port);
    expectUnharmed(running);
    expectStateLines(running.app, 4);
    await watched.stop();
  });

  const clusterParams = ({ nodes }: RedisClusterService): object => ({
    redis_startup_nodes: nodes.map(({ host, port }) => ({ host, port })),
  });

  it('loses a master of its Cluster goes on answering, and hits again', async () => {
    const cluster = await startRedisCluster({ replicas: 1 });
    await using running = await underTraffic(clusterParams(cluster));
    const [master] = await cluster.masters();
    await master?.kill();
    await running.traffic.hits(60, HITS_RESUME_MILLISECONDS);
    expectUnharmed(running);
    expectStateLines(running.app, 8);
    await cluster.stop();
  });

  it('moves slots between nodes of its Cluster keeps hitting', async () => {
    const cluster = await startRedisCluster();
    await using running = await underTraffic(clusterParams(cluster));
    const [, second] = await cluster.masters();
    if (second === undefined) throw new Error('a cluster has several masters');
    await cluster.moveSlots(0, 2000, second);
    await running.traffic.hits(60, HITS_RESUME_MILLISECONDS);
    expectUnharmed(running);
    expect(stateLines(running.app)).toEqual([]);
    await cluster.stop();
  });
});
