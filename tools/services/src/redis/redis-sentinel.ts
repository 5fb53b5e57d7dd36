import { until } from '../process/until.ts';
import {
  argumentValue,
  dataArguments,
  startRedisServer,
  type RedisOptions,
  type RedisService,
} from './redis.ts';

export interface RedisSentinelService {
  /** What the sentinels call the master. */
  readonly name: 'mymaster';
  /** A master and two replicas, as they were in the beginning. */
  readonly nodes: readonly RedisService[];
  /** Three; two must agree that the master is gone. */
  readonly sentinels: readonly RedisService[];
  /** The one the sentinels give to clients now. */
  master(): Promise<RedisService>;
  /** Ends all of them and removes their folders. Idempotent. */
  stop(): Promise<void>;
}

export interface RedisSentinelOptions extends Pick<RedisOptions, 'arguments' | 'tls'> {
  /** Further arguments of the sentinels, such as `['--requirepass', 'secret']`; `arguments` are those of the servers. */
  readonly sentinelArguments?: readonly string[];
}

const name = 'mymaster';

/** Starts a master, two replicas in step with it and three sentinels that know all of them: about 2.5 s. */
export async function startRedisSentinel(options: RedisSentinelOptions = {}): Promise<RedisSentinelService> {
  const started: RedisService[] = [];
  const start = async (starting: Promise<RedisService>): Promise<RedisService> => {
    const service = await starting;
    started.push(service);
    return service;
  };
  try {
    const master = await start(startNode(options));
    const replicas = await allStarted([1, 2].map(() => start(startNode(options, master))));
    for (const replica of replicas) await inStep(replica);
    // Only now: a sentinel asks the master for its replicas at once, then not again for ten seconds.
    const sentinels = await allStarted([1, 2, 3].map(() => start(startSentinel(options, master))));
    for (const sentinel of sentinels) await knowsAll(sentinel);
    return new RedisSentinel([master, ...replicas], sentinels);
  } catch (error) {
    await Promise.all(started.map((service) => service.stop()));
    throw error;
  }
}

/** Like Promise.all, but waits for the rest when one fails, so that what did start can be stopped. */
async function allStarted(starting: readonly Promise<RedisService>[]): Promise<RedisService[]> {
  await Promise.allSettled(starting);
  return Promise.all(starting);
}

function startNode(options: RedisSentinelOptions, master?: RedisService): Promise<RedisService> {
  const password = argumentValue(options.arguments ?? [], '--requirepass');
  return startRedisServer({
    ...options,
    kind: 'redis',
    // In a file, where a failover rewrites it: a server that is started again has the part it had.
    configuration: master === undefined ? '' : `replicaof 127.0.0.1 ${master.port}\n`,
    ownArguments: [
      ...dataArguments,
      ...['--repl-diskless-sync-delay', '0'],
      ...(options.tls === undefined ? [] : ['--tls-replication', 'yes']),
      ...(password === undefined ? [] : ['--masterauth', password]),
    ],
  });
}

function startSentinel(options: RedisSentinelOptions, master: RedisService): Promise<RedisService> {
  const password = argumentValue(options.arguments ?? [], '--requirepass');
  return startRedisServer({
    kind: 'sentinel',
    configuration: [
      `sentinel monitor ${name} 127.0.0.1 ${master.port} 2`,
      `sentinel down-after-milliseconds ${name} 1000`,
      `sentinel failover-timeout ${name} 3000`,
      ...(password === undefined ? [] : [`sentinel auth-pass ${name} ${password}`]),
      '',
    ].join('\n'),
    ownArguments: ['--sentinel', ...(options.tls === undefined ? [] : ['--tls-replication', 'yes'])],
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    ...(options.sentinelArguments === undefined ? {} : { arguments: options.sentinelArguments }),
  });
}

async function inStep(replica: RedisService): Promise<void> {
  await until(async () => (await replica.cli('INFO', 'replication')).includes('master_link_status:up'), {
    what: `the replica on port ${replica.port} is in step`,
    output: () => replica.output(),
  });
}

async function knowsAll(sentinel: RedisService): Promise<void> {
  await until(
    async () => {
      const fields = (await sentinel.cli('SENTINEL', 'MASTER', name)).split('\n');
      const value = (field: string): string | undefined => fields[fields.indexOf(field) + 1];
      return (
        value('flags') === 'master' &&
        value('num-slaves') === '2' &&
        value('num-other-sentinels') === '2' &&
        (await sentinel.cli('SENTINEL', 'CKQUORUM', name)).startsWith('OK')
      );
    },
    {
      what: `the sentinel on port ${sentinel.port} knows two replicas and two others`,
      timeoutSeconds: 30,
      output: () => sentinel.output(),
    },
  );
}

class RedisSentinel implements RedisSentinelService {
  readonly name = name;
  readonly nodes: readonly RedisService[];
  readonly sentinels: readonly RedisService[];

  constructor(nodes: readonly RedisService[], sentinels: readonly RedisService[]) {
    this.nodes = nodes;
    this.sentinels = sentinels;
  }

  async master(): Promise<RedisService> {
    const running = this.sentinels.filter((sentinel) => sentinel.isRunning);
    const address = await Promise.any(
      running.map((sentinel) => sentinel.cli('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name)),
    );
    const node = this.nodes.find(({ port }) => address === `127.0.0.1\n${port}`);
    if (node === undefined) throw new Error(`the sentinels give ${address}, which is none of the servers`);
    return node;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.sentinels, ...this.nodes].map((service) => service.stop()));
  }
}
