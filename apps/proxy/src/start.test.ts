import { chmodSync } from 'node:fs';
import { describe, expect, it, jest } from '@jest/globals';
import { bash, folderWith, startApp } from './app.fixture.ts';

/** Starting processes takes its time on a busy machine. */
jest.setTimeout(30_000);

const ANSWER = 'A cache keeps an answer so that asking again costs nothing.';

/** The announcement ends with a command. */
function printedCurl(said: string): string {
  return said.slice(said.indexOf('  curl '));
}

describe('started without anything', () => {
  it('says what it runs with, and a curl that works: the second answer is a hit with the same bytes', async () => {
    const startedAt = performance.now();
    await using app = await startApp();
    process.stdout.write(
      `from the command to the announcement: ${Math.round(performance.now() - startedAt)} ms\n`,
    );
    expect(app.said()).toMatch(/^cache-proxy \d+\.\d+\.\d+ listens on http:\/\/127\.0\.0\.1:\d+\n/);
    for (const line of [
      'cache: local',
      'scope: key',
      'ttl: 600 s',
      'mode: default_on',
      'models: demo',
      'key: none needed',
    ]) {
      expect(app.said()).toContain(`\n  ${line}`);
    }
    const curl = printedCurl(app.said());
    expect(curl).toContain(`${app.url}/v1/chat/completions`);
    const [first, second] = [await bash(curl), await bash(curl)];
    expect(first).toMatch(/^HTTP\/1\.1 200 OK/m);
    expect(first).toMatch(/^cache-status: llm-cache;fwd=uri-miss;stored\r$/m);
    expect(second).toMatch(/^cache-status: llm-cache;hit;ttl=\d+;key="[0-9a-f]{64}"\r$/m);
    expect(second).toMatch(/^x-litellm-cache-key: [0-9a-f]{64}\r$/m);
    expect(second).toMatch(/^age: \d+\r$/m);
    const bodies = [first, second].map((text) =>
      text.slice(text.indexOf('{"id"'), text.lastIndexOf('}') + 1),
    );
    expect(bodies[0]).toContain(ANSWER);
    expect(bodies[1]).toBe(bodies[0]);
  });

  it('logs one JSON object a line on standard output, one for each request, and nothing else', async () => {
    await using app = await startApp();
    const curl = printedCurl(app.said());
    await bash(curl);
    await bash(curl);
    await bash(`curl -s ${app.url}/v1/chat/completions -d '{}'`);
    app.process.kill('SIGTERM');
    expect(await app.ended).toBe(0);
    const lines = app.output().trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      {
        level: 'info',
        msg: 'request',
        call_type: 'chat_completion',
        model: 'demo',
        cache: 'miss',
        status: 200,
      },
      {
        level: 'info',
        msg: 'request',
        call_type: 'chat_completion',
        model: 'demo',
        cache: 'hit',
        status: 200,
      },
      { level: 'info', msg: 'request', status: 404, error: 'model_not_found' },
    ]);
  });
});

describe('started with a configuration', () => {
  const config = {
    model_list: [
      { model_name: "it's", litellm_params: { model: 'openai/x', mock_response: 'os.environ/TEXT' } },
    ],
    general_settings: { master_key: 'os.environ/LITELLM_MASTER_KEY' },
  };

  it('reads .env beside it; the environment wins; the curl says where the key goes', async () => {
    using folder = folderWith({
      'config.yaml': config,
      '.env': 'LITELLM_MASTER_KEY=sk-from-the-file\nTEXT="from the file"\n',
    });
    await using app = await startApp(['--config', `${folder.path}/config.yaml`], {
      environment: { TEXT: 'from outside' },
    });
    expect(app.said()).toContain('\n  key: needed');
    expect(app.said()).toContain('\n  cache: off');
    expect(app.said()).not.toContain('sk-from-the-file');
    const curl = printedCurl(app.said());
    expect(await bash(curl, { LITELLM_MASTER_KEY: 'sk-from-the-file' })).toContain('from outside');
    expect(await bash(curl, { LITELLM_MASTER_KEY: 'sk-wrong' })).toMatch(/^HTTP\/1\.1 401 /m);
  });

  it('finds a relative path from where it is started', async () => {
    using folder = folderWith({ 'mine.yaml': { ...config, general_settings: {} } });
    const options = { workingDirectory: folder.path, environment: { TEXT: 'relative' } };
    await using app = await startApp(['-c', 'mine.yaml'], options);
    expect(await bash(printedCurl(app.said()))).toContain('relative');
  });

  it('listens on another host with a master key, or where that is allowed without', async () => {
    using folder = folderWith({ 'config.yaml': config });
    const options = { environment: { TEXT: 't', LITELLM_MASTER_KEY: 'sk-1' } };
    await using withKey = await startApp(['--host', '0.0.0.0', '-c', `${folder.path}/config.yaml`], options);
    await using allowed = await startApp(['--host', '0.0.0.0', '--allow-unauthenticated']);
    for (const app of [withKey, allowed]) {
      expect(await bash(`curl -s ${app.url}/health/liveliness`)).toBe('"I\'m alive!"');
    }
  });
});

it('passes on what a backend warns of once it comes to the place its settings name', async () => {
  using folder = folderWith({});
  chmodSync(folder.path, 0o777);
  const params = { type: 'disk', disk_cache_dir: folder.path };
  using configured = folderWith({
    'config.yaml': { litellm_settings: { cache: true, cache_params: params } },
  });
  await using app = await startApp(['--config', `${configured.path}/config.yaml`]);
  await app.says(
    /^warning: \S+config\.yaml:1: litellm_settings\.cache_params: disk: .* is open to other users/m,
  );
});
