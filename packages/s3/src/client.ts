import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { isAmazonEndpoint } from './bucket-name.ts';
import { invalidOption } from './check-options.ts';
import type { S3ConnectionOptions, S3Proxies } from './options.ts';

const DEFAULT_REGION = 'us-east-1';

/** The backend has no logger: what there is to say is in its errors. */
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/**
 * The SDK's client for these options. Connects to nothing yet.
 *
 * @throws CacheError `CACHE_INVALID_OPTION` if a PEM file cannot be read.
 */
export function makeClient(options: S3ConnectionOptions): S3Client {
  const { endpoint, credentials, profile, maxAttempts = 2, clientOptions = {} } = options;
  const client = new S3Client({
    region: options.region ?? regionOfProcess(profile),
    forcePathStyle: options.forcePathStyle ?? (endpoint !== undefined && !isAmazonEndpoint(endpoint)),
    followRegionRedirects: true,
    maxAttempts,
    retryMode: 'standard',
    // The handler would make a connection of its own for each, without our TLS options.
    expectContinueHeader: false,
    // A frame has a checksum of its own.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: requestHandler(options),
    logger: SILENT,
    ...(endpoint === undefined ? {} : { endpoint, requestChecksumCalculation: 'WHEN_REQUIRED' }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(profile === undefined ? {} : { profile }),
    ...clientOptions,
  } satisfies S3ClientConfig);
  if (options.useTls === false && endpoint === undefined) withoutTls(client);
  return client;
}

/** As AWS's own chain finds it. boto3 needs none for S3 either. */
function regionOfProcess(profile: string | undefined): () => Promise<string> {
  let region: Promise<string> | undefined;
  return () => {
    region ??= new S3Client({ logger: SILENT, ...(profile === undefined ? {} : { profile }) }).config
      .region()
      .catch(() => DEFAULT_REGION);
    return region;
  };
}

function requestHandler(options: S3ConnectionOptions): NodeHttpHandler {
  const {
    connectTimeoutMilliseconds = 3_000,
    requestTimeoutMilliseconds = 10_000,
    maxConnections = 50,
    proxies,
  } = options;
  const shared = {
    keepAlive: true,
    maxSockets: maxConnections,
    ...(proxies === undefined ? {} : { proxyEnv: proxyVariables(proxies) }),
  };
  return new NodeHttpHandler({
    httpAgent: new http.Agent(shared),
    httpsAgent: new https.Agent({ ...shared, ...tlsOptions(options) }),
    connectionTimeout: connectTimeoutMilliseconds,
    requestTimeout: requestTimeoutMilliseconds,
    throwOnRequestTimeout: true,
    // The request's own timer ends with the head of the answer.
    socketTimeout: requestTimeoutMilliseconds,
    logger: SILENT,
  });
}

function tlsOptions(options: S3ConnectionOptions): https.AgentOptions {
  const { verifyTls = true, caFile, clientCertificateFile, clientKeyFile } = options;
  return {
    rejectUnauthorized: verifyTls,
    ...(caFile === undefined ? {} : { ca: readPem('caFile', caFile) }),
    ...(clientCertificateFile === undefined
      ? {}
      : {
          cert: readPem('clientCertificateFile', clientCertificateFile),
          key: readPem('clientKeyFile', clientKeyFile ?? clientCertificateFile),
        }),
  };
}

function readPem(option: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw invalidOption(option, `must be a PEM file that can be read, got ${JSON.stringify(file)}`, error);
  }
}

function proxyVariables({ http: forHttp, https: forHttps, except }: S3Proxies): Record<string, string> {
  if (!knowsProxies())
    throw invalidOption('proxies', `need Node 22.21, 24.5 or newer, this is ${process.versions.node}`);
  return {
    ...(forHttp === undefined ? {} : { HTTP_PROXY: forHttp }),
    ...(forHttps === undefined ? {} : { HTTPS_PROXY: forHttps }),
    ...(except === undefined ? {} : { NO_PROXY: except }),
  };
}

/** Whether this Node's agents do; older ones would silently go without (nodejs.org/api/http.html, "Built-in Proxy Support"). */
export function knowsProxies(version: string = process.versions.node): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21);
}

/** The SDK has no switch for AWS's own endpoints. The scheme is not part of what is signed. */
function withoutTls(client: S3Client): void {
  client.middlewareStack.add(
    (next) => (args) => {
      (args.request as { protocol: string }).protocol = 'http:';
      return next(args);
    },
    { step: 'build', name: 'withoutTls' },
  );
}

function nothing(): void {}
