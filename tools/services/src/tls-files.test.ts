import { readFileSync } from 'node:fs';
import { connect as tlsConnect, type ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { describeWith } from './describe-with.ts';
import { redisProblem, startRedis, type RedisService } from './redis/redis.ts';
import { makeTlsFiles, tlsProblem, type TlsFiles } from './tls-files.ts';

// A busy machine may take its time; every wait inside is bounded and says what it waited for.
jest.setTimeout(30_000);

let files: TlsFiles;
let redis: RedisService;

/** What Node says of an authority it does not know, depending on whether the server sends it along. */
const untrusted = /unable to verify|self-signed/;

/** The answer to PING; rejects when no TLS connection comes about. */
function ping(options: ConnectionOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({ host: '127.0.0.1', port: redis.port, ...options });
    socket.once('error', reject);
    socket.once('data', (answer) => {
      socket.destroy();
      resolve(answer.toString());
    });
    socket.write('PING\r\n');
  });
}

describeWith(redisProblem() ?? tlsProblem(), 'makeTlsFiles', () => {
  beforeAll(async () => {
    files = await makeTlsFiles();
    redis = await startRedis({ tls: files });
  });

  afterAll(async () => {
    await redis.stop();
  });

  test('a server with them is trusted by those who know the authority', async () => {
    expect(redis.url).toBe(`rediss://127.0.0.1:${redis.port}`);
    expect(await ping({ ca: readFileSync(files.caFile) })).toBe('+PONG\r\n');
    expect(await redis.cli('PING')).toBe('PONG');
  });

  test('it is refused by those who know another authority, or none', async () => {
    await expect(ping({ ca: readFileSync(files.otherCaFile) })).rejects.toThrow(untrusted);
    await expect(ping({})).rejects.toThrow(untrusted);
  });

  test('it is refused under a name it has not', async () => {
    const ca = readFileSync(files.caFile);
    expect(await ping({ ca, servername: 'localhost' })).toBe('+PONG\r\n');
    await expect(ping({ ca, servername: 'redis.example' })).rejects.toThrow('does not match');
  });

  test('it is for the hosts asked for, and no others', async () => {
    const elsewhere = await makeTlsFiles({ hosts: ['redis.example'] });
    const server = await startRedis({ tls: elsewhere });
    try {
      const ca = readFileSync(elsewhere.caFile);
      expect(await ping({ ca, port: server.port, servername: 'redis.example' })).toBe('+PONG\r\n');
      await expect(ping({ ca, port: server.port })).rejects.toThrow('does not match');
    } finally {
      await server.stop();
    }
  });

  test('a server that demands client certificates takes the one of the same authority', async () => {
    const server = await startRedis({ tls: files, arguments: ['--tls-auth-clients', 'yes'] });
    try {
      const options = { ca: readFileSync(files.caFile), port: server.port };
      const client = {
        cert: readFileSync(files.clientCertificateFile),
        key: readFileSync(files.clientKeyFile),
      };
      expect(await ping({ ...options, ...client })).toBe('+PONG\r\n');
      await expect(ping(options)).rejects.toThrow();
    } finally {
      await server.stop();
    }
  });
});
