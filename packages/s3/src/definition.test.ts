import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBackend, type CacheBackend } from '@cache/core';
import { FakeClock } from '@cache/core/testing';
import { describeWith, s3Problem, startS3, type S3Service } from '@cache/services';
import { definition, optionsFrom, type S3Params } from './definition.ts';
import type { S3BackendOptions } from './options.ts';
import { bareClient, newBucket } from './s3.fixture.ts';

const clock = new FakeClock();

interface Read {
  readonly options: S3BackendOptions & Record<string, unknown>;
  readonly warnings: readonly string[];
}

/** What `cache_params` come to. */
async function read(
  params: Record<string, unknown>,
  environment: Record<string, string> = {},
): Promise<Read> {
  const warnings: string[] = [];
  const given = { s3_bucket_name: 'answers', ...params };
  const result = await definition.options['~standard'].validate(given);
  if (result.issues !== undefined) throw new Error(result.issues.map(({ message }) => message).join('; '));
  const context = { clock, environment, warn: (message: string) => warnings.push(message) };
  return { options: { ...optionsFrom(result.value, context) }, warnings };
}

/** What is wrong with `cache_params`, as path and message. */
async function problems(params: unknown): Promise<string[]> {
  const result = await definition.options['~standard'].validate(params);
  return (result.issues ?? []).map(({ path = [], message }) => `${path.map(String).join('.')}: ${message}`);
}

describe("LiteLLM's s3 settings", () => {
  it('are read as they stand in a config.yaml', async () => {
    const { options, warnings } = await read({
      s3_bucket_name: 'answers',
      s3_region_name: 'eu-central-1',
      s3_endpoint_url: 'https://minio.local:9000',
      s3_use_ssl: true,
      s3_verify: false,
      s3_aws_access_key_id: 'id',
      s3_aws_secret_access_key: 'secret',
      s3_aws_session_token: 'token',
      s3_path: 'cache/',
      s3_api_version: '2006-03-01',
      s3_create_bucket: true,
    });
    expect(options).toEqual({
      bucket: 'answers',
      region: 'eu-central-1',
      endpoint: 'https://minio.local:9000',
      useTls: true,
      verifyTls: false,
      credentials: { accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: 'token' },
      path: 'cache/',
      createBucket: true,
      clock,
      clientOptions: {},
    });
    expect(warnings).toEqual([]);
  });

  it('say nothing where they are null or the word None', async () => {
    const names = ['region_name', 'endpoint_url', 'use_ssl', 'verify', 'aws_access_key_id', 'path', 'config'];
    for (const nothing of [null, 'None']) {
      const { options } = await read(Object.fromEntries(names.map((name) => [`s3_${name}`, nothing])));
      expect(options).toEqual({ bucket: 'answers', path: '', createBucket: false, clock, clientOptions: {} });
    }
  });

  it.each([
    [{ s3_verify: 'False' }, { verifyTls: false }],
    [{ s3_verify: 'True' }, { verifyTls: true }],
    [{ s3_verify: '/etc/ca.pem' }, { caFile: '/etc/ca.pem' }],
    [{ s3_use_ssl: 'False' }, { useTls: false }],
    [{ s3_bucket_name: 2024 }, { bucket: '2024' }],
  ])('%j is %j', async (params, expected) => {
    expect((await read(params)).options).toMatchObject(expected);
  });

  it.each([
    [
      {},
      [
        "s3_bucket_name: must be the name of a bucket, of 3 to 255 letters, digits, '.', '-' and '_', and is missing",
      ],
    ],
    [
      { s3_bucket_name: '' },
      [
        `s3_bucket_name: must be the name of a bucket, of 3 to 255 letters, digits, '.', '-' and '_', got "" (string)`,
      ],
    ],
    [
      {
        s3_bucket_name: 'answers',
        s3_use_ssl: 'maybe',
        s3_endpoint_url: 'minio:9000',
        s3_bukket_name: 'b',
        bukket: 1,
      },
      [
        's3_endpoint_url: must be an http:// or https:// URL, got "minio:9000" (string)',
        's3_use_ssl: must be true or false, got "maybe" (string)',
        's3_bukket_name: is none of the s3 settings; did you mean s3_bucket_name?',
        'bukket: is none of the s3 settings',
      ],
    ],
    [
      { s3_bucket_name: 'answers', s3_config: { conect_timeout: 1, retries: { max_attempts: -1 } } },
      [
        's3_config.retries.max_attempts: must be an integer from 0, got -1 (number)',
        "s3_config.conect_timeout: is none of botocore's Config; did you mean connect_timeout?",
      ],
    ],
    [
      { s3_bucket_name: 'answers', s3_config: 'fast' },
      ['s3_config: must be a mapping of botocore\'s Config, got "fast" (string)'],
    ],
  ])('%j: every problem is told at once', async (params, expected) => {
    expect((await problems(params)).sort()).toEqual([...expected].sort());
  });

  it('never repeat a secret in a problem', async () => {
    const told = await problems({ s3_bucket_name: 'answers', s3_aws_secret_access_key: ['hush'] });
    expect(told).toEqual(['s3_aws_secret_access_key: must be a string, got another kind']);
    const url = await problems({ s3_bucket_name: 'answers', s3_endpoint_url: 'minio://user:hush@minio' });
    expect(url).toEqual([
      's3_endpoint_url: must be an http:// or https:// URL, got one with the scheme minio://',
    ]);
  });

  it.each(['ab', 'a b', 'a/b', 's3://answers', 'a'.repeat(256), 'é-answers'])(
    '%s is no bucket of any server',
    async (s3_bucket_name) => {
      const endpoint = { s3_endpoint_url: 'http://minio:9000' };
      expect(await problems({ s3_bucket_name, ...endpoint })).toEqual([
        expect.stringContaining('s3_bucket_name: must be the name of a bucket, of 3 to 255 letters'),
      ]);
    },
  );

  it.each(['My_Bucket', 'a'.repeat(64)])('%s is a bucket of others than Amazon', async (s3_bucket_name) => {
    const amazon = 'https://s3.eu-west-1.amazonaws.com';
    for (const params of [{}, { s3_endpoint_url: amazon }, { s3_region_name: 'eu-west-1' }])
      await expect(read({ s3_bucket_name, ...params })).rejects.toThrow(
        's3_bucket_name must be the name of a bucket, of 3 to 63 characters of a-z, 0-9',
      );
    for (const params of [{ s3_endpoint_url: 'http://minio:9000' }, { s3_region_name: 'us-east-1' }])
      expect((await read({ s3_bucket_name, ...params })).options.bucket).toBe(s3_bucket_name);
    const variables = { AWS_ENDPOINT_URL: 'http://minio:9000' };
    expect((await read({ s3_bucket_name }, variables)).options.bucket).toBe(s3_bucket_name);
  });

  it('an access point stands in the place of a bucket', async () => {
    const s3_bucket_name = 'arn:aws:s3:eu-west-1:123456789012:accesspoint:answers';
    expect((await read({ s3_bucket_name })).options.bucket).toBe(s3_bucket_name);
  });

  it('need both halves of the credentials', async () => {
    await expect(read({ s3_aws_access_key_id: 'id' })).rejects.toThrow(
      's3: s3_aws_secret_access_key is missing beside the other half of the credentials',
    );
  });

  it('that change nothing are told', async () => {
    const { warnings } = await read({
      s3_api_version: '2013-01-01',
      s3_use_ssl: false,
      s3_endpoint_url: 'https://minio.local',
    });
    expect(warnings).toEqual([
      's3_api_version: has no effect: the API of 2006-03-01 is always spoken',
      's3_use_ssl: has no effect: the scheme of the endpoint URL decides',
    ]);
  });
});

describe("botocore's Config", () => {
  it.each<[Record<string, unknown>, Record<string, unknown>]>([
    [
      { connect_timeout: 2.5, read_timeout: '7' },
      { connectTimeoutMilliseconds: 2500, requestTimeoutMilliseconds: 7000 },
    ],
    [{ max_pool_connections: 10 }, { maxConnections: 10 }],
    [{ retries: { max_attempts: 3 } }, { maxAttempts: 4 }],
    [
      { retries: { total_max_attempts: 3, mode: 'adaptive' } },
      { maxAttempts: 3, clientOptions: { retryMode: 'adaptive' } },
    ],
    [{ retries: { mode: 'legacy' } }, { clientOptions: { retryMode: 'standard' } }],
    [{ s3: { addressing_style: 'path' } }, { forcePathStyle: true }],
    [
      { s3: { addressing_style: 'virtual', use_accelerate_endpoint: true } },
      { forcePathStyle: false, clientOptions: { useAccelerateEndpoint: true } },
    ],
    [{ proxies: { https: 'http://proxy:3128' } }, { proxies: { https: 'http://proxy:3128' } }],
    [{ client_cert: ['/c.pem', '/k.pem'] }, { clientCertificateFile: '/c.pem', clientKeyFile: '/k.pem' }],
    [{ region_name: 'eu-west-1' }, { region: 'eu-west-1' }],
    [
      { user_agent_extra: 'mine/1', user_agent_appid: 'app' },
      { clientOptions: { customUserAgent: 'mine/1', userAgentAppId: 'app' } },
    ],
    [
      { use_fips_endpoint: true, use_dualstack_endpoint: 'True' },
      { clientOptions: { useFipsEndpoint: true, useDualstackEndpoint: true } },
    ],
    [
      { request_checksum_calculation: 'when_required' },
      { clientOptions: { requestChecksumCalculation: 'WHEN_REQUIRED' } },
    ],
    [{ signature_version: 's3v4' }, {}],
  ])('%j is %j', async (config, expected) => {
    const { options, warnings } = await read({ s3_config: config });
    expect(options).toMatchObject(expected);
    expect(warnings).toEqual([]);
  });

  it('yields to s3_region_name', async () => {
    const params = { s3_region_name: 'eu-west-1', s3_config: { region_name: 'eu-west-2' } };
    expect((await read(params)).options['region']).toBe('eu-west-1');
  });

  it.each([
    [
      { signature_version: 's3' },
      's3_config.signature_version: has no effect: requests are always signed by version 4',
    ],
    [
      { parameter_validation: true },
      's3_config.parameter_validation: has no effect: parameters are always checked',
    ],
    [
      { s3: { payload_signing_enabled: false } },
      's3_config.s3.payload_signing_enabled: has no effect: what is sent is always signed',
    ],
  ])('%j means nothing here, and that is told with the reason', async (config, warning) => {
    expect((await read({ s3_config: config })).warnings).toEqual([warning]);
  });
});

describe('the environment', () => {
  const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };

  it.each<[Record<string, string>, Record<string, unknown>]>([
    [keys, { credentials: { accessKeyId: 'id', secretAccessKey: 'secret' } }],
    [
      { ...keys, AWS_SESSION_TOKEN: 't', AWS_PROFILE: 'p' },
      { credentials: { accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: 't' } },
    ],
    [{ AWS_PROFILE: 'p' }, { profile: 'p' }],
    [{ AWS_REGION: 'eu-west-1' }, { region: 'eu-west-1' }],
    [{ AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' }, { region: 'eu-west-2' }],
    [{ AWS_ENDPOINT_URL: 'http://a', AWS_ENDPOINT_URL_S3: 'http://b' }, { endpoint: 'http://b' }],
    [{ AWS_CA_BUNDLE: '/ca.pem' }, { caFile: '/ca.pem' }],
    [{ HTTPS_PROXY: 'http://p', no_proxy: 'x' }, { proxies: { https: 'http://p', except: 'x' } }],
    [
      { AWS_WEB_IDENTITY_TOKEN_FILE: '/t', AWS_ROLE_ARN: 'arn' },
      { clientOptions: { webIdentityTokenFile: '/t', roleArn: 'arn' } },
    ],
  ])('%j is %j', async (environment, expected) => {
    expect((await read({}, environment)).options).toMatchObject(expected);
  });

  it('yields to what the file says', async () => {
    const params = {
      s3_region_name: 'r',
      s3_endpoint_url: 'http://e',
      s3_aws_access_key_id: 'a',
      s3_aws_secret_access_key: 'b',
      s3_verify: '/f.pem',
    };
    const environment = { ...keys, AWS_REGION: 'x', AWS_ENDPOINT_URL: 'http://x', AWS_CA_BUNDLE: '/x.pem' };
    expect((await read(params, environment)).options).toMatchObject({
      region: 'r',
      endpoint: 'http://e',
      credentials: { accessKeyId: 'a' },
      caFile: '/f.pem',
    });
  });

  it('has no endpoint where s3_config says so', async () => {
    const params = { s3_config: { ignore_configured_endpoint_urls: true } };
    expect((await read(params, { AWS_ENDPOINT_URL: 'http://x' })).options['endpoint']).toBeUndefined();
  });

  it('is told of variables that only count in the process itself', async () => {
    const { warnings } = await read({}, { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1/x' });
    expect(warnings).toEqual([
      "AWS_CONTAINER_CREDENTIALS_FULL_URI of a .env file has no effect: AWS's credential chain reads it from the process only",
    ]);
  });
});

describe('making a backend', () => {
  const create = (params: Record<string, unknown>): Promise<CacheBackend> =>
    createBackend(definition, params, { clock, environment: {}, warn: () => undefined });

  it('needs no server', async () => {
    const backend = await create({ s3_bucket_name: 'answers', s3_endpoint_url: 'http://127.0.0.1:9' });
    expect(backend).toMatchObject({ name: 's3', capabilities: { shared: true } });
    await backend.close();
  });

  it('says which setting does not fit', async () => {
    await expect(create({ s3_bucket_name: 'answers', s3_path: 'p'.repeat(241) })).rejects.toMatchObject({
      code: 'CACHE_INVALID_OPTION',
      message: expect.stringContaining('path must be a string of at most 240 bytes'),
    });
  });
});

describeWith(s3Problem(), 'credentials out of the environment, by a real server', () => {
  let server: S3Service;
  let bucket: string;
  let folder: string;

  beforeAll(async () => {
    server = await startS3();
    const client = bareClient(server);
    bucket = await newBucket(client);
    client.destroy();
    folder = mkdtempSync(join(tmpdir(), 'cache-s3-'));
    const lines = [
      '[team]',
      `aws_access_key_id=${server.accessKeyId}`,
      `aws_secret_access_key=${server.secretAccessKey}`,
    ];
    writeFileSync(join(folder, 'credentials'), lines.join('\n'));
    writeFileSync(join(folder, 'config'), '');
  }, 90_000);

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await server.stop();
  });

  const ping = async (environment: Record<string, string>): Promise<void> => {
    const params: S3Params = { s3_bucket_name: bucket, s3_endpoint_url: server.endpoint };
    const backend = await createBackend(definition, params, { clock, environment, warn: () => undefined });
    await backend.ping().finally(() => backend.close());
  };

  it('keys, and a profile of files named there, are taken without touching the process', async () => {
    const { accessKeyId, secretAccessKey } = server;
    await ping({ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey });
    await ping({
      AWS_PROFILE: 'team',
      AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
      AWS_CONFIG_FILE: join(folder, 'config'),
    });
    expect(process.env['AWS_PROFILE']).toBeUndefined();
  });

  it('none at all are told as such', async () => {
    await expect(
      ping({
        AWS_PROFILE: 'nobody',
        AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
        AWS_CONFIG_FILE: join(folder, 'config'),
      }),
    ).rejects.toThrow('there are no credentials: check s3_aws_access_key_id');
  });
});
