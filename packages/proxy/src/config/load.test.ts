import { describe, expect, it } from '@jest/globals';
import { loadConfig, type LoadConfigOptions, type LoadedConfig } from './load.ts';
import { formatProblem } from './problem.ts';
import type { CacheConfig, ConfiguredDeployment, ProxyConfig } from './types.ts';

const fileSystemOf = (files: Record<string, string>): { readText(path: string): string | undefined } => ({
  readText: (path) => files[path],
});

function load(text: string, options: Partial<LoadConfigOptions> = {}): LoadedConfig {
  return loadConfig({
    text,
    environment: {},
    workingDirectory: '/app',
    fileSystem: fileSystemOf({}),
    ...options,
  });
}

const configOf = (text: string, environment = {}): ProxyConfig => load(text, { environment }).config;
const warningsOf = (text: string, environment = {}): string[] =>
  load(text, { environment }).warnings.map(formatProblem);

function cacheOf(params: string, environment = {}): CacheConfig {
  return configOf(`litellm_settings:\n  cache: true\n  cache_params: {${params}}\n`, environment).cache;
}

function onlyDeployment(params: string, environment = {}): ConfiguredDeployment {
  const { deployments } = configOf(`model_list: [{model_name: m, litellm_params: {${params}}}]`, environment);
  expect(deployments).toHaveLength(1);
  return deployments[0] as ConfiguredDeployment;
}

describe('an empty file', () => {
  it('sends everything to OpenAI and caches nothing', () => {
    const config = configOf('', { OPENAI_API_KEY: 'sk-openai' });
    expect(config.deployments).toMatchObject([
      {
        modelName: '*',
        upstreamModel: '*',
        provider: 'openai',
        apiBase: 'https://api.openai.com/v1',
        apiKey: 'sk-openai',
        timeoutMilliseconds: 600_000,
      },
    ]);
    expect(config.cache).toMatchObject({
      enabled: false,
      type: 'local',
      mode: 'default_on',
      scope: 'key',
      ignoredParams: [],
      maxEntryBytes: 1_048_576,
    });
    expect(config.authentication).toEqual({ userApiKeyCacheTtlSeconds: 60 });
    expect(config.verbose).toBe(false);
  });

  it('is the same as one of empty sections', () => {
    const text =
      'model_list: []\nlitellm_settings:\ngeneral_settings: {}\nrouter_settings:\nenvironment_variables:\n';
    const { litellmSettings: _, ...rest } = configOf(text);
    expect(configOf('')).toMatchObject(rest);
  });

  it('warns that OpenAI will want a key', () => {
    expect(warningsOf('')).toEqual([expect.stringContaining('OPENAI_API_KEY is not set')]);
    expect(warningsOf('', { OPENAI_API_KEY: 'sk-x' })).toEqual([]);
    expect(warningsOf('', { OPENAI_BASE_URL: 'http://127.0.0.1:8080/v1' })).toEqual([]);
  });

  it('is frozen all through', () => {
    const config = configOf('model_list: [{model_name: m, litellm_params: {model: m, stop: [a]}}]');
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.deployments[0]?.defaultParams['stop'])).toBe(true);
  });
});

describe("the configurations of LiteLLM's caching page", () => {
  it('two models and "cache: True": local without a Redis address', () => {
    const text = `
model_list:
  - model_name: gpt-3.5-turbo
    litellm_params:
      model: gpt-3.5-turbo
  - model_name: text-embedding-ada-002
    litellm_params:
      model: text-embedding-ada-002
litellm_settings:
  set_verbose: True
  cache: True
`;
    const config = configOf(text, { OPENAI_API_KEY: 'sk-x' });
    expect(config.deployments.map((deployment) => deployment.upstreamModel)).toEqual([
      'gpt-3.5-turbo',
      'text-embedding-ada-002',
    ]);
    expect(config.cache).toMatchObject({ enabled: true, type: 'local', typeSource: 'default' });
    expect(config.verbose).toBe(true);
  });

  it('the same with REDIS_HOST in the environment: redis', () => {
    const text = 'litellm_settings: {cache: True}';
    for (const name of ['REDIS_HOST', 'REDIS_URL', 'REDIS_CLUSTER_NODES', 'REDIS_SENTINEL_NODES']) {
      expect(configOf(text, { [name]: 'somewhere' }).cache).toMatchObject({
        type: 'redis',
        typeSource: 'redis address',
      });
    }
    expect(configOf(text, { REDIS_URL: '' }).cache.type).toBe('local');
  });

  it('namespace and ttl on redis', () => {
    expect(cacheOf('type: redis, namespace: "litellm.caching.caching", ttl: 600')).toMatchObject({
      type: 'redis',
      typeSource: 'cache_params.type',
      namespace: 'litellm.caching.caching',
      cacheTtlSeconds: 600,
      backendParams: {},
    });
  });

  it('redis by host, port and password from the environment', () => {
    const cache = cacheOf('host: os.environ/HOST, port: os.environ/PORT, password: os.environ/SECRET', {
      HOST: 'cache.internal',
      PORT: '6380',
      SECRET: 'hush',
    });
    expect(cache).toMatchObject({
      type: 'redis',
      backendParams: { host: 'cache.internal', port: '6380', password: 'hush' },
    });
  });

  it('cluster, sentinel and GCP parameters reach the backend as written, null included', () => {
    expect(
      cacheOf('type: redis, redis_startup_nodes: [{host: 127.0.0.1, port: "7001"}]').backendParams,
    ).toEqual({
      redis_startup_nodes: [{ host: '127.0.0.1', port: '7001' }],
    });
    expect(cacheOf('service_name: mymaster, sentinel_nodes: [[localhost, 26379]]')).toMatchObject({
      type: 'redis',
      backendParams: { service_name: 'mymaster', sentinel_nodes: [['localhost', 26379]] },
    });
    expect(
      cacheOf('type: redis, ssl: true, ssl_cert_reqs: null, ssl_check_hostname: False').backendParams,
    ).toEqual({
      ssl: true,
      ssl_cert_reqs: null,
      ssl_check_hostname: false,
    });
  });

  it('s3: the API version stays a string, the type is resolved elsewhere', () => {
    expect(cacheOf('type: s3, s3_bucket_name: b, s3_api_version: 2006-03-01, s3_use_ssl: yes')).toMatchObject(
      {
        type: 's3',
        backendParams: { s3_bucket_name: 'b', s3_api_version: '2006-03-01', s3_use_ssl: true },
      },
    );
  });

  it('default_off, and call types in either number', () => {
    expect(cacheOf('mode: default_off').mode).toBe('default_off');
    expect(cacheOf('supported_call_types: [acompletion, aembedding]').supportedCallTypes).toEqual([
      'acompletion',
      'aembedding',
    ]);
    expect(cacheOf('supported_call_types: []').supportedCallTypes).toEqual([]);
    expect(cacheOf('supported_call_types: null')).not.toHaveProperty('supportedCallTypes');
  });

  it('a private server by api_base, without an invented /v1', () => {
    const text = 'model: openai/fake, api_key: fake-key, api_base: https://endpoint.example/';
    expect(onlyDeployment(text)).toMatchObject({
      upstreamModel: 'fake',
      apiKey: 'fake-key',
      apiBase: 'https://endpoint.example/',
    });
  });

  it.each(['local', 'disk', 'qdrant-semantic', 'redis-semantic', 'gcs', '@acme/cache'])(
    'type %s is passed on',
    (type) => {
      expect(cacheOf(`type: "${type}"`).type).toBe(type);
    },
  );
});

describe('values', () => {
  it('from the environment are read as what they say', () => {
    const environment = { TTL: '1.5', OFF: 'False', BYTES: '2048', EMPTY: '', LONG: '1e3' };
    expect(
      cacheOf(
        'ttl: os.environ/TTL, max_entry_bytes: os.environ/BYTES, default_in_memory_ttl: os.environ/EMPTY, default_in_redis_ttl: os.environ/LONG',
        environment,
      ),
    ).toMatchObject({ cacheTtlSeconds: 1.5, maxEntryBytes: 2048, defaultInRedisTtlSeconds: 1000 });
    expect(cacheOf('ttl: os.environ/EMPTY', environment)).not.toHaveProperty('cacheTtlSeconds');
    expect(configOf('litellm_settings: {cache: os.environ/OFF}', environment).cache.enabled).toBe(false);
  });

  it('that are null are absent', () => {
    const cache = cacheOf(
      'type: null, mode: null, ttl: null, namespace: null, scope: null, ignored_params: null',
    );
    expect(cache).toMatchObject({ type: 'local', mode: 'default_on', scope: 'key', ignoredParams: [] });
    expect(cache).not.toHaveProperty('namespace');
    expect(onlyDeployment('model: m, api_key: null, timeout: null, rpm: null')).not.toHaveProperty('apiKey');
  });

  it('of our own additions', () => {
    expect(
      cacheOf(
        'type: s3, compression: zstd, compression_min_bytes: 2048, encryption_key: os.environ/KEY, ' +
          `previous_encryption_keys: [${'b'.repeat(64)}], operation_timeout_seconds: 1.5`,
        { KEY: 'a'.repeat(64) },
      ),
    ).toMatchObject({
      compression: 'zstd',
      compressionMinBytes: 2048,
      encryptionKey: 'a'.repeat(64),
      previousEncryptionKeys: ['b'.repeat(64)],
      operationTimeoutMilliseconds: 1500,
      backendParams: {},
    });
    expect(
      cacheOf('scope: global, ignored_params: [user], memory_max_bytes: 1_000_000, memory_max_entries: 200'),
    ).toMatchObject({
      scope: 'global',
      ignoredParams: ['user'],
      memoryMaxBytes: 1_000_000,
      memoryMaxEntries: 200,
    });
  });

  it('of general_settings', () => {
    const text =
      'general_settings: {master_key: sk-1234, user_api_key_cache_ttl: "30", max_request_size_mb: 2}';
    expect(configOf(text)).toMatchObject({
      authentication: { masterKey: 'sk-1234', userApiKeyCacheTtlSeconds: 30 },
      maxRequestBytes: 2_097_152,
    });
  });

  it('that LiteLLM takes from the environment when the file is silent', () => {
    const environment = {
      LITELLM_MASTER_KEY: 'sk-env',
      DATABASE_URL: 'postgresql://db',
      LITELLM_LOG: 'debug',
    };
    expect(configOf('', environment)).toMatchObject({
      authentication: { masterKey: 'sk-env' },
      databaseUrl: 'postgresql://db',
      verbose: true,
    });
    expect(configOf('general_settings: {master_key: sk-file}', environment).authentication.masterKey).toBe(
      'sk-file',
    );
  });

  it('of callbacks, one or several', () => {
    expect(configOf('litellm_settings: {callbacks: a.b, success_callback: [c, d]}').callbacks).toEqual({
      always: ['a.b'],
      onSuccess: ['c', 'd'],
      onFailure: [],
    });
  });
});

describe('models', () => {
  it('keep request parameters as defaults, and LiteLLM its own to itself', () => {
    const deployment = onlyDeployment(
      'model: m, temperature: 0.2, custom_flag: true, seed: null, rpm: "10", tags: [a], extra_body: {top_k: 5}',
    );
    expect(deployment.defaultParams).toEqual({ temperature: 0.2, custom_flag: true, top_k: 5 });
    expect(deployment.requestsPerMinute).toBe(10);
  });

  it('take timeouts from the nearest that says: model, router, litellm_settings', () => {
    const text = (router: string): string => `
model_list:
  - {model_name: own, litellm_params: {model: m, timeout: 1.5, stream_timeout: 2}}
  - {model_name: other, litellm_params: {model: m}}
router_settings: {${router}}
litellm_settings: {request_timeout: 30}
`;
    expect(configOf(text('timeout: 20, stream_timeout: 5')).deployments).toMatchObject([
      { timeoutMilliseconds: 1500, streamTimeoutMilliseconds: 2000 },
      { timeoutMilliseconds: 20_000, streamTimeoutMilliseconds: 5000 },
    ]);
    expect(configOf(text('')).deployments[1]?.timeoutMilliseconds).toBe(30_000);
  });

  it('take what is missing from OPENAI_*, if they are OpenAI', () => {
    const environment = {
      OPENAI_API_KEY: ' sk-env ',
      OPENAI_API_BASE: 'http://one/v1',
      OPENAI_ORGANIZATION: 'org',
    };
    expect(onlyDeployment('model: gpt-4o', environment)).toMatchObject({
      apiKey: 'sk-env',
      apiBase: 'http://one/v1',
      organization: 'org',
    });
    const both = { ...environment, OPENAI_BASE_URL: 'http://two/v1' };
    expect(onlyDeployment('model: gpt-4o', both).apiBase).toBe('http://two/v1');
  });

  it("never hand OpenAI's key to another provider", () => {
    const params = 'model: groq/llama, api_base: https://groq.example/v1';
    expect(onlyDeployment(params, { OPENAI_API_KEY: 'sk-openai' })).not.toHaveProperty('apiKey');
    expect(onlyDeployment(params, { GROQ_API_KEY: 'gsk' }).apiKey).toBe('gsk');
  });

  it('answer from mock_response whatever their provider', () => {
    expect(onlyDeployment('model: azure/gpt-4o, mock_response: Hello')).toMatchObject({
      mockResponse: 'Hello',
    });
    expect(onlyDeployment('model: demo, mock_response: {choices: []}').mockResponse).toEqual({ choices: [] });
  });

  it('have keys without the line break at the end of the file they came from', () => {
    const environment = { KEY: 'sk-a\n', MASTER: 'sk-master\n' };
    const { config } = loadConfig({
      text: 'model_list: [{model_name: m, litellm_params: {model: m, api_key: os.environ/KEY}}]\ngeneral_settings: {master_key: os.environ/MASTER}',
      environment,
      workingDirectory: '/app',
      fileSystem: fileSystemOf({}),
    });
    expect([config.deployments[0]?.apiKey, config.authentication.masterKey]).toEqual(['sk-a', 'sk-master']);
  });

  it('have ids that are stable, unique, and free of secrets', () => {
    const text =
      'model_list: [{model_name: m, litellm_params: &p {model: m, api_key: KEY}}, {model_name: m, litellm_params: *p}]';
    const idsOf = (key: string): string[] =>
      configOf(text.replace('KEY', key)).deployments.map(({ id }) => id);
    expect(idsOf('a')).toEqual(idsOf('b'));
    expect(new Set(idsOf('a')).size).toBe(2);
    expect(
      configOf('model_list: [{model_name: m, litellm_params: {model: m}, model_info: {id: 7}}]')
        .deployments[0]?.id,
    ).toBe('7');
  });
});

describe('files', () => {
  it('come with .env beside them, then in the working directory; environment_variables come last', () => {
    const { config } = loadConfig({
      path: 'conf/config.yaml',
      environment: { A: 'environment' },
      workingDirectory: '/app',
      fileSystem: fileSystemOf({
        '/app/conf/config.yaml':
          'environment_variables: {A: file, B: file, C: file, D: file, E: True, F: os.environ/A}\nlitellm_settings: {cache: true}\n',
        '/app/conf/.env': 'A=beside\nB=beside\nREDIS_HOST=cache.internal\n',
        '/app/.env': 'A=working\nB=working\nC=working\n',
      }),
    });
    const { environment } = config;
    expect([
      environment['A'],
      environment['B'],
      environment['C'],
      environment['D'],
      environment['E'],
      environment['F'],
    ]).toEqual(['environment', 'beside', 'working', 'file', 'True', 'environment']);
    expect(config.cache.type).toBe('redis');
  });

  it('that are missing, or cannot be read, are named', () => {
    const options = { path: 'nowhere.yaml', environment: {}, workingDirectory: '/app' };
    expect(() => loadConfig({ ...options, fileSystem: fileSystemOf({}) })).toThrow(
      'nowhere.yaml: there is no such file',
    );
    const broken = {
      readText: (): string => {
        throw new Error('EACCES');
      },
    };
    expect(() => loadConfig({ ...options, fileSystem: broken })).toThrow(
      'nowhere.yaml: cannot be read: EACCES',
    );
  });
});
