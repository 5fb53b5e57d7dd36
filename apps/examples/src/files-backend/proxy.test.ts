import { mkdtemp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { build } from 'esbuild';
import { checkConfig, startProxy, type RunningProxy } from '../proxy-app.fixture.ts';

/** Two starts of the application from its sources, on a busy machine. */
jest.setTimeout(120_000);

const CONFIG = join(import.meta.dirname, 'config.yaml');
const CORE = join(import.meta.dirname, '..', '..', '..', '..', 'packages', 'core');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-example-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** `Cache-Status` without what changes from run to run, and the answer. */
async function ask({ url }: RunningProxy, question: string): Promise<[string | undefined, string]> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: question }] }),
  });
  const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
  const status = response.headers.get('cache-status')?.replace(/;(ttl|key)=.*/, '');
  return [status, choices[0]?.message.content ?? ''];
}

/** Asks, asks again, and once more after a restart. */
async function expectToOutliveTheProcess(config: string): Promise<void> {
  const answer = 'A file keeps an answer longer than a process.';
  const where = { config, workingDirectory: folder };
  {
    await using proxy = await startProxy(where);
    expect(await ask(proxy, 'What is a file?')).toEqual(['llm-cache;fwd=uri-miss;stored', answer]);
    expect(await ask(proxy, 'What is a file?')).toEqual(['llm-cache;hit', answer]);
  }
  await using proxy = await startProxy(where);
  expect(await ask(proxy, 'What is a file?')).toEqual(['llm-cache;hit', answer]);
  expect(await ask(proxy, 'What is another?')).toEqual(['llm-cache;fwd=uri-miss;stored', answer]);
}

describe('the proxy over a backend it was not built with', () => {
  it('named by a path beside config.yaml', async () => {
    await expectToOutliveTheProcess(CONFIG);
    expect(await readdir(join(folder, '.llm-cache-files'))).toHaveLength(2);
  });

  it('named as a package installed beside config.yaml', async () => {
    await installAsPackage('llm-cache-files');
    const config = join(folder, 'config.yaml');
    await writeFile(
      config,
      JSON.stringify(configuration({ type: 'llm-cache-files', files_dir: './answers' })),
    );
    await expectToOutliveTheProcess(config);
    expect(await readdir(join(folder, 'answers'))).toHaveLength(2);
  });

  it('says what is wrong with its options', async () => {
    await installAsPackage('llm-cache-files');
    const config = join(folder, 'config.yaml');
    const params = { type: 'llm-cache-files', files_dir: 7, files_colour: 'red' };
    await writeFile(config, JSON.stringify(configuration(params)));
    const { exitCode, said } = await checkConfig({ config, workingDirectory: folder });
    expect(exitCode).toBe(1);
    expect(said).toMatch(/litellm_settings\.cache_params\.files_dir: .*string/);
    expect(said).toMatch(/litellm_settings\.cache_params: .*"files_colour"/);
  });

  it('says where a package was looked for', async () => {
    const config = join(folder, 'config.yaml');
    await writeFile(config, JSON.stringify(configuration({ type: 'llm-cache-fiels' })));
    const { exitCode, said } = await checkConfig({ config, workingDirectory: folder });
    expect(exitCode).toBe(1);
    expect(said).toContain(`there is no package "llm-cache-fiels" in ${folder}`);
    expect(said).toContain('"npm i llm-cache-fiels"');
  });
});

function configuration(params: object): object {
  const mock_response = 'A file keeps an answer longer than a process.';
  return {
    model_list: [{ model_name: 'demo', litellm_params: { model: 'openai/demo', mock_response } }],
    litellm_settings: { cache: true, cache_params: params },
  };
}

/** What publishing it and `npm i` would leave: JavaScript, and the packages it depends on. */
async function installAsPackage(name: string): Promise<void> {
  const installed = join(folder, 'node_modules', name);
  await build({
    entryPoints: [join(import.meta.dirname, 'index.ts')],
    outfile: join(installed, 'dist', 'index.js'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['@cache/core'],
  });
  const manifest = { name, version: '1.0.0', type: 'module', exports: './dist/index.js' };
  await writeFile(join(installed, 'package.json'), JSON.stringify(manifest));
  await mkdir(join(folder, 'node_modules', '@cache'));
  await symlink(CORE, join(folder, 'node_modules', '@cache', 'core'));
}
