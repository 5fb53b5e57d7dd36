import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeGuardedFolder } from '../process/guard.ts';
import { reserveGivenPort, reservePort, type ReservedPort } from '../process/ports.ts';
import { missingPrograms, requireProgram } from '../process/programs.ts';
import { ServerGroup, type ServerProcess } from '../process/server-process.ts';
import { until } from '../process/until.ts';
import type { Service } from '../service.ts';
import type { TlsFiles } from '../tls-files.ts';
import { redisCli } from './redis-cli.ts';

export interface RedisService extends Service {
  /** `redis://127.0.0.1:port`, or `rediss://` with TLS; with the password of `--requirepass`, if any. */
  readonly url: string;
  /** As the server says, such as `7.0.15`. */
  readonly version: string;
  /** Where its files are: append-only file, cluster configuration, output. */
  readonly folder: string;
  /**
   * Runs redis-cli against it, with TLS and the password of `--requirepass`. Returns what it prints, without the last
   * newline; rejects when the server answers with an error or not within 30 s.
   */
  cli(...commandArguments: string[]): Promise<string>;
  /** False after {@link Service.kill} and {@link Service.stop}, and when it ended by itself. */
  readonly isRunning: boolean;
  /** The end of what the server wrote, for error messages. */
  output(): string;
}

export interface RedisOptions {
  /** Further arguments of redis-server, such as `['--requirepass', 'secret']`. They win over ours. */
  readonly arguments?: readonly string[];
  /** Speaks TLS only. Client certificates may be presented and are then checked; `--tls-auth-clients yes` demands them. */
  readonly tls?: TlsFiles;
  /** Default: one that is free. */
  readonly port?: number;
}

export const redisPrograms = ['redis-server', 'redis-cli'] as const;

/** Why no Redis can be started on this machine; undefined when one can. */
export function redisProblem(): string | undefined {
  return missingPrograms(redisPrograms);
}

/**
 * Starts a Redis that answers. Data outlive {@link Service.kill}, as everything is written to an append-only file; give
 * `--appendonly no` to lose them, or to measure.
 */
export async function startRedis(options: RedisOptions = {}): Promise<RedisService> {
  return startRedisServer({ ...options, kind: 'redis', ownArguments: dataArguments });
}

/** Every write reaches the append-only file before it is answered, and the system's cache survives a SIGKILL. */
export const dataArguments: readonly string[] = ['--appendonly', 'yes', '--appendfsync', 'no', '--save', ''];

export interface RedisServerOptions extends RedisOptions {
  readonly kind: 'redis' | 'redis-node' | 'sentinel';
  /** Further ports it needs, relative to its own. */
  readonly companions?: readonly number[];
  /** What stands before the caller's arguments. */
  readonly ownArguments: readonly string[];
  /** The first content of its configuration file, into which it may write. Default: it has no such file. */
  readonly configuration?: string;
}

/** What all kinds of Redis processes have in common; sentinels are among them. */
export async function startRedisServer(options: RedisServerOptions): Promise<RedisService> {
  const problem = redisProblem();
  if (problem !== undefined) throw new Error(problem);
  const ports = { companions: options.companions ?? [] };
  const reserved =
    options.port === undefined ? await reservePort(ports) : await reserveGivenPort(options.port, ports);
  const service = new RedisServer(reserved, options);
  try {
    await service.start();
  } catch (error) {
    await service.stop();
    throw error;
  }
  return service;
}

class RedisServer implements RedisService {
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly url: string;
  readonly #reserved: ReservedPort;
  readonly #tls: TlsFiles | undefined;
  readonly #password: string | undefined;
  readonly #group: ServerGroup;
  readonly #process: ServerProcess;
  #version = '';

  constructor(reserved: ReservedPort, options: RedisServerOptions) {
    this.#reserved = reserved;
    this.port = reserved.port;
    this.#tls = options.tls;
    this.#password = argumentValue(options.arguments ?? [], '--requirepass');
    this.url = urlOf(this.port, this.#tls, this.#password);
    this.#group = new ServerGroup(makeGuardedFolder('cache-test-redis'));
    const configurationFile = join(this.folder, 'server.conf');
    if (options.configuration !== undefined) writeFileSync(configurationFile, options.configuration);
    this.#process = this.#group.add({
      name: options.kind,
      program: requireProgram('redis-server'),
      arguments: [
        ...(options.configuration === undefined ? [] : [configurationFile]),
        ...options.ownArguments,
        ...listenArguments(this.port, options.tls),
        ...(options.arguments ?? []),
      ],
    });
  }

  get pid(): number {
    return this.#process.pid;
  }

  get version(): string {
    return this.#version;
  }

  get folder(): string {
    return this.#group.folder.path;
  }

  get isRunning(): boolean {
    return this.#process.isRunning;
  }

  async start(): Promise<void> {
    this.#process.start();
    await until(() => this.#isAnswering(), {
      what: `Redis on port ${this.port} answers`,
      output: () => this.output(),
    });
    if (this.#version === '') this.#version = await this.#askVersion();
  }

  cli(...commandArguments: string[]): Promise<string> {
    return redisCli({ port: this.port, password: this.#password, tls: this.#tls }, commandArguments);
  }

  output(): string {
    return this.#process.output();
  }

  kill(): Promise<void> {
    return this.#process.kill();
  }

  freeze(): void {
    this.#process.freeze();
  }

  thaw(): void {
    this.#process.thaw();
  }

  restart(): Promise<void> {
    return this.start();
  }

  async stop(): Promise<void> {
    await this.#group.stop();
    this.#reserved.release();
  }

  async #isAnswering(): Promise<boolean> {
    this.#process.throwIfEnded();
    try {
      return (await this.cli('PING')) === 'PONG';
    } catch (error) {
      // It wants credentials it was not started with, such as those of an ACL file: that is an answer.
      if (error instanceof Error && /NOAUTH|NOPERM|WRONGPASS/.test(error.message)) return true;
      throw error;
    }
  }

  async #askVersion(): Promise<string> {
    const information = await this.cli('INFO', 'server').catch(() => this.output());
    const version = /(?:redis_version:|Redis version=)([\d.]+)/.exec(information)?.[1];
    if (version === undefined) throw new Error(`Redis on port ${this.port} tells no version: ${information}`);
    return version;
  }
}

function listenArguments(port: number, tls: TlsFiles | undefined): string[] {
  const place = ['--bind', '127.0.0.1'];
  if (tls === undefined) return [...place, '--port', String(port)];
  return [
    ...[...place, '--port', '0', '--tls-port', String(port)],
    ...['--tls-cert-file', tls.certificateFile, '--tls-key-file', tls.keyFile],
    ...['--tls-ca-cert-file', tls.caFile, '--tls-auth-clients', 'optional'],
  ];
}

/** The value of the last of them: Redis lets the last one win. */
export function argumentValue(commandArguments: readonly string[], name: string): string | undefined {
  const index = commandArguments.lastIndexOf(name);
  return index === -1 ? undefined : commandArguments[index + 1];
}

function urlOf(port: number, tls: TlsFiles | undefined, password: string | undefined): string {
  const scheme = tls === undefined ? 'redis' : 'rediss';
  const credentials = password === undefined || password === '' ? '' : `:${encodeURIComponent(password)}@`;
  return `${scheme}://${credentials}127.0.0.1:${port}`;
}
