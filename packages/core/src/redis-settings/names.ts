import { nodeList } from './nodes.ts';
import type { RedisNode } from './settings.ts';
import { redisUrl, type UrlAddress } from './url.ts';
import * as read from './values.ts';
import type { Reader } from './values.ts';

/** What a configuration or an environment said, by redis-py's and LiteLLM's names, read but not yet put together. */
export interface Given {
  readonly url?: UrlAddress;
  readonly host?: string;
  readonly port?: number;
  readonly unix_socket_path?: string;
  readonly startup_nodes?: readonly RedisNode[];
  readonly sentinel_nodes?: readonly RedisNode[];
  readonly service_name?: string;
  readonly db?: number;
  readonly username?: string;
  readonly password?: string;
  readonly sentinel_username?: string;
  readonly sentinel_password?: string;
  readonly gcp_service_account?: string;
  readonly gcp_iam_endpoint?: string;
  readonly gcp_ssl_ca_certs?: string;
  readonly ssl?: boolean;
  readonly ssl_cert_reqs?: boolean;
  readonly ssl_check_hostname?: boolean;
  readonly ssl_ca_certs?: string;
  readonly ssl_ca_path?: string;
  readonly ssl_ca_data?: string;
  readonly ssl_certfile?: string;
  readonly ssl_keyfile?: string;
  readonly ssl_password?: string;
  readonly ssl_min_version?: 'TLSv1.2' | 'TLSv1.3';
  readonly ssl_ciphers?: string;
  readonly socket_timeout?: number;
  readonly socket_connect_timeout?: number;
  readonly max_connections?: number;
  readonly client_name?: string;
  readonly protocol?: 2 | 3;
  readonly read_from_replicas?: boolean;
}

export type Name = keyof Given;

/** The one table: every name that means something here, and how its value is read. */
export const READERS: { readonly [Each in Name]-?: Reader<NonNullable<Given[Each]>> } = {
  url: redisUrl,
  host: read.hostName,
  port: read.portNumber,
  unix_socket_path: read.text,
  startup_nodes: nodeList({
    defaultPort: 6379,
    beside: { username: 'username', password: 'password', ssl: 'ssl' },
  }),
  sentinel_nodes: nodeList({
    defaultPort: 26_379,
    beside: { username: 'sentinel_username', password: 'sentinel_password', ssl: 'ssl' },
  }),
  service_name: read.text,
  db: read.databaseNumber,
  username: read.text,
  password: read.text,
  sentinel_username: read.text,
  sentinel_password: read.text,
  gcp_service_account: read.text,
  gcp_iam_endpoint: read.text,
  gcp_ssl_ca_certs: read.text,
  ssl: read.truth,
  ssl_cert_reqs: read.certificateCheck,
  ssl_check_hostname: read.truth,
  ssl_ca_certs: read.text,
  ssl_ca_path: read.text,
  ssl_ca_data: read.text,
  ssl_certfile: read.text,
  ssl_keyfile: read.text,
  ssl_password: read.text,
  ssl_min_version: read.tlsVersion,
  ssl_ciphers: read.text,
  socket_timeout: read.positiveSeconds,
  socket_connect_timeout: read.positiveSeconds,
  max_connections: read.connectionCount,
  client_name: read.text,
  protocol: read.protocolVersion,
  read_from_replicas: read.truth,
};

/** Other spellings of the same: LiteLLM's, and `REDIS_CLUSTER_NODES` as a variable. */
export const ALIASES: Readonly<Record<string, Name>> = {
  redis_url: 'url',
  redis_startup_nodes: 'startup_nodes',
  cluster_nodes: 'startup_nodes',
};

const BYTES = 'values are bytes here, never text of an encoding';
const TRIES = 'an operation that fails is a miss; nothing is tried twice';
const PYTHON = 'it is an object of Python';
const OWN_CLIENT = 'it tunes the inside of the client for Python';
const MAP = 'the map of the cluster is kept by the client, and learned anew whenever it turns out wrong';
const BREAKER = 'the circuit breaker is set by the cache: open after 5 failures in a row, a probe every 10 s';

/** Names of redis-py and LiteLLM without a meaning here, and why. They are no errors: a warning says so. */
export const WITHOUT_MEANING: Readonly<Record<string, string>> = {
  ...same(BYTES, 'encoding encoding_errors charset errors decode_responses'),
  ...same(TRIES, 'retry retry_on_timeout retry_on_error cluster_error_retry_attempts'),
  ...same(
    PYTHON,
    `connection_pool connection_class connection_pool_class queue_class parser_class encoder_class redis_connect_func
    credential_provider ssl_ocsp_context event_dispatcher policy_resolver cluster_response_callbacks load_balancing_strategy
    address_remap command_packer cache cache_config maint_notifications_config oss_cluster_maint_notifications_handler`,
  ),
  ...same(
    OWN_CLIENT,
    'socket_read_size socket_type use_lifo legacy_responses from_url auto_close_connection_pool',
  ),
  ...same(
    MAP,
    'require_full_coverage skip_full_coverage_check dynamic_startup_nodes reinitialize_steps nodes_flag nodemanager_follow_cluster',
  ),
  ...same('TCP keep-alive is always on', 'socket_keepalive socket_keepalive_options'),
  ...same('it says which library is connected', 'lib_name lib_version driver_info'),
  ...same('commands share connections: none waits for one', 'connection_pool_timeout timeout blocking'),
  health_check_interval: 'a connection shows that it is alive by what it answers',
  single_connection_client: 'max_connections: 1 says it',
  redis_flush_size: 'answers are stored as they come; nothing waits in memory to be lost',
  sentinel_kwargs: 'write sentinel_username and sentinel_password',
  min_other_sentinels: 'any sentinel that knows the master is believed',
  force_master_ip: 'the sentinels say where the master is',
};

/** Variables that LiteLLM reads and that are no members of its configuration. */
export const VARIABLES_WITHOUT_MEANING: Readonly<Record<string, string>> = same(
  BREAKER,
  `circuit_breaker_enabled circuit_breaker_failure_threshold circuit_breaker_recovery_timeout
  circuit_breaker_timeout_min_duration`,
);

const UNCHECKED = 'cannot be done here, and leaving a check out silently would be worse';

/** Names whose wish cannot be fulfilled and must not be passed over: somebody relies on it. `false` and absent are fine. */
export const REFUSED: Readonly<Record<string, string>> = {
  ...same(
    UNCHECKED,
    `ssl_validate_ocsp ssl_validate_ocsp_stapled ssl_ocsp_expected_cert ssl_include_verify_flags
    ssl_exclude_verify_flags`,
  ),
  ...same(
    'cannot be done yet: of the clouds only Google (gcp_service_account) is supported',
    'aws_iam_auth aws_iam_user_name aws_iam_cache_name aws_iam_region',
  ),
};

/** What people write for a name of ours, too far from it for a comparison of letters. */
export const MEANT: Readonly<Record<string, Name>> = {
  database: 'db',
  hostname: 'host',
  user: 'username',
  pass: 'password',
  tls: 'ssl',
  uri: 'url',
  nodes: 'startup_nodes',
  sentinels: 'sentinel_nodes',
  master_name: 'service_name',
  socket: 'unix_socket_path',
  ca_certs: 'ssl_ca_certs',
};

function same(reason: string, names: string): Record<string, string> {
  return Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, reason]),
  );
}
