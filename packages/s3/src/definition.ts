import { defineBackend, type BackendContext, type BackendDefinition } from '@cache/core';
import type * as z from 'zod/mini';
import { applyBotocoreConfig, botocoreConfig, type ConfigSettings } from './botocore-config.ts';
import {
  AMAZON_BUCKET_NAME,
  ANY_BUCKET_NAME,
  isAmazonBucketName,
  isAmazonEndpoint,
  isBucketName,
} from './bucket-name.ts';
import { invalidOption } from './check-options.ts';
import { knowsProxies } from './client.ts';
import * as fields from './config-values.ts';
import {
  chainFromEnvironment,
  connectionFromEnvironment,
  endpointFromEnvironment,
  unheededVariables,
} from './environment.ts';
import type { S3BackendOptions, S3ConnectionOptions, S3Credentials } from './options.ts';
import { s3Backend } from './s3.ts';

const API_VERSION = '2006-03-01';

/** `cache_params` of `type: s3`, checked: LiteLLM's names, and `s3_create_bucket`. */
export interface S3Params {
  readonly s3_bucket_name: string;
  readonly s3_region_name?: string | undefined;
  readonly s3_endpoint_url?: string | undefined;
  readonly s3_use_ssl?: boolean | undefined;
  /** False: take any certificate. A string: the PEM file of the authorities to trust. */
  readonly s3_verify?: boolean | string | undefined;
  readonly s3_aws_access_key_id?: string | undefined;
  readonly s3_aws_secret_access_key?: string | undefined;
  readonly s3_aws_session_token?: string | undefined;
  readonly s3_path?: string | undefined;
  readonly s3_api_version?: string | undefined;
  /** The arguments of botocore's `Config`. */
  readonly s3_config?: Readonly<Record<string, unknown>> | undefined;
  readonly s3_create_bucket?: boolean | undefined;
}

const members: z.ZodMiniType<S3Params> = fields.section(
  {
    s3_bucket_name: fields.requiredText(ANY_BUCKET_NAME, isBucketName),
    s3_region_name: fields.text('the name of a region'),
    s3_endpoint_url: fields.url(),
    s3_use_ssl: fields.flag(),
    s3_verify: fields.flagOrPath(),
    s3_aws_access_key_id: fields.secret('a string'),
    s3_aws_secret_access_key: fields.secret('a string'),
    s3_aws_session_token: fields.secret('a string'),
    s3_path: fields.text('a string'),
    s3_api_version: fields.text('a date'),
    s3_config: botocoreConfig,
    // Ours.
    s3_create_bucket: fields.flag(),
  },
  'the s3 settings',
);

/** `type: s3` of a config.yaml. */
export const definition: BackendDefinition<S3Params> = defineBackend({
  type: 's3',
  options: members,
  create: (params, context) => s3Backend(optionsFrom(params, context)),
});

/**
 * What stands in the file wins over the environment.
 * @throws CacheError `CACHE_INVALID_OPTION` where two members do not fit together.
 */
export function optionsFrom(
  params: S3Params,
  { clock, environment = {}, warn }: BackendContext,
): S3BackendOptions {
  const settings: ConfigSettings = {
    connection: connectionFromParams(params),
    client: {},
    ignoresEndpointVariables: false,
    warn,
  };
  applyBotocoreConfig(params.s3_config ?? {}, settings);
  const endpoint = settings.ignoresEndpointVariables ? undefined : endpointFromEnvironment(environment);
  const connection = {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...connectionFromEnvironment(environment),
    ...settings.connection,
  };
  if (connection.proxies !== undefined && params.s3_config?.['proxies'] === undefined && !knowsProxies()) {
    warn('HTTP_PROXY and HTTPS_PROXY have no effect: this needs Node 22.21, 24.5 or newer');
    delete connection.proxies;
  }
  const { s3_bucket_name: bucket } = params;
  if (isAmazonEndpoint(connection.endpoint) && !isAmazonBucketName(bucket, connection.region)) {
    const elder = 'an elder name needs s3_region_name: us-east-1, and another server s3_endpoint_url';
    const problem = `must be ${AMAZON_BUCKET_NAME}, got ${JSON.stringify(bucket)}`;
    throw invalidOption('s3_bucket_name', `${problem} (${elder})`);
  }
  for (const note of notesOn(params, connection)) warn(note);
  for (const name of unheededVariables(environment, process.env))
    warn(`${name} of a .env file has no effect: AWS's credential chain reads it from the process only`);
  return {
    ...connection,
    bucket,
    path: params.s3_path ?? '',
    createBucket: params.s3_create_bucket ?? false,
    clock,
    clientOptions: { ...chainFromEnvironment(environment), ...settings.client },
  };
}

function connectionFromParams(params: S3Params): {
  -readonly [Name in keyof S3ConnectionOptions]: S3ConnectionOptions[Name];
} {
  const { s3_region_name: region, s3_endpoint_url: endpoint, s3_use_ssl: useTls, s3_verify: verify } = params;
  const credentials = credentialsFromParams(params);
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(useTls === undefined ? {} : { useTls }),
    ...(typeof verify === 'boolean' ? { verifyTls: verify } : {}),
    ...(typeof verify === 'string' ? { caFile: verify } : {}),
    ...(credentials === undefined ? {} : { credentials }),
  };
}

function credentialsFromParams(params: S3Params): S3Credentials | undefined {
  const {
    s3_aws_access_key_id: accessKeyId,
    s3_aws_secret_access_key: secretAccessKey,
    s3_aws_session_token: sessionToken,
  } = params;
  if (accessKeyId !== undefined && secretAccessKey !== undefined)
    return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  if (accessKeyId === undefined && secretAccessKey === undefined && sessionToken === undefined)
    return undefined;
  const missing = accessKeyId === undefined ? 's3_aws_access_key_id' : 's3_aws_secret_access_key';
  throw invalidOption(missing, 'is missing beside the other half of the credentials');
}

/** Settings that were understood and change nothing. */
function notesOn(params: S3Params, { endpoint, useTls }: S3ConnectionOptions): string[] {
  const { s3_api_version: version } = params;
  const contradicts = endpoint !== undefined && useTls !== undefined && useTls !== /^https:/i.test(endpoint);
  return [
    ...(version !== undefined && version !== API_VERSION
      ? [`s3_api_version: has no effect: the API of ${API_VERSION} is always spoken`]
      : []),
    ...(contradicts ? [`s3_use_ssl: has no effect: the scheme of the endpoint URL decides`] : []),
  ];
}
