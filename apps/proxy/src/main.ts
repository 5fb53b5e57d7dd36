#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ConfigError,
  createLogger,
  createMetrics,
  createProxy,
  describeConfig,
  formatProblem,
  inOrder,
  isLoopback,
  loadConfig,
  openStore,
  type LoadedConfig,
  type OpenedStore,
  type Problem,
  type Proxy,
  type ProxyConfig,
} from '@cache/proxy';
import type { CacheBackend } from '@cache/core';
import { announcement } from './announcement.ts';
import { backendReport } from './backends/backend-report.ts';
import { LastFailure } from './backends/last-failure.ts';
import { openBackend, type OpenedBackend } from './backends/open-backend.ts';
import { callTypeProblems } from './cache-problem.ts';
import { readCommandLine, type CommandLine } from './command-line.ts';
import { closeOnSignal } from './signals.ts';

const PACKAGE = join(import.meta.dirname, '..');

/** Exit codes: 0 after a stop that was asked for, 1 where the proxy cannot run as it was told to. */
async function main(): Promise<void> {
  const version = versionOf(PACKAGE);
  const commandLine = readCommandLine(process.argv, version);
  const prepared = await prepare(commandLine);
  if (prepared === undefined) return fail();
  const { config, backend } = prepared;
  if (commandLine.check) {
    say(['The configuration is good:', ...describeConfig(config).map((line) => `  ${line}`)]);
    return backend?.close();
  }
  if (isOpenToOthers(commandLine, config)) {
    await backend?.close();
    return fail([
      `--host ${commandLine.host} lets other machines in, and there is no general_settings.master_key:`,
      '  set one, or say --allow-unauthenticated if that is what you want.',
    ]);
  }
  await serve(commandLine, prepared, version);
}

/** What the proxy runs with: checked, but nobody was asked anything yet. */
interface Prepared {
  readonly config: ProxyConfig;
  /** Absent where answers live in this process. */
  readonly backend?: CacheBackend;
}

async function serve(
  { host, port }: CommandLine,
  { config, backend }: Prepared,
  version: string,
): Promise<void> {
  const log = createLogger({ level: config.verbose ? 'debug' : 'info' });
  const metrics = createMetrics({ models: config.deployments.map(({ modelName }) => modelName) });
  const failures = new LastFailure();
  let opened: OpenedStore | undefined;
  const proxy = await createProxy({
    config,
    openStore: (observer) =>
      (opened = openStore({
        cache: config.cache,
        observer: failures.heardBy(observer),
        ...(backend === undefined ? {} : { backend }),
      })),
    version,
    log,
    metrics,
  });
  const url = await listen(proxy, host, port);
  if (url === undefined) return fail();
  // Whoever reads the announcement may stop the proxy at once.
  closeOnSignal({ proxy, log, say });
  say([announcement({ config, version, url })]);
  if (backend === undefined || opened === undefined) return;
  say([await backendReport({ opened, namespace: config.cache.namespace, failures })]);
}

/** Everything that is wrong with the configuration is said at once; warnings are said in any case. */
async function prepare({ config: path }: CommandLine): Promise<Prepared | undefined> {
  const loaded = load(path);
  loaded.warnings.forEach(sayWarning);
  const found = loaded instanceof ConfigError ? loaded.problems : [];
  const readable = loaded instanceof ConfigError ? loaded.readable : loaded;
  const opened = readable === undefined ? NOT_OPENED : await openBackend(readable, sayWarning);
  const ofCalls = readable === undefined ? [] : callTypeProblems(readable);
  const problems = inOrder([...found, ...ofCalls, ...opened.problems]);
  if (problems.length === 0 && !(loaded instanceof ConfigError)) return { config: loaded.config, ...opened };
  await opened.backend?.close();
  sayProblems(problems);
  return undefined;
}

const NOT_OPENED: OpenedBackend = { problems: [] };

function load(path: string | undefined): LoadedConfig | ConfigError {
  try {
    return loadConfig({
      path: path ?? join(PACKAGE, 'config.yaml'),
      environment: process.env,
      workingDirectory: process.cwd(),
    });
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

/** What goes on over several lines is indented like what it belongs to. */
function sayProblems(problems: readonly Problem[]): void {
  const lines = problems.map((problem) => `  ${formatProblem(problem).replaceAll('\n', '\n    ')}`);
  say(['The configuration cannot be used:', ...lines]);
}

function sayWarning(warning: Problem): void {
  say([`warning: ${formatProblem(warning)}`]);
}

async function listen(proxy: Proxy, host: string, port: number): Promise<string | undefined> {
  try {
    return await proxy.listen({ host, port });
  } catch (error) {
    await proxy.close();
    say([listenProblem(error as NodeJS.ErrnoException, host, port)]);
    return undefined;
  }
}

function listenProblem({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} of ${host} is in use already: stop what uses it, or choose another with --port.`;
    case 'EACCES':
      return `Port ${port} needs rights this process does not have: choose one above 1023 with --port.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `--host ${host} is not an address of this machine.`;
    default:
      return `Cannot listen on ${host}:${port}: ${message}`;
  }
}

function isOpenToOthers({ host, allowUnauthenticated }: CommandLine, config: ProxyConfig): boolean {
  const staysHere = host === 'localhost' || isLoopback(host);
  return !staysHere && !allowUnauthenticated && config.authentication.masterKey === undefined;
}

function versionOf(folder: string): string {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return version;
}

/** For people, on standard error: standard output is the log, one object a line. */
function say(lines: readonly string[]): void {
  if (lines.length > 0) process.stderr.write(`${lines.join('\n')}\n`);
}

function fail(lines: readonly string[] = []): void {
  say(lines);
  process.exitCode = 1;
}

await main();
