import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import type { RedisTlsSettings } from '@cache/core/redis-settings';
import {
  describeWith,
  makeTlsFiles,
  redisProblem,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
  tlsProblem,
} from '@cache/services';
import type { RedisService, TlsFiles } from '@cache/services';
import { at, failureOf, holdToSilence, open, started } from './connection.fixture.ts';

describeWith(redisProblem() ?? tlsProblem(), 'a Redis behind TLS', () => {
  holdToSilence();
  let files: TlsFiles;
  let server: RedisService;
  let misnamed: RedisService;
  beforeAll(async () => {
    files = await makeTlsFiles();
    server = await started(startRedis({ tls: files }));
    const elsewhere = await makeTlsFiles({ hosts: ['redis.example'] });
    misnamedFiles = elsewhere;
    misnamed = await started(startRedis({ tls: elsewhere }));
  });
  let misnamedFiles: TlsFiles;

  async function answerOf(service: RedisService, tls: RedisTlsSettings, host = '127.0.0.1'): Promise<string> {
    return open({ ...at(service, { tls }), host })
      .commands()
      .ping();
  }

  async function refusalOf(service: RedisService, tls: RedisTlsSettings): Promise<string> {
    const failure = await failureOf(() => answerOf(service, tls));
    expect(failure.code).toMatch(/^CACHE_BACKEND_(UNAVAILABLE|TIMEOUT)$/);
    return failure.message;
  }

  it('the authority by file, by text, by folder; by address and by name', async () => {
    const caFolder = join(files.folder, 'authorities');
    mkdirSync(caFolder, { recursive: true });
    cpSync(files.caFile, join(caFolder, '0a1b2c3d.0'));
    cpSync(files.otherCaFile, join(caFolder, 'another.pem'));
    writeFileSync(join(caFolder, 'README'), 'no certificate');
    for (const tls of [
      { caFile: files.caFile },
      { caPem: readFileSync(files.caFile, 'utf8') },
      { caFolder },
    ]) {
      expect(await answerOf(server, tls)).toBe('PONG');
      expect(await answerOf(server, tls, 'localhost')).toBe('PONG');
    }
  });

  it('nobody is trusted by default who is not known to Node, and the message says what to set', async () => {
    expect(await refusalOf(server, {})).toContain(
      'ssl_ca_certs (tls.caFile) names the file of its authority',
    );
  });

  it('another authority’s certificate is refused', async () => {
    expect(await refusalOf(server, { caFile: files.otherCaFile })).toContain('ssl_ca_certs (tls.caFile)');
    expect(await refusalOf(server, { caFile: files.otherCaFile, checkHostname: false })).toContain(
      'ssl_ca_certs',
    );
  });

  it('a certificate for another host is refused, unless the host is not checked', async () => {
    const tls = { caFile: misnamedFiles.caFile };
    expect(await refusalOf(misnamed, tls)).toContain('set ssl_check_hostname: false (tls.checkHostname)');
    expect(await answerOf(misnamed, { ...tls, checkHostname: false })).toBe('PONG');
    expect(await refusalOf(misnamed, { caFile: files.caFile, checkHostname: false })).toContain(
      'ssl_ca_certs',
    );
  });

  it('without verification anybody is taken', async () => {
    expect(await answerOf(server, { verify: false })).toBe('PONG');
    expect(await answerOf(misnamed, { verify: false, caFile: files.otherCaFile })).toBe('PONG');
  });

  it('a client certificate, where the server demands one', async () => {
    const strict = await started(startRedis({ tls: files, arguments: ['--tls-auth-clients', 'yes'] }));
    const { caFile, clientCertificateFile: certificateFile, clientKeyFile: keyFile } = files;
    expect(await answerOf(strict, { caFile, certificateFile, keyFile })).toBe('PONG');
    expect(await refusalOf(strict, { caFile })).toMatch(
      /certificate required \(.*ssl_certfile and ssl_keyfile/,
    );
    const both = join(files.folder, 'both.pem');
    writeFileSync(both, readFileSync(certificateFile, 'utf8') + readFileSync(keyFile, 'utf8'));
    expect(await answerOf(strict, { caFile, certificateFile: both, minVersion: 'TLSv1.3' })).toBe('PONG');
  });

  it('a server that speaks no TLS, and TLS that is not spoken to', async () => {
    const plain = await started(startRedis());
    expect(await refusalOf(plain, { caFile: files.caFile })).toContain('is ssl (tls) meant to be on?');
    const failure = await failureOf(() => open(at(server)).commands().ping());
    expect(failure.message).toContain('ssl (tls) switches it on');
  });

  it('a subscriber goes the same way', async () => {
    const connection = open(at(server, { tls: { caFile: files.caFile } }));
    expect(await connection.subscriber().subscribe('news')).toBe(1);
  });

  it('a Cluster: every node by the name it announces, masters and subscriber', async () => {
    const named = await makeTlsFiles({ hosts: ['localhost'] });
    const cluster = await started(
      startRedisCluster({
        tls: named,
        arguments: [
          ...['--cluster-announce-hostname', 'localhost', '--cluster-preferred-endpoint-type', 'hostname'],
        ],
      }),
    );
    const nodes = cluster.nodes.slice(0, 1).map(({ port }) => ({ host: 'localhost', port }));
    const connection = open({ mode: 'cluster', nodes, tls: { caFile: named.caFile } });
    for (let key = 0; key < 20; key += 1) await connection.commands().set(`key ${key}`, 'value');
    expect(await connection.masters()).toHaveLength(3);
    expect(await connection.subscriber().subscribe('news')).toBe(1);
    const untrusting = open({ mode: 'cluster', nodes, tls: {} });
    expect((await failureOf(() => untrusting.commands().get('key'))).message).toContain(
      'ssl_ca_certs (tls.caFile)',
    );
  });

  it('Sentinels and the master they name', async () => {
    const service = await started(startRedisSentinel({ tls: files }));
    const sentinels = service.sentinels.map(({ port }) => ({ host: '127.0.0.1', port }));
    const shape = { mode: 'sentinel', sentinels, serviceName: service.name } as const;
    expect(
      await open({ ...shape, tls: { caFile: files.caFile } })
        .commands()
        .set('a', 'b'),
    ).toBe('OK');
    const failure = await failureOf(() =>
      open({ ...shape, tls: {} })
        .commands()
        .get('a'),
    );
    expect(failure.message).toContain('ssl_ca_certs (tls.caFile)');
  });

  it.each<[string, (tls: TlsFiles) => RedisTlsSettings, RegExp]>([
    [
      'a missing file',
      () => ({ caFile: '/nowhere/ca.pem' }),
      /tls\.caFile \(ssl_ca_certs\) cannot be read: ENOENT/,
    ],
    [
      'a file that is no PEM',
      () => ({ caFile: import.meta.filename }),
      /tls\.caFile \(ssl_ca_certs\) is no PEM/,
    ],
    ['a text that is no PEM', () => ({ caPem: 'hush' }), /tls\.caPem \(ssl_ca_data\) is no PEM$/],
    [
      'a folder without certificates',
      () => ({ caFolder: join(import.meta.dirname, '..') }),
      /tls\.caFolder \(ssl_ca_path\) holds no/,
    ],
    [
      'a key alone',
      (tls) => ({ keyFile: tls.clientKeyFile }),
      /tls\.keyFile \(ssl_keyfile\) needs tls\.certificateFile/,
    ],
    [
      'a key for another certificate',
      (tls) => ({ certificateFile: tls.clientCertificateFile, keyFile: tls.keyFile }),
      /tls cannot be used: .*key values mismatch/,
    ],
  ])('%s is an error before anything is connected', (_name, tls, message) => {
    const opening = (): unknown => open(at(server, { tls: tls(files) }));
    expect(opening).toThrow(expect.objectContaining({ code: 'CACHE_INVALID_OPTION' }));
    expect(opening).toThrow(message);
  });
});
