import { beforeAll, expect, it } from '@jest/globals';
import { describeWith, redisProblem, startRedisCluster, until } from '@cache/services';
import type { RedisClusterService, RedisService } from '@cache/services';
import { Cluster } from 'ioredis';
import type { RedisConnection } from './connection.ts';
import { clientsOf, failureOf, holdToSilence, open, started } from './connection.fixture.ts';

const KEYS = Array.from({ length: 60 }, (_, index) => `key ${index}`);

describeWith(redisProblem(), 'a connection to a Redis Cluster', () => {
  holdToSilence();
  let cluster: RedisClusterService;
  beforeAll(async () => {
    cluster = await started(startRedisCluster({ replicas: 1 }));
  });

  function opened(more: object = {}): RedisConnection {
    const nodes = cluster.nodes.slice(0, 2).map(({ host, port }) => ({ host, port }));
    return open({ mode: 'cluster', nodes, ...more });
  }

  async function writeAll(connection: RedisConnection, value: string): Promise<void> {
    await Promise.all(KEYS.map((key) => connection.commands().set(key, value)));
  }

  it('does not connect before the first command', async () => {
    const seen = async (): Promise<number> => {
      const counts = await Promise.all(cluster.nodes.map(clientsOf));
      return counts.reduce((sum, count) => sum + count, 0);
    };
    const before = await seen();
    const connection = opened();
    expect(await seen()).toBe(before);
    await connection.commands().get('key');
    expect(await seen()).toBeGreaterThan(before);
  });

  it('finds the node of each key, and knows all masters', async () => {
    const connection = opened();
    await writeAll(connection, 'found');
    expect(await Promise.all(KEYS.map((key) => connection.commands().get(key)))).toEqual(
      KEYS.map(() => 'found'),
    );
    const masters = await connection.masters();
    expect(masters.map(({ options }) => options.port).sort()).toEqual(
      (await cluster.masters()).map(({ port }) => port).sort(),
    );
    const sizes = await Promise.all(masters.map((master) => master.dbsize()));
    expect(sizes.every((size) => size > 0)).toBe(true);
    expect(connection.description).toMatchObject({ mode: 'cluster', db: 0, tls: false });
  });

  it('masters are known before the first command too', async () => {
    expect(await opened().masters()).toHaveLength(3);
  });

  it('pipelines wait for the map as well', async () => {
    expect(await opened().commands().pipeline().set('a', '1').get('a').exec()).toEqual([
      [null, 'OK'],
      [null, '1'],
    ]);
  });

  it('max_connections counts for each node', async () => {
    const connection = opened({ maxConnections: 2, clientName: 'counted' });
    const master = (await cluster.masters())[0] as RedisService;
    const counted = async (): Promise<number> =>
      (await master.cli('CLIENT', 'LIST')).split('\n').filter((line) => line.includes('name=counted')).length;
    await writeAll(connection, 'once');
    expect(await counted()).toBe(1);
    await until(
      async () => {
        await Promise.all(Array.from({ length: 40 }, () => writeAll(connection, 'often')));
        return (await counted()) === 2;
      },
      { what: 'a second connection' },
    );
  });

  it('reads go to masters only, unless replicas are asked for', async () => {
    const replicaReads = async (): Promise<number> => {
      const masters = await cluster.masters();
      const replicas = cluster.nodes.filter((node) => !masters.includes(node));
      const lines = await Promise.all(replicas.map((replica) => replica.cli('INFO', 'commandstats')));
      return lines.reduce((sum, text) => sum + Number(/cmdstat_get:calls=(\d+)/.exec(text)?.[1] ?? 0), 0);
    };
    const readAll = (connection: RedisConnection): Promise<unknown> =>
      Promise.all(KEYS.map((key) => connection.commands().get(key)));
    const before = await replicaReads();
    await readAll(opened());
    expect(await replicaReads()).toBe(before);
    await readAll(opened({ readFromReplicas: true }));
    expect(await replicaReads()).toBeGreaterThan(before);
  });

  it('follows slots that move, without a failure', async () => {
    const connection = opened();
    await writeAll(connection, 'before');
    const [first, second] = await cluster.masters();
    const failures: unknown[] = [];
    let isMoving = true;
    const traffic = (async () => {
      while (isMoving) {
        for (const key of KEYS)
          await connection
            .commands()
            .get(key)
            .catch((error: unknown) => failures.push(error));
      }
    })();
    await cluster.moveSlots(0, 500, second as RedisService);
    await cluster.moveSlots(0, 500, first as RedisService);
    isMoving = false;
    await traffic;
    expect(failures).toEqual([]);
  });

  it('a subscriber hears what is published anywhere, and again when its node is lost', async () => {
    const connection = opened({ socketTimeoutSeconds: 1, connectTimeoutSeconds: 1, clientName: 'listens' });
    await connection.commands().get('key');
    const subscriber = connection.subscriber();
    const heard: string[] = [];
    subscriber.on('message', (_channel, message: string) => heard.push(message));
    await subscriber.subscribe('news');
    await connection.commands().publish('news', 'one');
    await until(() => heard.includes('one'), { what: 'the first message' });
    const port = subscriber.stream.remotePort;
    const node = cluster.nodes.find((each) => each.port === port) as RedisService;
    await node.cli('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await until(
      async () => {
        await connection.commands().publish('news', 'two');
        return heard.includes('two');
      },
      { what: 'the second message' },
    );
    subscriber.disconnect();
  });

  it('a master that is lost: its keys fail at once, the others go on, and its replica takes over', async () => {
    const connection = opened();
    await writeAll(connection, 'before');
    const lost = (await cluster.masters())[0] as RedisService;
    await lost.kill();
    const begin = performance.now();
    const outcomes = await Promise.allSettled(KEYS.map((key) => connection.commands().get(key)));
    expect(performance.now() - begin).toBeLessThan(2_000);
    expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
    await until(async () => writeAll(connection, 'after').then(() => true), { what: 'all keys are written' });
    await lost.restart();
    await cluster.settled();
    await writeAll(connection, 'again');
  });

  it('a frozen master: the others go on, and its replica takes over', async () => {
    const connection = opened({ socketTimeoutSeconds: 1, connectTimeoutSeconds: 1 });
    await writeAll(connection, 'before');
    const frozen = (await cluster.masters())[0] as RedisService;
    frozen.freeze();
    await until(async () => writeAll(connection, 'after').then(() => true), {
      what: 'all keys are written',
      timeoutSeconds: 25,
    });
    frozen.thaw();
    await cluster.settled();
    await writeAll(connection, 'again');
  });

  it('closing with a frozen node takes no longer than two seconds', async () => {
    const connection = opened();
    await writeAll(connection, 'before');
    const frozen = (await cluster.masters())[0] as RedisService;
    frozen.freeze();
    const waiting = KEYS.map((key) =>
      connection
        .commands()
        .get(key)
        .catch(() => 'ended'),
    );
    const begin = performance.now();
    await connection.close();
    await Promise.all(waiting);
    expect(performance.now() - begin).toBeLessThan(2_000);
    frozen.thaw();
    await cluster.settled();
  });

  it('a client that is there already is used, and stays open', async () => {
    const client = new Cluster(cluster.nodes.map(({ host, port }) => ({ host, port })));
    const connection = open({ client });
    expect(connection.mode).toBe('cluster');
    expect(await connection.masters()).toHaveLength(3);
    expect(await connection.subscriber().subscribe('news')).toBe(1);
    await connection.close();
    expect(await client.get('key')).toBeNull();
    client.disconnect();
  });
});

describeWith(redisProblem(), 'a Redis Cluster that is away', () => {
  holdToSilence();

  it('commands fail at once with the reason, and are answered when it is there again', async () => {
    const cluster = await started(startRedisCluster());
    const connection = open({
      mode: 'cluster',
      nodes: cluster.nodes.map(({ host, port }) => ({ host, port })),
    });
    await connection.commands().set('key', 'value');
    await Promise.all(cluster.nodes.map((node) => node.kill()));
    const failures = [];
    for (let time = 0; time < 8; time += 1)
      failures.push(await failureOf(() => connection.commands().get('key')));
    expect(failures.at(-1)?.message).toMatch(
      /^redis: no connection to the Cluster of 127.0.0.1:.*ECONNREFUSED/,
    );
    expect(Math.max(...failures.map(({ milliseconds }) => milliseconds))).toBeLessThan(4_000);
    const pipeline = await connection
      .commands()
      .pipeline()
      .get('key')
      .exec()
      .catch(() => 'failed');
    expect(JSON.stringify(pipeline)).not.toContain('value');
    await Promise.all(cluster.nodes.map((node) => node.restart()));
    await until(async () => (await connection.commands().get('key')) === 'value', {
      what: 'the value is back',
    });
  });

  it('was never there: the same, and closing leaves nothing behind', async () => {
    const connection = open({ mode: 'cluster', nodes: [{ host: '127.0.0.1', port: 1 }] });
    const failure = await failureOf(() => connection.commands().get('key'));
    expect(failure.code).toBe('CACHE_BACKEND_UNAVAILABLE');
    expect(failure.message).toContain('connect ECONNREFUSED 127.0.0.1:1');
    await expect(connection.masters()).rejects.toMatchObject({ code: 'CACHE_BACKEND_UNAVAILABLE' });
    const waiting = failureOf(() => connection.commands().get('key'));
    await connection.close();
    expect(['CACHE_CLOSED', 'CACHE_BACKEND_UNAVAILABLE']).toContain((await waiting).code);
  });
});
