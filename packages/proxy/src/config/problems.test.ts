import { describe, expect, it } from '@jest/globals';
import { loadConfig, type LoadConfigOptions, type LoadedConfig } from './load.ts';
import { ConfigError, formatProblem } from './problem.ts';

function load(text: string, options: Partial<LoadConfigOptions> = {}): LoadedConfig {
  const fileSystem = { readText: (): undefined => undefined };
  return loadConfig({ text, environment: {}, workingDirectory: '/app', fileSystem, ...options });
}

const warningsOf = (text: string, environment = {}): string[] =>
  load(text, { environment }).warnings.map(formatProblem);

function problemsOf(text: string, options: Partial<LoadConfigOptions> = {}): string[] {
  try {
    load(text, { path: 'config.yaml', ...options });
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('problems', () => {
  it('with several encryption keys are told at once, each at its place', () => {
    const keys = `encryption_key: hush, previous_encryption_keys: [${'a'.repeat(64)}, hush, hushhush]`;
    const problems = problemsOf(`litellm_settings: {cache: true, cache_params: {type: s3, ${keys}}}`);
    expect(problems.map((problem) => problem.split(': ')[1])).toEqual([
      'litellm_settings.cache_params.encryption_key',
      'litellm_settings.cache_params.previous_encryption_keys[1]',
      'litellm_settings.cache_params.previous_encryption_keys[2]',
    ]);
    expect(problems.join()).not.toMatch(/hush|Buffer/);
  });

  it('with an encryption key say how to make one, and never show it', () => {
    const text = 'litellm_settings: {cache: true, cache_params: {type: s3, encryption_key: hush}}';
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(
        /^config.yaml:1: litellm_settings.cache_params.encryption_key: must be 32 bytes.* openssl rand -base64 32$/,
      ),
    ]);
    expect(problemsOf(text).join()).not.toContain('hush');
  });

  it('come with the warnings that may explain them', () => {
    const text = 'model_list:\n  - model_name: a\n    litellm_params:\n      modle: openai/gpt-4o\n';
    const refused = (): LoadedConfig => load(text, { path: 'config.yaml' });
    expect(refused).toThrow(/litellm_params\.model: expected .* found nothing/);
    try {
      refused();
    } catch (error) {
      const warnings = error instanceof ConfigError ? error.warnings.map(formatProblem) : [];
      expect(warnings).toContainEqual(expect.stringContaining('did you mean model?'));
    }
  });

  it('are all said at once, in the order of the file', () => {
    const text = `model_list:
  - model_name: a
    litellm_params:
      model: azure/gpt-4o
      timeout: soon
  - litellm_params:
      model: anthropic/claude
      api_base: localhost:8080
  - model_name: c
  - nonsense
litellm_settings:
  cache: maybe
  cache_params:
    mode: default-off
    scope: teams
    ttl: -1
    namespace: "a b"
    supported_call_types: acompletion
    host: os.environ/REDIS_HOST_THAT_IS_NOT_SET
general_settings:
  master_key: 1234
router_settings: []
`;
    expect(problemsOf(text)).toEqual([
      'config.yaml:5: model_list[0].litellm_params.timeout: expected a number of seconds above 0, found "soon"',
      'config.yaml:6: model_list[1].model_name: expected a string: the model name clients use, found nothing',
      'config.yaml:8: model_list[1].litellm_params.api_base: expected an http or https URL, found a string (not shown)',
      'config.yaml:9: model_list[2].litellm_params: expected a mapping that has at least "model", found nothing',
      'config.yaml:10: model_list[3]: expected a mapping, found "nonsense"',
      'config.yaml:12: litellm_settings.cache: expected true or false, found "maybe"',
      'config.yaml:14: litellm_settings.cache_params.mode: expected default_on or default_off, found "default-off" (did you mean default_off?)',
      'config.yaml:15: litellm_settings.cache_params.scope: expected key, team, end_user or global, found "teams" (did you mean team?)',
      'config.yaml:16: litellm_settings.cache_params.ttl: expected a number of seconds, 0 or more, found -1',
      'config.yaml:17: litellm_settings.cache_params.namespace: expected a name of letters, digits, ".", "_", ":" and "-", found "a b"',
      'config.yaml:18: litellm_settings.cache_params.supported_call_types: expected a list of strings, found "acompletion"',
      'config.yaml:19: litellm_settings.cache_params.host: expected the environment variable REDIS_HOST_THAT_IS_NOT_SET, which is not set',
      'config.yaml:21: general_settings.master_key: expected a string that is not empty, found a number (not shown)',
      'config.yaml:22: router_settings: expected a mapping, found a list',
    ]);
  });

  it('with a provider name the model and what is supported', () => {
    expect(problemsOf('model_list: [{model_name: a, litellm_params: {model: anthropic/claude}}]')).toEqual([
      expect.stringMatching(
        /^config\.yaml:1: model_list\[0\]\.litellm_params\.model: the provider "anthropic" is not supported yet/,
      ),
    ]);
  });

  it('never show what came from the environment, nor a secret', () => {
    const text =
      'litellm_settings: {cache_params: {ttl: os.environ/SECRET_TTL}}\ngeneral_settings: {master_key: [sk-hush]}';
    const problems = problemsOf(text, { environment: { SECRET_TTL: 'sk-hush' } });
    expect(problems).toHaveLength(2);
    expect(problems.join('\n')).toContain('something else in the environment variable SECRET_TTL');
    expect(problems.join('\n')).not.toContain('sk-hush');
  });

  it('never show a key no header can carry', () => {
    const text = 'model_list: [{model_name: a, litellm_params: {model: a, api_key: "sk-hush\\nhush"}}]';
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(
        /api_key: expected a string that fits into a header .*, found a string \(not shown\)$/,
      ),
    ]);
  });

  it('say once that a variable is missing, not again what its place expected', () => {
    const text =
      'model_list: [{model_name: a, litellm_params: {model: m, api_base: os.environ/NOT_SET, rpm: os.environ/NOT_SET}}]';
    expect(problemsOf(text)).toEqual([
      expect.stringContaining('api_base: expected the environment variable NOT_SET, which is not set'),
      expect.stringContaining('rpm: expected the environment variable NOT_SET, which is not set'),
    ]);
  });

  it('are an empty master key, which must not open the door', () => {
    const text = 'general_settings: {master_key: os.environ/MASTER_KEY}';
    expect(problemsOf(text, { environment: { MASTER_KEY: '' } })).toHaveLength(1);
  });

  it.each([
    ['a list at the top', '- a\n'],
    [
      'a key no header can carry',
      'model_list: [{model_name: a, litellm_params: {model: a, api_key: "sk-a\\nb"}}]',
    ],
    ['a key beyond Latin-1', 'model_list: [{model_name: a, litellm_params: {model: a, api_key: "sk-€"}}]'],
    [
      'a header value with a line break',
      'model_list: [{model_name: a, litellm_params: {model: a, extra_headers: {x-a: "b\\nc"}}}]',
    ],
    [
      'a header name with a blank',
      'model_list: [{model_name: a, litellm_params: {model: a, extra_headers: {x a: b}}}]',
    ],
    [
      'a header about framing',
      'model_list: [{model_name: a, litellm_params: {model: a, extra_headers: {Content-Length: 7}}}]',
    ],
    ['include, which would lose models', 'include: [models.yaml]\n'],
    ['a model_list that is a mapping', 'model_list: {a: b}\n'],
    ['a star that stands for nothing', 'model_list: [{model_name: a, litellm_params: {model: openai/*}}]\n'],
    [
      'an id given twice',
      'model_list: [&m {model_name: a, litellm_params: {model: a}, model_info: {id: x}}, *m]\n',
    ],
    ['an infinite ttl', 'litellm_settings: {cache_params: {ttl: .inf}}\n'],
    ['true as a number', 'litellm_settings: {cache_params: {ttl: true}}\n'],
    ['no entry bytes', 'litellm_settings: {cache_params: {max_entry_bytes: 0}}\n'],
    ['an empty namespace', 'litellm_settings: {cache_params: {namespace: ""}}\n'],
    ['no time for an answer', 'litellm_settings: {request_timeout: 0}\n'],
  ])('include %s', (_name, text) => {
    expect(problemsOf(text)).toHaveLength(1);
  });
});

describe('warnings', () => {
  const environment = { OPENAI_API_KEY: 'sk-x' };

  it('name unknown members and the nearest known ones', () => {
    const text =
      'modellist: []\nlitellm_settings: {cahce: true}\ngeneral_settings: {masterkey: x}\nrouter_settings: {zzz: 1}\n';
    expect(warningsOf(text, environment)).toEqual([
      'configuration:1: modellist: is not known and has no effect (did you mean model_list?)',
      'configuration:2: litellm_settings.cahce: is not known and has no effect (did you mean cache?)',
      'configuration:3: general_settings.masterkey: is not known and has no effect (did you mean master_key?)',
      'configuration:4: router_settings.zzz: is not known and has no effect',
    ]);
  });

  it("say in one line what of LiteLLM's has no effect", () => {
    expect(
      warningsOf('router_settings: {num_retries: 2, routing_strategy: simple-shuffle}', environment),
    ).toEqual(['configuration:1: router_settings: num_retries, routing_strategy have no effect here yet']);
    expect(
      warningsOf('model_list: [{model_name: m, litellm_params: {model: m, rpm: 9, weight: 2}}]', environment),
    ).toEqual(['configuration:1: model_list[0].litellm_params: rpm, weight have no effect here yet']);
    expect(warningsOf('litellm_settings: {drop_params: true}', environment)).toEqual([
      'configuration:1: litellm_settings.drop_params: has no effect here yet',
    ]);
  });

  it('tell cache_params that do nothing', () => {
    expect(warningsOf('litellm_settings: {cache_params: {ttl: 5}}', environment)).toEqual([
      expect.stringContaining('nothing is cached without "cache: true"'),
    ]);
    const local = 'litellm_settings: {cache: true, cache_params: {type: local, host: h, tll: 5, ttl: 0}}';
    expect(warningsOf(local, environment)).toEqual([
      expect.stringContaining('the lifetime in force is 0 seconds'),
      expect.stringContaining('cache_params.host: has no effect: the cache is local'),
      expect.stringContaining('cache_params.tll: is not known and has no effect (did you mean ttl?)'),
    ]);
  });

  it('leave parameters of other backends alone, unless they look like a slip of the pen', () => {
    const text =
      'litellm_settings: {cache: true, cache_params: {type: memcached, servers: [a], namespce: b}}';
    expect(warningsOf(text, environment)).toEqual([expect.stringContaining('did you mean namespace?')]);
  });

  it('tell cache_params that belong to another type', () => {
    const params = '{type: redis, host: h, s3_bucket_name: b, max_messages: 4, tll: 5, hsot: i}';
    const text = `litellm_settings: {cache: true, cache_params: ${params}}`;
    expect(warningsOf(text, environment)).toEqual([
      expect.stringContaining('cache_params.s3_bucket_name: has no effect: the cache is redis'),
      expect.stringContaining('cache_params.max_messages: has no effect here yet'),
      expect.stringContaining('cache_params.tll: is not known and has no effect (did you mean ttl?)'),
    ]);
    // What looks like one of its own is the backend's to refuse.
    expect(load(text, { environment }).config.cache.backendParams).toEqual({ host: 'h', hsot: 'i' });
  });

  it('take a type for a package whatever it is called', () => {
    const text = 'litellm_settings: {cache: true, cache_params: {type: constructor, host: h}}';
    expect(warningsOf(text, environment)).toEqual([]);
    expect(load(text, { environment }).config.cache.backendParams).toEqual({ host: 'h' });
  });

  it('tell codecs that have nothing to work on', () => {
    const params = `{type: local, compression: gzip, encryption_key: ${'a'.repeat(64)}}`;
    const text = `litellm_settings: {cache: true, cache_params: ${params}}`;
    expect(warningsOf(text, environment)).toEqual([
      expect.stringContaining('encryption_key: has no effect: the cache is local'),
      expect.stringContaining('compression: has no effect: the cache is local'),
    ]);
  });

  it('can be told later, with their place in the file', () => {
    const { problemAt } = load(
      'litellm_settings:\n  cache: true\n  cache_params:\n    type: redis\n    port: x\n',
    );
    expect(formatProblem(problemAt(['litellm_settings', 'cache_params', 'port'], 'is no port'))).toBe(
      'configuration:5: litellm_settings.cache_params.port: is no port',
    );
  });

  it('ask about request parameters that look like a slip of the pen', () => {
    const text =
      'model_list: [{model_name: m, litellm_params: {model: m, api_bsae: x, my_param: 1, temperature: 0}}]';
    expect(warningsOf(text, environment)).toEqual([
      'configuration:1: model_list[0].litellm_params.api_bsae: is sent to the provider as a request parameter; did you mean api_base?',
    ]);
  });

  it('mention duplicate members and keys that do not look like keys', () => {
    expect(
      warningsOf('general_settings: {master_key: a}\ngeneral_settings: {master_key: hush}\n', environment),
    ).toEqual([
      'configuration:2: general_settings: is given twice; this one, the last, counts',
      'configuration:2: general_settings.master_key: does not start with "sk-", which LiteLLM and some clients ask for',
    ]);
  });
});
