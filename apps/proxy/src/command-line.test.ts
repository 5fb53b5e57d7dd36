import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it, jest } from '@jest/globals';
import { folderWith, runApp, type AppOptions } from './app.fixture.ts';

/** Starting processes takes its time on a busy machine. */
jest.setTimeout(30_000);

async function outcomeOf(
  commandLine: readonly string[],
  options?: AppOptions,
): Promise<{ code: number | null; said: string; output: string }> {
  const app = runApp(commandLine, options);
  const code = await app.ended;
  return { code, said: app.said(), output: app.output() };
}

const BAD = `model_list:
  - model_name: one
    litellm_params: { model: openai/x, timeout: -1 }
  - model_name: two
    litellm_params: { model: openai/y, api_key: os.environ/ABSENT }
litellm_settings:
  cache: maybe
  cache_params:
    ttl: soon
`;

const BAD_BACKEND = `litellm_settings:
  cache: true
  cache_params:
    type: redis
    ttl: soon
    host: 127.0.0.1
    port: abc
    pasword: hunter2
    url: http://user:hunter2@host
`;

describe('the command line', () => {
  it('--help lists the options, --version says the version', async () => {
    const help = await outcomeOf(['--help']);
    expect(help.code).toBe(0);
    for (const option of [
      '--config',
      '--host',
      '--port',
      '--check',
      '--allow-unauthenticated',
      '--version',
    ]) {
      expect(help.output).toContain(option);
    }
    expect(await outcomeOf(['--version'])).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });

  it.each([
    [['--prot', '1'], '--port'],
    [['--port', '65536'], '0 to 65535'],
    [['--port', 'x'], '0 to 65535'],
    [['--port'], 'argument missing'],
    [['config.yaml'], 'too many arguments'],
  ])('%j is refused with a hint', async (commandLine, hint) => {
    expect(await outcomeOf(commandLine)).toMatchObject({ code: 1, said: expect.stringContaining(hint) });
  });
});

describe('--check', () => {
  it('says what a good configuration means, and ends without listening', async () => {
    const { code, said } = await outcomeOf(['--check']);
    expect(code).toBe(0);
    expect(said).toContain('The configuration is good:');
    expect(said).toContain('cache: local');
    expect(said).not.toContain('listens');
  });

  it('says all problems of a bad one at once, each with its line', async () => {
    using folder = folderWith({ 'bad.yaml': BAD });
    const { code, said } = await outcomeOf(['--check', '-c', 'bad.yaml'], { workingDirectory: folder.path });
    expect(code).toBe(1);
    expect(said.trimEnd().split('\n')).toEqual([
      'The configuration cannot be used:',
      expect.stringMatching(/^ {2}bad\.yaml:3: model_list\[0\]\.litellm_params\.timeout: .*found -1$/),
      expect.stringMatching(/^ {2}bad\.yaml:5: model_list\[1\]\.litellm_params\.api_key: .*ABSENT.*not set$/),
      expect.stringMatching(
        /^ {2}bad\.yaml:7: litellm_settings\.cache: expected true or false, found "maybe"$/,
      ),
      expect.stringMatching(/^ {2}bad\.yaml:9: litellm_settings\.cache_params\.ttl: .*found "soon"$/),
    ]);
  });

  it.each([['--check'], ['--port=0']])(
    'says what the backend finds wrong in the same breath, %s',
    async (option) => {
      using folder = folderWith({ 'bad.yaml': BAD_BACKEND });
      const environment = { REDIS_SOCKET_TIMEOUT: 'hunter2', OPENAI_API_KEY: 'sk-1' };
      const options = { workingDirectory: folder.path, environment };
      const { code, said, output } = await outcomeOf([option, '-c', 'bad.yaml'], options);
      expect(code).toBe(1);
      expect(said + output).not.toContain('hunter2');
      expect(said.trimEnd().split('\n')).toEqual([
        'The configuration cannot be used:',
        '  bad.yaml:3: litellm_settings.cache_params: redis: REDIS_SOCKET_TIMEOUT must be a number of seconds above 0',
        '  bad.yaml:5: litellm_settings.cache_params.ttl: expected a number of seconds, 0 or more, found "soon"',
        '  bad.yaml:7: litellm_settings.cache_params.port: must be a port from 1 to 65535, found "abc"',
        '  bad.yaml:8: litellm_settings.cache_params.pasword: is not known; did you mean password?',
        '  bad.yaml:9: litellm_settings.cache_params.url: must be a URL such as redis://host:6379/0, rediss://host:6379 (TLS) or unix:///path/to/redis.sock',
      ]);
    },
  );

  it('does not let a backend tell again what is wrong already: a missing variable is no missing address', async () => {
    const config = {
      litellm_settings: { cache: true, cache_params: { type: 'redis', host: 'os.environ/ABSENT' } },
    };
    using folder = folderWith({ 'config.yaml': config });
    const { said } = await outcomeOf(['--check', '-c', 'config.yaml'], { workingDirectory: folder.path });
    expect(said).toMatch(/cache_params\.host: expected the environment variable ABSENT/);
    expect(said).not.toContain('there is no address');
  });

  it('says at which member what it ignores stands', async () => {
    const params = 'type: redis, host: a, redis_flush_size: 100';
    using folder = folderWith({
      'config.yaml': `litellm_settings:\n  cache: true\n  cache_params: { ${params.replaceAll(', ', ',\n    ')} }\n`,
    });
    const { code, said } = await outcomeOf(['--check', '-c', 'config.yaml'], {
      workingDirectory: folder.path,
    });
    expect(code).toBe(0);
    expect(said).toContain(
      'warning: config.yaml:5: litellm_settings.cache_params.redis_flush_size: has no effect',
    );
  });

  it('says that a file is not there, or is no YAML', async () => {
    using folder = folderWith({ 'broken.yaml': 'a: [1,\nb: {' });
    const options = { workingDirectory: folder.path };
    const absent = await outcomeOf(['--check', '-c', 'absent.yaml'], options);
    expect(absent).toMatchObject({
      code: 1,
      said: expect.stringContaining('absent.yaml: there is no such file'),
    });
    const broken = await outcomeOf(['--check', '-c', 'broken.yaml'], options);
    expect(broken).toMatchObject({ code: 1, said: expect.stringMatching(/broken\.yaml:\d/) });
  });

  it.each([
    [
      'said',
      { litellm_settings: { cache: true, cache_params: { type: 'redis' } } },
      'there is no address of a Redis; write one of',
    ],
    [
      'of LiteLLM',
      { litellm_settings: { cache: true, cache_params: { type: 'gcs', gcs_bucket_name: 'b' } } },
      'cache_params.type: "gcs" is not in this release; it has "local", "redis", "s3", "disk"',
    ],
    [
      'misspelt',
      { litellm_settings: { cache: true, cache_params: { type: 'locla' } } },
      'did you mean "local"?',
    ],
    [
      'of calls',
      { litellm_settings: { cache: true, cache_params: { supported_call_types: ['acompletoin'] } } },
      'supported_call_types: "acompletoin" is not a call type, did you mean "acompletion"?',
    ],
  ])('a cache that cannot be is said so: %s', async (_, config, hint) => {
    using folder = folderWith({ 'config.yaml': config });
    for (const commandLine of [['--check'], ['--port', '0']]) {
      const { code, said } = await outcomeOf([...commandLine, '-c', `${folder.path}/config.yaml`]);
      expect(code).toBe(1);
      expect(said).toContain(hint);
    }
  });
});

describe('where it cannot listen', () => {
  it('says that the port is in use, and by which option to choose another', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, said } = await outcomeOf(['--port', String(port)]);
    other.close();
    expect(code).toBe(1);
    expect(said).toContain(`Port ${port} of 127.0.0.1 is in use already`);
    expect(said).toContain('--port');
  });

  it('says that an address is not one of this machine', async () => {
    const options = ['--port', '0', '--allow-unauthenticated', '--host'];
    for (const host of ['192.0.2.1', 'nowhere.invalid']) {
      const { code, said } = await outcomeOf([...options, host]);
      expect([code, said]).toEqual([
        1,
        expect.stringContaining(`--host ${host} is not an address of this machine`),
      ]);
    }
  });

  it.each(['0.0.0.0', '::', '192.0.2.1'])('refuses --host %s without a master key', async (host) => {
    const { code, said } = await outcomeOf(['--port', '0', '--host', host]);
    expect(code).toBe(1);
    expect(said).toContain('master_key');
    expect(said).toContain('--allow-unauthenticated');
  });
});
