import type { S3ClientConfig } from '@aws-sdk/client-s3';
import * as fields from './config-values.ts';
import type { S3ConnectionOptions } from './options.ts';

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** What `s3_config` decides, being collected. */
export interface ConfigSettings {
  readonly connection: Writable<S3ConnectionOptions>;
  readonly client: Writable<Partial<S3ClientConfig>>;
  /** Whether `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_S3` are not looked at. */
  ignoresEndpointVariables: boolean;
  readonly warn: (message: string) => void;
}

/** A name of botocore's `Config`, with what it means here, or why it means nothing. */
interface Row {
  readonly field: fields.Field<unknown>;
  readonly apply: (value: unknown, settings: ConfigSettings, name: string) => void;
}

const CHECKSUMS = fields.choice(['when_supported', 'when_required']);

/** botocore's `Config`, all of it (botocore documentation, "Config Reference"). */
const ROWS: Readonly<Record<string, Row>> = {
  connect_timeout: row(fields.positiveSeconds(), (seconds, { connection }) => {
    connection.connectTimeoutMilliseconds = Math.ceil(seconds * 1000);
  }),
  read_timeout: row(fields.positiveSeconds(), (seconds, { connection }) => {
    connection.requestTimeoutMilliseconds = Math.ceil(seconds * 1000);
  }),
  max_pool_connections: row(fields.count(1), (maxConnections, { connection }) => {
    connection.maxConnections = maxConnections;
  }),
  region_name: row(fields.text('the name of a region'), (region, { connection }) => {
    connection.region ??= region;
  }),
  retries: row(
    fields.mapping(
      {
        max_attempts: fields.count(0),
        total_max_attempts: fields.count(1),
        mode: fields.choice(['legacy', 'standard', 'adaptive']),
      },
      "botocore's retries",
    ),
    ({ max_attempts: retries, total_max_attempts: attempts, mode }, { connection, client }) => {
      if (retries !== undefined) connection.maxAttempts = retries + 1;
      if (attempts !== undefined) connection.maxAttempts = attempts;
      if (mode !== undefined) client.retryMode = mode === 'adaptive' ? 'adaptive' : 'standard';
    },
  ),
  proxies: row(
    fields.mapping({ http: fields.secret('a URL'), https: fields.secret('a URL') }, "botocore's proxies"),
    ({ http, https }, { connection }) => {
      connection.proxies = {
        ...(http === undefined ? {} : { http }),
        ...(https === undefined ? {} : { https }),
      };
    },
  ),
  client_cert: row(fields.paths(), ([certificate, key], { connection }) => {
    connection.clientCertificateFile = certificate;
    if (key !== undefined) connection.clientKeyFile = key;
  }),
  s3: row(
    fields.mapping(
      {
        addressing_style: fields.choice(['auto', 'virtual', 'path']),
        use_accelerate_endpoint: fields.flag(),
        use_dualstack_endpoint: fields.flag(),
        use_arn_region: fields.flag(),
        payload_signing_enabled: fields.flag(),
        us_east_1_regional_endpoint: fields.choice(['regional', 'legacy']),
      },
      "botocore's s3 settings",
    ),
    (s3, { connection, client, warn }) => {
      if (s3.addressing_style === 'path') connection.forcePathStyle = true;
      if (s3.addressing_style === 'virtual') connection.forcePathStyle = false;
      if (s3.use_accelerate_endpoint !== undefined) client.useAccelerateEndpoint = s3.use_accelerate_endpoint;
      if (s3.use_dualstack_endpoint !== undefined) client.useDualstackEndpoint = s3.use_dualstack_endpoint;
      if (s3.use_arn_region !== undefined) client.useArnRegion = s3.use_arn_region;
      if (s3.payload_signing_enabled === false)
        warn('s3_config.s3.payload_signing_enabled: has no effect: what is sent is always signed');
      if (s3.us_east_1_regional_endpoint === 'legacy')
        warn('s3_config.s3.us_east_1_regional_endpoint: has no effect: the regional endpoint is always used');
    },
  ),
  signature_version: row(fields.text('the name of a signature version'), (version, { warn }) => {
    if (!/^(s3)?v4$/.test(version))
      warn('s3_config.signature_version: has no effect: requests are always signed by version 4');
  }),
  user_agent_extra: row(fields.text('a string'), (extra, { client }) => {
    client.customUserAgent = extra;
  }),
  user_agent_appid: row(fields.text('a string'), (id, { client }) => {
    client.userAgentAppId = id;
  }),
  use_dualstack_endpoint: row(fields.flag(), (isUsed, { client }) => {
    client.useDualstackEndpoint = isUsed;
  }),
  use_fips_endpoint: row(fields.flag(), (isUsed, { client }) => {
    client.useFipsEndpoint = isUsed;
  }),
  request_checksum_calculation: row(CHECKSUMS, (when, { client }) => {
    client.requestChecksumCalculation = when === 'when_supported' ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED';
  }),
  response_checksum_validation: row(CHECKSUMS, (when, { client }) => {
    client.responseChecksumValidation = when === 'when_supported' ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED';
  }),
  ignore_configured_endpoint_urls: row(fields.flag(), (isIgnored, settings) => {
    settings.ignoresEndpointVariables = isIgnored;
  }),
  account_id_endpoint_mode: without('S3 has no endpoints by account'),
  auth_scheme_preference: without('requests are always signed by version 4'),
  client_context_params: without('they are for other services'),
  defaults_mode: without('times and retries have defaults of their own'),
  disable_request_compression: without('requests are never compressed'),
  endpoint_discovery_enabled: without('S3 has no endpoint discovery'),
  inject_host_prefix: without('the operations used have no host prefix'),
  parameter_validation: without('parameters are always checked'),
  proxies_config: without(
    "HTTPS goes through the proxy's tunnel, and Node's own authorities vouch for the proxy",
  ),
  request_min_compression_size_bytes: without('requests are never compressed'),
  sigv4a_signing_region_set: without('requests are signed for one region'),
  tcp_keepalive: without('connections are always kept alive'),
  user_agent: without('the client names itself; user_agent_extra adds to that'),
};

/** The field `s3_config` of the schema. */
export const botocoreConfig: fields.Field<Readonly<Record<string, unknown>>> = fields.mapping(
  Object.fromEntries(Object.entries(ROWS).map(([name, { field }]) => [name, field])),
  "botocore's Config",
);

/** Puts what `s3_config` says into `settings`, and warns of what says nothing here. */
export function applyBotocoreConfig(
  config: Readonly<Record<string, unknown>>,
  settings: ConfigSettings,
): void {
  for (const [name, value] of Object.entries(config)) {
    if (value !== undefined) ROWS[name]?.apply(value, settings, name);
  }
}

function row<T>(field: fields.Field<T>, apply: (value: T, settings: ConfigSettings) => void): Row {
  return { field, apply: (value, settings) => apply(value as T, settings) };
}

function without(reason: string): Row {
  return {
    field: fields.anything(),
    apply: (_value, { warn }, name) => warn(`s3_config.${name}: has no effect: ${reason}`),
  };
}
