import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeGuardedFolder, type GuardedFolder } from '../process/guard.ts';
import { reservePort, type ReservedPort } from '../process/ports.ts';
import { missingPrograms, requireProgram, type Program } from '../process/programs.ts';
import { ServerGroup, type ServerProcess } from '../process/server-process.ts';
import { until } from '../process/until.ts';
import { request, type SmallAnswer } from './request.ts';
import type { S3Options, S3Service } from './s3.ts';
import {
  accessKeyId,
  attributesScript,
  configurationFile,
  region,
  ringScript,
  secretAccessKey,
  storageServers,
  writeSwiftFiles,
  type SwiftPlace,
  type SwiftServer,
} from './swift-files.ts';

const execute = promisify(execFile);

export const swiftPrograms: readonly Program[] = [
  ...[...storageServers, 'proxy' as const].map(programOf),
  'memcached',
];

/** Why OpenStack Swift cannot be started on this machine; undefined when it can. */
export function swiftProblem(): string | undefined {
  const missing = missingPrograms(swiftPrograms);
  if (missing !== undefined) return missing;
  if (folderWithAttributes() !== undefined) return undefined;
  return `neither ${dataFolders().join(' nor ')} is on a file system with extended attributes`;
}

/** Starts Swift with its S3 interface, which checks signatures and keeps objects on the disk: about 4 s. */
export async function startSwift(options: S3Options = {}): Promise<S3Service> {
  const parent = folderWithAttributes();
  if (parent === undefined) throw new Error(swiftProblem() ?? 'no folder for Swift');
  const names = [...storageServers, 'proxy', 'memcached'] as const;
  const reserved = await Promise.all(names.map(() => reservePort()));
  const ports = Object.fromEntries(names.map((name, index) => [name, reserved[index]?.port ?? 0]));
  const folder = makeGuardedFolder('cache-test-swift', parent);
  const service = new Swift(
    { folder: folder.path, ports: ports as SwiftPlace['ports'], tls: options.tls },
    folder,
    reserved,
  );
  try {
    await service.start();
  } catch (error) {
    await service.stop();
    throw error;
  }
  return service;
}

class Swift implements S3Service {
  readonly host = '127.0.0.1';
  readonly isOwn = true;
  readonly region = region;
  readonly accessKeyId = accessKeyId;
  readonly secretAccessKey = secretAccessKey;
  readonly endpoint: string;
  readonly port: number;
  readonly #place: SwiftPlace;
  readonly #reserved: readonly ReservedPort[];
  readonly #group: ServerGroup;
  readonly #proxy: ServerProcess;
  readonly #behind: readonly ServerProcess[];
  #version = '';

  constructor(place: SwiftPlace, folder: GuardedFolder, reserved: readonly ReservedPort[]) {
    this.#place = place;
    this.#reserved = reserved;
    this.port = place.ports.proxy;
    this.endpoint = `${place.tls === undefined ? 'http' : 'https'}://127.0.0.1:${this.port}`;
    this.#group = new ServerGroup(folder);
    this.#behind = [
      this.#group.add({
        name: 'memcached',
        program: requireProgram('memcached'),
        arguments: [
          ...['-l', '127.0.0.1', '-p', String(place.ports.memcached), '-U', '0'],
          ...['-u', userInfo().username, '-m', '16', '-t', '1'],
        ],
      }),
      ...storageServers.map((server) => this.#add(server)),
    ];
    this.#proxy = this.#add('proxy');
  }

  get pid(): number {
    return this.#proxy.pid;
  }

  get version(): string {
    return this.#version;
  }

  async start(): Promise<void> {
    writeSwiftFiles(this.#place);
    const rings = storageServers.map((server) => `${server}:${this.#place.ports[server]}`);
    await execute(swiftPython(), ['-c', ringScript, ...rings], {
      cwd: this.#place.folder,
      timeout: 60_000,
      killSignal: 'SIGKILL',
    });
    for (const server of this.#behind) server.start();
    await this.restart();
    const { text } = await request(`${this.endpoint}/info`, { tls: this.#place.tls });
    const information = JSON.parse(text) as { readonly swift?: { readonly version?: string } };
    this.#version = `OpenStack Swift ${information.swift?.version ?? '(of unknown version)'}`;
  }

  output(): string {
    return [...this.#behind, this.#proxy].map((server) => server.output()).join('\n');
  }

  kill(): Promise<void> {
    return this.#proxy.kill();
  }

  freeze(): void {
    this.#proxy.freeze();
  }

  thaw(): void {
    this.#proxy.thaw();
  }

  async restart(): Promise<void> {
    this.#proxy.start();
    await until(() => this.#canStore(), {
      what: `Swift on port ${this.port} stores an object`,
      timeoutSeconds: 60,
      pollMilliseconds: 100,
      output: () => this.output(),
    });
  }

  async stop(): Promise<void> {
    await this.#group.stop();
    for (const port of this.#reserved) port.release();
  }

  #add(server: SwiftServer): ServerProcess {
    return this.#group.add({
      name: server,
      program: requireProgram(programOf(server)),
      arguments: [join(this.#place.folder, configurationFile(server)), '--verbose'],
      environment: { SWIFT_CONF_DIR: this.#place.folder, PYTHONWARNINGS: 'ignore' },
    });
  }

  /** By Swift's own interface, which needs no signatures: every server behind the proxy has its part in it. */
  async #canStore(): Promise<boolean> {
    for (const server of [...this.#behind, this.#proxy]) server.throwIfEnded();
    const { tls } = this.#place;
    const login = await request(`${this.endpoint}/auth/v1.0`, {
      headers: { 'x-auth-user': accessKeyId, 'x-auth-key': secretAccessKey },
      tls,
    });
    const token = login.headers['x-auth-token'];
    if (typeof token !== 'string') return false;
    const container = `${this.endpoint}/v1/AUTH_test/ready`;
    const ask = (method: string, url: string): Promise<SmallAnswer> =>
      request(url, { method, headers: { 'x-auth-token': token }, tls });
    const made = await ask('PUT', container);
    const stored = await ask('PUT', `${container}/object`);
    const deleted = await ask('DELETE', `${container}/object`);
    const emptied = await ask('DELETE', container);
    return [made, stored, deleted, emptied].every(({ status }) => status >= 200 && status < 300);
  }
}

function programOf<Server extends SwiftServer>(server: Server): `swift-${Server}-server` {
  return `swift-${server}-server`;
}

/** The Python that Swift is installed for, which need not be the first on the PATH. */
function swiftPython(): string {
  const [firstLine = ''] = readFileSync(requireProgram(programOf('proxy')), 'utf8').split('\n');
  return /^#! ?(\/\S*python\S*)/.exec(firstLine)?.[1] ?? requireProgram('python3');
}

function dataFolders(): string[] {
  return [...new Set([tmpdir(), '/var/tmp'])];
}

let foundFolder: string | undefined;

/** The first of {@link dataFolders} where files can have extended attributes: a tmpfs of an older kernel has none. */
function folderWithAttributes(): string | undefined {
  foundFolder ??= dataFolders().find(hasAttributes);
  return foundFolder;
}

function hasAttributes(parent: string): boolean {
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(parent, 'cache-test-attributes-'));
    execFileSync(swiftPython(), ['-c', attributesScript, join(folder, 'probe')], {
      stdio: 'ignore',
      timeout: 10_000,
    });
    return true;
  } catch {
    return false;
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}
