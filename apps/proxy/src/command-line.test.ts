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
