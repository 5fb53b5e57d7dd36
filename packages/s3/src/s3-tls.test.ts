import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { createBackend, systemClock, type CacheBackend } from '@cache/core';
import {
  describeWith,
  makeTlsFiles,
  s3Problem,
  startS3,
  tlsProblem,
  type S3Service,
  type TlsFiles,
} from '@cache/services';
import { definition } from './definition.ts';

const given = process.env['S3_ENDPOINT'] ? 'S3_ENDPOINT names a server without our certificates' : undefined;

describeWith(s3Problem() ?? tlsProblem() ?? given, 'TLS, as s3_verify says', () => {
  let files: TlsFiles;
  let server: S3Service;

  beforeAll(async () => {
    files = await makeTlsFiles();
    server = await startS3({ tls: files });
    const { endpoint, region, accessKeyId, secretAccessKey } = server;
    const client = new S3Client({
      endpoint,
      region,
      credentials: { accessKeyId, secretAccessKey },
      forcePathStyle: true,
      requestHandler: new NodeHttpHandler({ httpsAgent: { rejectUnauthorized: false } }),
    });
    await client.send(new CreateBucketCommand({ Bucket: 'over-tls' }));
    client.destroy();
  }, 90_000);

  afterAll(() => server.stop());

  const backendWith = (
    params: Record<string, unknown>,
    environment: Record<string, string> = {},
  ): Promise<CacheBackend> =>
    createBackend(
      definition,
      {
        s3_bucket_name: 'over-tls',
        s3_endpoint_url: server.endpoint,
        s3_aws_access_key_id: server.accessKeyId,
        s3_aws_secret_access_key: server.secretAccessKey,
        ...params,
      },
      { clock: systemClock, environment, warn: () => undefined },
    );

  it.each([
    ['false', () => ({ s3_verify: false })],
    ['the word False', () => ({ s3_verify: 'False' })],
    ['the authority that signed', () => ({ s3_verify: files.caFile })],
  ])('%s: values go and come, large ones too', async (_name, params) => {
    const backend = await backendWith(params());
    const value = Buffer.alloc(3 * 1024 * 1024, 'v');
    await backend.set('a', value);
    expect(value.equals((await backend.get('a')) ?? Buffer.alloc(0))).toBe(true);
    await backend.close();
  });

  it("the authority of the environment's AWS_CA_BUNDLE is trusted", async () => {
    const backend = await backendWith({}, { AWS_CA_BUNDLE: files.caFile });
    await backend.ping();
    await backend.close();
  });

  it.each([
    ['absent', () => ({})],
    ['true', () => ({ s3_verify: true })],
    ['another authority', () => ({ s3_verify: files.otherCaFile })],
  ])('%s: the server is refused', async (_name, params) => {
    const backend = await backendWith(params());
    await expect(backend.ping()).rejects.toMatchObject({
      code: 'CACHE_BACKEND_UNAVAILABLE',
      message: expect.stringMatching(/certificate/),
    });
    await backend.close();
  });

  it('a file that cannot be read is said at once', async () => {
    await expect(backendWith({ s3_verify: '/no/such.pem' })).rejects.toMatchObject({
      code: 'CACHE_INVALID_OPTION',
      message: expect.stringContaining('/no/such.pem'),
    });
  });
});
