import { describe, expect, it } from '@jest/globals';
import { CacheError } from '../contract/errors.ts';
import { readRedisSettings, redisSettingsOf } from './read.ts';
import type { RedisSettings } from './settings.ts';

type Params = Readonly<Record<string, unknown>>;
type Environment = Readonly<Record<string, string>>;

function settingsOf(params: Params, environment: Environment = {}): RedisSettings {
  return readRedisSettings(params, environment).settings;
}

function warningsOf(params: Params, environment: Environment = {}): readonly string[] {
  return readRedisSettings(params, environment).warnings;
}

function problemsOf(params: Params, environment: Environment = {}): string {
  try {
    readRedisSettings(params, environment);
  } catch (error) {
    if (CacheError.is(error, 'CACHE_INVALID_OPTION')) return error.message;
    throw error;
  }
  throw new Error('expected problems');
}

const NODES = [{ host: 'a', port: '7001' }, ['b', 7002]];
const READ_NODES = [
  { host: 'a', port: 7001 },
  { host: 'b', port: 7002 },
];

describe('the address of a Redis', () => {
  it.each<[string, Params, RedisSettings]>([
    ['host alone', { host: 'cache' }, { mode: 'standalone', host: 'cache' }],
    [
      'host and port, the port a string',
      { host: 'cache', port: '6380' },
      { mode: 'standalone', host: 'cache', port: 6380 },
    ],
    ['an IPv6 address in brackets', { host: '[::1]' }, { mode: 'standalone', host: '::1' }],
    ['host and database', { host: 'h', db: '3' }, { mode: 'standalone', host: 'h', database: 3 }],
    [
      'a socket',
      { unix_socket_path: '/run/redis.sock' },
      { mode: 'standalone', socketPath: '/run/redis.sock' },
    ],
    ['LiteLLM’s redis_startup_nodes', { redis_startup_nodes: NODES }, { mode: 'cluster', nodes: READ_NODES }],
    ['redis-py’s startup_nodes', { startup_nodes: NODES }, { mode: 'cluster', nodes: READ_NODES }],
    ['nodes as JSON', { startup_nodes: JSON.stringify(NODES) }, { mode: 'cluster', nodes: READ_NODES }],
    [
      'sentinels',
      { sentinel_nodes: [['s', 26379], { host: 't' }], service_name: 'mymaster' },
      {
        mode: 'sentinel',
        sentinels: [
          { host: 's', port: 26379 },
          { host: 't', port: 26379 },
        ],
        serviceName: 'mymaster',
      },
    ],
  ])('is told by %s', (_name, params, settings) => {
    expect(readRedisSettings(params, {})).toEqual({ settings, warnings: [] });
  });

  it.each<[string, RedisSettings]>([
    ['redis://cache', { mode: 'standalone', host: 'cache', port: 6379 }],
    ['redis://', { mode: 'standalone', host: 'localhost', port: 6379 }],
    ['redis:///2', { mode: 'standalone', host: 'localhost', port: 6379, database: 2 }],
    ['rediss://cache:6380/1', { mode: 'standalone', host: 'cache', port: 6380, database: 1, tls: {} }],
    [
      'redis://:p%40ss@/0',
      { mode: 'standalone', host: 'localhost', port: 6379, password: 'p@ss', database: 0 },
    ],
    [
      'redis://us%2Fer:p%3Aw@[::1]:7000/3?db=4',
      { mode: 'standalone', host: '::1', port: 7000, username: 'us/er', password: 'p:w', database: 4 },
    ],
    ['unix:///run/redis.sock?db=1', { mode: 'standalone', socketPath: '/run/redis.sock', database: 1 }],
    [
      'unix://u:p@/run/a%20b.sock',
      { mode: 'standalone', socketPath: '/run/a b.sock', username: 'u', password: 'p' },
    ],
    [
      'rediss://h?ssl_cert_reqs=none&socket_timeout=2.5&ssl_check_hostname=False',
      {
        ...{ mode: 'standalone', host: 'h', port: 6379, socketTimeoutSeconds: 2.5 },
        tls: { verify: false, checkHostname: false },
      },
    ],
  ])('is told by the URL %s', (url, settings) => {
    expect(readRedisSettings({ url }, {})).toEqual({ settings, warnings: [] });
    expect(settingsOf({ redis_url: url })).toEqual(settings);
    expect(settingsOf({}, { REDIS_URL: url })).toEqual(settings);
    expect(redisSettingsOf(url)).toEqual(settings);
  });

  it.each([
    'http://h',
    'h:6379',
    'redis://h:99999',
    'redis://a b',
    'unix://folder/x.sock',
    'unix://',
    'redis://%zz@h',
  ])('is not told by %s, and the message keeps the URL to itself', (url) => {
    expect(problemsOf({ url })).toContain('url must be a URL such as redis://host:6379/0');
    expect(problemsOf({ url: url + '?x=hush' })).not.toContain('hush');
  });

  it('an unknown or wrong word in the query of the URL is told by its name', () => {
    expect(problemsOf({ url: 'redis://h?sokcet_timeout=1' })).toBe(
      'redis: url: "sokcet_timeout" in its query is not known; did you mean socket_timeout?',
    );
    expect(problemsOf({}, { REDIS_URL: 'redis://h?socket_timeout=hush' })).toBe(
      'redis: REDIS_URL: "socket_timeout" in its query must be a number of seconds above 0',
    );
    expect(problemsOf({ url: 'redis://h/zero' })).toBe(
      'redis: url (its path) must be a database number of 0 or more',
    );
  });

  it('where nothing tells it, three lines are offered that would', () => {
    for (const params of [{}, { port: 6379, password: 'hush' }, { host: '', url: null, startup_nodes: [] }]) {
      const message = problemsOf(params);
      expect(message).toContain(
        '\n  host: 127.0.0.1\n  url: redis://127.0.0.1:6379/0\n  redis_startup_nodes: ',
      );
      expect(message).not.toContain('hush');
    }
  });

  it('a wrong address is a wrong address, not none', () => {
    expect(problemsOf({ host: 'redis://:hush@h' })).toBe(
      'redis: host must be a host name or an IP address (a URL belongs into "url")',
    );
  });

  it.each<[string, Params, RedisSettings, string[]]>([
    [
      'a URL wins over host, port and database',
      { url: 'redis://u:1', host: 'h', port: 2, db: 3 },
      { mode: 'standalone', host: 'u', port: 1 },
      [
        'db has no effect: url says which database',
        'host has no effect: url is given',
        'port has no effect: url is given',
      ],
    ],
    [
      'a URL wins over nodes, as with LiteLLM',
      { url: 'redis://u', startup_nodes: NODES },
      { mode: 'standalone', host: 'u', port: 6379 },
      ['startup_nodes has no effect: url is given'],
    ],
    [
      'nodes win over a host',
      { host: 'h', redis_startup_nodes: NODES, service_name: 'm' },
      { mode: 'cluster', nodes: READ_NODES },
      [
        'service_name has no effect: redis_startup_nodes is given',
        'host has no effect: redis_startup_nodes is given',
      ],
    ],
  ])('%s', (_name, params, settings, warnings) => {
    expect(readRedisSettings(params, {})).toEqual({ settings, warnings });
  });

  it('sentinels need a name of the master, a Cluster has database 0 only', () => {
    expect(problemsOf({ sentinel_nodes: [['s', 1]] })).toContain('service_name is missing');
    expect(problemsOf({ startup_nodes: NODES, db: 1 })).toBe(
      'redis: db must be 0: a Cluster has no other database',
    );
    expect(warningsOf({ startup_nodes: NODES }, { REDIS_DB: '1' })).toEqual([
      'REDIS_DB has no effect: a Cluster has database 0 only',
    ]);
  });

  it.each<[unknown, string]>([
    ['not json', 'a list of {host, port} or [host, port], as JSON'],
    [{ host: 'a' }, 'a list of {host, port} or [host, port]'],
    [['a:7001'], 'number 1: host must be a host name'],
    [[['a', 1], { host: 'b', port: 'x' }], 'number 2: port must be a port from 1 to 65535'],
  ])('nodes that are none are told: %j', (startup_nodes, expected) => {
    expect(problemsOf({ startup_nodes })).toContain(`startup_nodes must be `);
    expect(problemsOf({ startup_nodes })).toContain(expected);
  });

  it('every wrong node is told', () => {
    const startup_nodes = [{ port: 0 }, { host: 'b' }, ['c:1', 2], { host: 'd', prot: 1 }];
    expect(problemsOf({ startup_nodes }).split('; ').slice(1)).toEqual([
      'number 1: host must be a host name or an IP address (a URL belongs into "url"), port must be a port from 1 to 65535',
      'number 3: host must be a host name or an IP address (a URL belongs into "url")',
      'number 4: prot is no member of a node',
      'did you mean port?',
    ]);
  });

  it.each<[Params, string]>([
    [
      { redis_startup_nodes: [{ host: 'a', port: 1, password: 'hush' }] },
      'number 1: password is not told node by node: write password beside the list, or set REDIS_PASSWORD',
    ],
    [
      { startup_nodes: JSON.stringify([{ host: 'a' }, { host: 'b', username: 'hush', ssl: true }]) },
      'number 2: username is not told node by node: write username beside the list, or set REDIS_USERNAME, ssl is ',
    ],
    [
      { sentinel_nodes: [{ host: 's', password: 'hush' }], service_name: 'm' },
      'number 1: password is not told node by node: write sentinel_password beside the list, or set REDIS_SENTINEL_PASSWORD',
    ],
    [
      { sentinel_nodes: [['s', 26379, 'hush']], service_name: 'm' },
      'number 1: its member 3 is no member of a node',
    ],
    [{ startup_nodes: [{ host: 'a', server_type: 'hush' }] }, 'number 1: server_type is no member of a node'],
  ])('what a node cannot say is refused, and never shown: %j', (params, expected) => {
    expect(problemsOf(params)).toContain(expected);
    expect(problemsOf(params)).not.toContain('hush');
  });

  it('a node may have members that say nothing', () => {
    const startup_nodes = [{ host: 'a', port: null, password: null, ssl: 'None' }];
    expect(settingsOf({ startup_nodes })).toEqual({ mode: 'cluster', nodes: [{ host: 'a', port: 6379 }] });
  });
});

describe('what else is said of a Redis', () => {
  it('reaches the settings under names with units', () => {
    expect(
      settingsOf({
        ...{
          host: 'h',
          username: 'u',
          password: 12345,
          client_name: 'proxy',
          protocol: '2',
          max_connections: '8',
        },
        ...{ socket_timeout: '0.5', socket_connect_timeout: 2 },
      }),
    ).toEqual({
      ...{
        mode: 'standalone',
        host: 'h',
        username: 'u',
        password: '12345',
        clientName: 'proxy',
        protocol: 2,
      },
      ...{ maxConnections: 8, socketTimeoutSeconds: 0.5, connectTimeoutSeconds: 2 },
    });
  });

  it('TLS: every name of it', () => {
    expect(
      settingsOf({
        ...{ host: 'h', ssl: 'True', ssl_cert_reqs: 'required', ssl_check_hostname: 'False' },
        ...{ ssl_ca_certs: 'ca.pem', ssl_ca_path: '/cas', ssl_ca_data: 'PEM', ssl_certfile: 'c.pem' },
        ...{
          ssl_keyfile: 'k.pem',
          ssl_password: 'pw',
          ssl_min_version: 'TLSVersion.TLSv1_3',
          ssl_ciphers: 'X',
        },
      }),
    ).toEqual({
      ...{ mode: 'standalone', host: 'h' },
      tls: {
        ...{ verify: true, checkHostname: false, caFile: 'ca.pem', caFolder: '/cas', caPem: 'PEM' },
        ...{
          certificateFile: 'c.pem',
          keyFile: 'k.pem',
          keyPassphrase: 'pw',
          minVersion: 'TLSv1.3',
          ciphers: 'X',
        },
      },
    });
  });

  it.each<[unknown, boolean | undefined]>([
    [null, false],
    ['None', false],
    ['none', false],
    ['CERT_NONE', false],
    ['ssl.CERT_NONE', false],
    ['VerifyMode.CERT_NONE', false],
    [0, false],
    [false, false],
    ['required', true],
    ['CERT_OPTIONAL', true],
    [2, true],
    ['', undefined],
    [undefined, undefined],
  ])('ssl_cert_reqs: %j checks certificates: %j', (ssl_cert_reqs, verify) => {
    const tls = verify === undefined ? {} : { verify };
    expect(settingsOf({ host: 'h', ssl: true, ssl_cert_reqs })).toEqual({
      mode: 'standalone',
      host: 'h',
      tls,
    });
    if (typeof ssl_cert_reqs === 'string') {
      const environment = { REDIS_SSL: 'True', REDIS_SSL_CERT_REQS: ssl_cert_reqs };
      expect(settingsOf({ host: 'h' }, environment)).toEqual({ mode: 'standalone', host: 'h', tls });
    }
  });

  it('an ssl_cert_reqs that is no word of Python’s is refused: it never means "off"', () => {
    for (const ssl_cert_reqs of ['nothing', 3, [], {}]) {
      expect(problemsOf({ host: 'h', ssl: true, ssl_cert_reqs })).toBe(
        'redis: ssl_cert_reqs must be required, optional or none',
      );
    }
  });

  it('names of TLS without TLS are warned of', () => {
    expect(readRedisSettings({ host: 'h', ssl: false, ssl_ca_certs: 'ca.pem' }, {})).toEqual({
      settings: { mode: 'standalone', host: 'h' },
      warnings: ['ssl_ca_certs has no effect: ssl is not on'],
    });
    expect(warningsOf({ unix_socket_path: '/s', ssl: true })).toEqual([
      'ssl has no effect: a socket of the file system has no TLS',
    ]);
    expect(readRedisSettings({ url: 'rediss://h', ssl: false }, {})).toEqual({
      settings: { mode: 'standalone', host: 'h', port: 6379, tls: {} },
      warnings: ['ssl has no effect: the URL says rediss://'],
    });
    expect(settingsOf({ url: 'redis://h', ssl: true })).toMatchObject({ tls: {} });
  });

  it('Google’s IAM: the account instead of a password, its authority where TLS is on', () => {
    const params = {
      host: 'h',
      gcp_service_account: 'a@p.iam.gserviceaccount.com',
      gcp_ssl_ca_certs: 'g.pem',
    };
    expect(settingsOf({ ...params, ssl: true, ssl_ca_certs: 'other.pem' })).toEqual({
      ...{ mode: 'standalone', host: 'h', tls: { caFile: 'g.pem' } },
      googleIam: { serviceAccount: 'a@p.iam.gserviceaccount.com' },
    });
    expect(
      readRedisSettings({ ...params, ssl: true, gcp_iam_endpoint: 'https://e' }, { REDIS_PASSWORD: 'hush' }),
    ).toEqual({
      settings: expect.objectContaining({
        googleIam: { serviceAccount: 'a@p.iam.gserviceaccount.com', endpoint: 'https://e' },
      }),
      warnings: ['REDIS_PASSWORD has no effect: gcp_service_account is given'],
    });
  });

  it('the password of the sentinels is theirs; whose else is the connection’s business', () => {
    expect(
      settingsOf({ sentinel_nodes: '[["s", 26379]]', service_name: 'm', sentinel_password: 'p', db: 2 }),
    ).toEqual({
      ...{ mode: 'sentinel', sentinels: [{ host: 's', port: 26379 }], serviceName: 'm' },
      ...{ sentinelPassword: 'p', database: 2 },
    });
  });

  it.each<[string, unknown, string]>([
    ['port', 'abc', 'a port from 1 to 65535'],
    ['host', 'h:6379', 'a host name or an IP address (a URL belongs into "url")'],
    ['port', 70000, 'a port from 1 to 65535'],
    ['port', 1.5, 'a port from 1 to 65535'],
    ['db', -1, 'a database number of 0 or more'],
    ['ssl', 'maybe', 'true or false'],
    ['socket_timeout', 0, 'a number of seconds above 0'],
    ['socket_timeout', '5s', 'a number of seconds above 0'],
    ['max_connections', 0, 'a whole number of 1 or more'],
    ['protocol', 4, '2 or 3'],
    ['password', ['hush'], 'a text'],
    ['ssl_min_version', 'SSLv3', 'TLSv1.2 or TLSv1.3'],
  ])('%s: %j is refused', (name, value, expected) => {
    const host = name === 'host' ? {} : { host: 'h' };
    expect(problemsOf({ ...host, [name]: value })).toBe(`redis: ${name} must be ${expected}`);
    if (typeof value === 'string') {
      const variable = `REDIS_${name.toUpperCase()}`;
      expect(problemsOf(host, { [variable]: value })).toBe(`redis: ${variable} must be ${expected}`);
    }
  });

  it('all problems are told at once', () => {
    expect(problemsOf({}, { REDIS_HSOT: 'hush' })).toMatch(
      /REDIS_HSOT is not known; did you mean REDIS_HOST\?$/,
    );
    const message = problemsOf({ hots: 'h', port: 'x', max_connections: -1 }, { REDIS_SSL: 'perhaps' });
    expect(message).toBe(
      'redis: hots is not known; did you mean host?; port must be a port from 1 to 65535; ' +
        'max_connections must be a whole number of 1 or more; REDIS_SSL must be true or false',
    );
  });
});

describe('names without a meaning here', () => {
  it('are warned of with the reason, in a configuration and in the environment', () => {
    expect(
      warningsOf(
        { host: 'h', decode_responses: true, redis_flush_size: 100, retry_on_timeout: false },
        { REDIS_CONNECTION_POOL_TIMEOUT: '5', REDIS_CIRCUIT_BREAKER_ENABLED: 'True', REDIS_LIB_NAME: '' },
      ),
    ).toEqual([
      'decode_responses has no effect: values are bytes here, never text of an encoding',
      'redis_flush_size has no effect: answers are stored as they come; nothing waits in memory to be lost',
      'REDIS_CONNECTION_POOL_TIMEOUT has no effect: commands share connections: none waits for one',
      expect.stringContaining('REDIS_CIRCUIT_BREAKER_ENABLED has no effect: the circuit breaker'),
    ]);
  });

  it('a check of certificates that cannot be made is refused, not passed over', () => {
    expect(problemsOf({ host: 'h', ssl: true, ssl_validate_ocsp: 'True' })).toContain(
      'ssl_validate_ocsp cannot be done',
    );
    expect(problemsOf({ host: 'h', aws_iam_auth: true })).toContain('aws_iam_auth cannot be done yet');
    expect(warningsOf({ host: 'h', ssl_validate_ocsp: false, aws_iam_auth: 'False' })).toEqual([]);
  });

  it.each([
    ['hots', 'host'],
    ['pasword', 'password'],
    ['Host', 'host'],
    ['database', 'db'],
    ['tls', 'ssl'],
    ['redis_startup_node', 'redis_startup_nodes'],
    ['sentinels', 'sentinel_nodes'],
  ])('an unknown member is an error with the nearest: %s', (name, nearest) => {
    expect(problemsOf({ host: 'h', [name]: 'x' })).toBe(
      `redis: ${name} is not known; did you mean ${nearest}?`,
    );
  });

  it('an unknown member near to none is an error all the same', () => {
    expect(problemsOf({ host: 'h', frobnication_level: 1 })).toBe('redis: frobnication_level is not known');
    expect(problemsOf({ host: 'h', constructor: 1, toString: 1 })).toContain('toString is not known');
  });
});

describe('the environment', () => {
  it('speaks by the same names', () => {
    expect(
      settingsOf(
        {},
        {
          ...{ REDIS_HOST: 'h', REDIS_PORT: '6380', REDIS_USERNAME: 'u', REDIS_PASSWORD: 'p', REDIS_DB: '2' },
          ...{ REDIS_SSL: 'True', REDIS_SSL_CHECK_HOSTNAME: 'False', REDIS_SSL_CA_CERTS: 'ca.pem' },
          ...{ REDIS_MAX_CONNECTIONS: '3', REDIS_SOCKET_TIMEOUT: '0.1', PATH: '/bin' },
        },
      ),
    ).toEqual({
      ...{ mode: 'standalone', host: 'h', port: 6380, username: 'u', password: 'p', database: 2 },
      ...{ tls: { checkHostname: false, caFile: 'ca.pem' }, maxConnections: 3, socketTimeoutSeconds: 0.1 },
    });
  });

  it('has LiteLLM’s lists of nodes', () => {
    expect(settingsOf({}, { REDIS_CLUSTER_NODES: '[{"host": "a", "port": "7001"}]' })).toEqual({
      mode: 'cluster',
      nodes: [{ host: 'a', port: 7001 }],
    });
    expect(
      settingsOf(
        {},
        {
          ...{
            REDIS_SENTINEL_NODES: '[["s", 26379]]',
            REDIS_SERVICE_NAME: 'm',
            REDIS_SENTINEL_PASSWORD: 'p',
          },
          ...{ REDIS_GCP_SERVICE_ACCOUNT: 'a@p' },
        },
      ),
    ).toEqual({
      ...{
        mode: 'sentinel',
        sentinels: [{ host: 's', port: 26379 }],
        serviceName: 'm',
        sentinelPassword: 'p',
      },
      googleIam: { serviceAccount: 'a@p' },
    });
  });

  it('loses against the configuration, name by name', () => {
    const environment = { REDIS_HOST: 'other', REDIS_PORT: '6380', REDIS_PASSWORD: 'p' };
    expect(settingsOf({ host: 'h' }, environment)).toEqual({
      ...{ mode: 'standalone', host: 'h', port: 6380, password: 'p' },
    });
  });

  it('is silent about addresses of another kind than the configuration’s, right or wrong', () => {
    const environment = {
      ...{
        REDIS_URL: 'nonsense',
        REDIS_HOST: 'other',
        REDIS_PORT: '1',
        REDIS_CLUSTER_NODES: '[{"host": "x"}]',
      },
      ...{ REDIS_SENTINEL_NODES: '[["s"]]', REDIS_SERVICE_NAME: 'm', REDIS_SENTINEL_PASSWORD: 'p' },
    };
    expect(readRedisSettings({ startup_nodes: NODES }, { ...environment, REDIS_CLUSTER_NODES: '' })).toEqual({
      settings: { mode: 'cluster', nodes: READ_NODES },
      warnings: [],
    });
    expect(readRedisSettings({ host: 'h', port: 2 }, environment)).toEqual({
      settings: { mode: 'standalone', host: 'h', port: 2 },
      warnings: [],
    });
    expect(settingsOf({ unix_socket_path: '/s' }, environment)).toEqual({
      mode: 'standalone',
      socketPath: '/s',
    });
  });

  it('of two addresses in it one wins, and the other is warned of', () => {
    expect(readRedisSettings({}, { REDIS_URL: 'redis://u', REDIS_HOST: 'h' })).toEqual({
      settings: { mode: 'standalone', host: 'u', port: 6379 },
      warnings: ['REDIS_HOST has no effect: REDIS_URL is given'],
    });
  });

  it('an empty variable, or None, says nothing', () => {
    expect(settingsOf({ host: 'h' }, { REDIS_URL: '', REDIS_PASSWORD: ' ', REDIS_USERNAME: 'None' })).toEqual(
      {
        mode: 'standalone',
        host: 'h',
      },
    );
  });

  it('what Kubernetes sets for a service called redis is no port', () => {
    const environment = {
      ...{ REDIS_PORT: 'tcp://10.0.0.1:6379', REDIS_SERVICE_HOST: '10.0.0.1', REDIS_SERVICE_PORT: '6379' },
      ...{
        REDIS_PORT_6379_TCP: 'tcp://10.0.0.1:6379',
        REDIS_PORT_6379_TCP_PORT: '6379',
        REDIS_MASTER_SERVICE_HOST: 'x',
      },
    };
    expect(readRedisSettings({ host: 'h' }, environment)).toEqual({
      settings: { mode: 'standalone', host: 'h' },
      warnings: ['REDIS_PORT is not read: Kubernetes sets it for a service called redis'],
    });
  });

  it('an unknown variable near to one of ours is warned of; other software’s are not', () => {
    expect(
      warningsOf(
        { host: 'h' },
        {
          REDIS_PASWORD: 'hush',
          REDIS_DATABASE: '1',
          REDIS_CLUSTER_NODE: '[]x',
          REDIS_TLS: '1',
          REDIS_SOKCET_TIMEOUT: '1',
        },
      ),
    ).toEqual([
      'REDIS_PASWORD is not known; did you mean REDIS_PASSWORD?',
      'REDIS_DATABASE is not known; did you mean REDIS_DB?',
      'REDIS_CLUSTER_NODE is not known; did you mean REDIS_CLUSTER_NODES?',
      'REDIS_TLS is not known; did you mean REDIS_SSL?',
      'REDIS_SOKCET_TIMEOUT is not known; did you mean REDIS_SOCKET_TIMEOUT?',
    ]);
    expect(
      warningsOf(
        { host: 'h' },
        {
          ...{
            REDIS_MASTER_HOST: 'x',
            REDIS_MASTER_PASSWORD: 'x',
            REDIS_REPLICATION_MODE: 'x',
            REDIS_DATA_DIR: 'x',
          },
          ...{
            REDIS_VERSION: '7',
            REDIS_DOWNLOAD_URL: 'x',
            REDIS_EXPORTER_ARGS: 'x',
            REDIS_AOF_ENABLED: 'no',
          },
          ...{ REDIS_DAILY_SPEND_UPDATE_BUFFER_KEY: 'x' },
        },
      ),
    ).toEqual([]);
  });
});

it('gives its problems one by one as well, each with the member or variable it is about', () => {
  const partsOf = (params: Params, environment: Environment = {}): unknown[] => {
    try {
      readRedisSettings(params, environment);
    } catch (error) {
      const { errors } = (error as CacheError).cause as AggregateError;
      return errors.map(({ param, message }: CacheError) => [param, message]);
    }
    return [];
  };
  expect(partsOf({ hots: 'h', url: 'redis://h/x?socket_timeout=-1' }, { REDIS_SSL: 'perhaps' })).toEqual([
    ['hots', 'redis: hots is not known; did you mean host?'],
    ['REDIS_SSL', 'redis: REDIS_SSL must be true or false'],
    ['url', 'redis: url (its path) must be a database number of 0 or more'],
    ['url', 'redis: url: "socket_timeout" in its query must be a number of seconds above 0'],
  ]);
  expect(partsOf({})).toEqual([[undefined, expect.stringContaining('there is no address of a Redis')]]);
});
