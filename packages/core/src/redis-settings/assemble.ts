import type { Collected } from './collect.ts';
import type { Given, Name } from './names.ts';
import type {
  RedisCommonSettings,
  RedisGoogleIamSettings,
  RedisSettings,
  RedisTlsSettings,
} from './settings.ts';
import { namesOfOthers, NAMES_OF_SHAPE, shapeOf, type Shape } from './shapes.ts';

const NO_ADDRESS = [
  'there is no address of a Redis; write one of',
  '  host: 127.0.0.1',
  '  url: redis://127.0.0.1:6379/0',
  '  redis_startup_nodes: [{ host: 127.0.0.1, port: 7001 }]',
  '(or sentinel_nodes with service_name), or set REDIS_HOST or REDIS_URL',
].join('\n');

/** Makes settings of what was said. Undefined, with the problems noted, where they contradict each other or lack an address. */
export function assemble(collected: Collected): RedisSettings | undefined {
  const { given } = collected;
  const shape = shapeOf(given);
  if (shape === undefined) {
    // What was noticed on the way may be why: REDIS_HSOT is not known.
    collected.problems.push({ message: [NO_ADDRESS, ...collected.warnings].join('\n') });
    return undefined;
  }
  warnAboutOtherShapes(shape, collected);
  const common = commonSettings(given, shape, collected);
  switch (shape) {
    case 'url':
      return { mode: 'standalone', ...placeOf(given), ...database(given), ...common };
    case 'host':
      return { mode: 'standalone', ...hostOf(given), ...database(given), ...common };
    case 'socket':
      return { mode: 'standalone', socketPath: given.unix_socket_path ?? '', ...database(given), ...common };
    case 'cluster':
      return clusterSettings(given, common, collected);
    case 'sentinel':
      return sentinelSettings(given, common, collected);
  }
}

function placeOf({ url }: Given): { host: string; port: number } | { socketPath: string } {
  const place = url?.place ?? { socketPath: '' };
  return 'socketPath' in place ? place : { host: place.host, port: place.port };
}

function hostOf({ host = '', port }: Given): { host: string; port?: number } {
  return { host, ...defined({ port }) };
}

function database({ db }: Given): { database?: number } {
  return defined({ database: db });
}

function clusterSettings(given: Given, common: RedisCommonSettings, collected: Collected): RedisSettings {
  const { startup_nodes: nodes = [], read_from_replicas: readFromReplicas } = given;
  if (given.db !== undefined && given.db !== 0) {
    const label = collected.labelOf('db');
    if (collected.isFromEnvironment('db'))
      collected.warnings.push(`${label} has no effect: a Cluster has database 0 only`);
    else collected.problem(label, 'must be 0: a Cluster has no other database');
  }
  return { mode: 'cluster', nodes, ...defined({ readFromReplicas }), ...common };
}

function sentinelSettings(given: Given, common: RedisCommonSettings, collected: Collected): RedisSettings {
  const { sentinel_nodes: sentinels = [], service_name: serviceName = '' } = given;
  if (serviceName === '') {
    collected.problem(
      'service_name',
      'is missing: the name the sentinels know the master by, such as mymaster',
    );
  }
  return {
    mode: 'sentinel',
    sentinels,
    serviceName,
    ...defined({ sentinelUsername: given.sentinel_username, sentinelPassword: given.sentinel_password }),
    ...database(given),
    ...common,
  };
}

function commonSettings(given: Given, shape: Shape, collected: Collected): RedisCommonSettings {
  return defined({
    username: given.username,
    ...secretOf(given, collected),
    tls: tlsOf(given, shape, collected),
    socketTimeoutSeconds: given.socket_timeout,
    connectTimeoutSeconds: given.socket_connect_timeout,
    maxConnections: given.max_connections,
    clientName: given.client_name,
    protocol: given.protocol,
  });
}

function secretOf(
  given: Given,
  collected: Collected,
): { password?: string | undefined; googleIam?: RedisGoogleIamSettings } {
  const { password, gcp_service_account: serviceAccount, gcp_iam_endpoint: endpoint } = given;
  if (serviceAccount === undefined) {
    warnWithoutEffect(['gcp_iam_endpoint', 'gcp_ssl_ca_certs'], 'gcp_service_account is absent', collected);
    return { password };
  }
  warnWithoutEffect(['password'], `${collected.labelOf('gcp_service_account')} is given`, collected);
  return { googleIam: { serviceAccount, ...defined({ endpoint }) } };
}

const TLS_NAMES: readonly Name[] = [
  ...(['ssl_cert_reqs', 'ssl_check_hostname', 'ssl_ca_certs', 'ssl_ca_path', 'ssl_ca_data'] as const),
  ...(['ssl_certfile', 'ssl_keyfile', 'ssl_password', 'ssl_min_version', 'ssl_ciphers'] as const),
];

function tlsOf(given: Given, shape: Shape, collected: Collected): RedisTlsSettings | undefined {
  const place = given.url?.place;
  const byUrl = place !== undefined && 'tls' in place && place.tls;
  const isSocket = shape === 'socket' || (place !== undefined && 'socketPath' in place);
  if (isSocket || !(byUrl || given.ssl === true)) {
    const why = isSocket ? 'a socket of the file system has no TLS' : 'ssl is not on';
    warnWithoutEffect(isSocket && given.ssl === true ? ['ssl', ...TLS_NAMES] : TLS_NAMES, why, collected);
    return undefined;
  }
  if (given.ssl === false) warnWithoutEffect(['ssl'], 'the URL says rediss://', collected);
  return defined({
    verify: given.ssl_cert_reqs,
    checkHostname: given.ssl_check_hostname,
    caFile: caFileOf(given),
    caFolder: given.ssl_ca_path,
    caPem: given.ssl_ca_data,
    certificateFile: given.ssl_certfile,
    keyFile: given.ssl_keyfile,
    keyPassphrase: given.ssl_password,
    minVersion: given.ssl_min_version,
    ciphers: given.ssl_ciphers,
  });
}

/** With Google's IAM its authority's file counts, as with LiteLLM. */
function caFileOf(given: Given): string | undefined {
  const googles = given.gcp_service_account === undefined ? undefined : given.gcp_ssl_ca_certs;
  return googles ?? given.ssl_ca_certs;
}

function warnAboutOtherShapes(shape: Shape, collected: Collected): void {
  const address = NAMES_OF_SHAPE[shape][0];
  warnWithoutEffect(namesOfOthers(shape), `${collected.labelOf(address)} is given`, collected);
}

function warnWithoutEffect(names: readonly Name[], why: string, collected: Collected): void {
  for (const name of names.filter((each) => collected.has(each))) {
    collected.warnings.push(`${collected.labelOf(name)} has no effect: ${why}`);
  }
}

/** Leaves out what is undefined: absent and undefined are not the same for optional members. */
function defined<Members extends object>(
  members: Members,
): { [Name in keyof Members]?: Exclude<Members[Name], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}
