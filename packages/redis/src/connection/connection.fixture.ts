import { afterAll, afterEach, expect, jest } from '@jest/globals';
import { CacheError, systemClock } from '@cache/core';
import type { Clock } from '@cache/core';
import type { RedisSettings } from '@cache/core/redis-settings';
import { until } from '@cache/services';
import type { RedisService } from '@cache/services';
import type { RedisConnection } from './connection.ts';
import { openRedis } from './open-redis.ts';

const opened: RedisConnection[] = [];
const services: { stop(): Promise<void> }[] = [];

/** Opens a connection that is closed after the test. */
export function open(settings: Parameters<typeof openRedis>[0], clock: Clock = systemClock): RedisConnection {
  const connection = openRedis(settings, { clock });
  opened.push(connection);
  return connection;
}

/** Stops the service when all tests of the file are done. */
export async function started<Service extends { stop(): Promise<void> }>(
  starting: Promise<Service>,
): Promise<Service> {
  const service = await starting;
  services.push(service);
  return service;
}

/** Call once per file: cleans up, and holds every test to a silent console and no stray rejection. */
export function holdToSilence(): void {
  const said = ['error', 'warn', 'log'].map((method) =>
    jest.spyOn(console, method as 'error').mockImplementation(() => undefined),
  );
  // Servers are started, and time limits of real sockets run out.
  jest.setTimeout(30_000);
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((connection) => connection.close()));
    for (const spy of said) {
      expect(spy.mock.calls).toEqual([]);
      spy.mockClear();
    }
  });
  afterAll(async () => {
    for (const spy of said) spy.mockRestore();
    await Promise.all(services.splice(0).map((service) => service.stop()));
  });
}

export function at(
  { port }: { readonly port: number },
  more: Partial<RedisSettings> = {},
): Extract<RedisSettings, { host: string }> {
  return { mode: 'standalone', host: '127.0.0.1', port, ...more } as Extract<RedisSettings, { host: string }>;
}

/** The message of the CacheError that `doing` fails with, and how long it took to. */
export async function failureOf(
  doing: () => Promise<unknown>,
): Promise<{ message: string; code: string; milliseconds: number }> {
  const begin = performance.now();
  try {
    await doing();
  } catch (error) {
    if (!CacheError.is(error)) throw error;
    return { message: error.message, code: error.code, milliseconds: performance.now() - begin };
  }
  throw new Error('expected a failure');
}

/** Resolves when a command is answered again; the milliseconds it took. */
export async function answersAgain(connection: RedisConnection, timeoutSeconds = 15): Promise<number> {
  const begin = performance.now();
  await until(async () => (await connection.commands().set('again', 'yes')) === 'OK', {
    what: 'commands are answered again',
    timeoutSeconds,
  });
  return performance.now() - begin;
}

/** How many clients the server has, redis-cli's own left out. */
export async function clientsOf(server: RedisService): Promise<number> {
  const clients = /connected_clients:(\d+)/.exec(await server.cli('INFO', 'clients'))?.[1];
  return Number(clients) - 1;
}
