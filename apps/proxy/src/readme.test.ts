import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { loadConfig } from '@cache/proxy';
import { bash, startApp } from './app.fixture.ts';

/** Starting processes takes its time on a busy machine. */
jest.setTimeout(30_000);

const WORKSPACE = join(import.meta.dirname, '..', '..', '..');
const README = readFileSync(join(WORKSPACE, 'apps', 'proxy', 'README.md'), 'utf8');
const CONFIGURATION = readFileSync(join(WORKSPACE, 'docs', 'configuration.md'), 'utf8');

function blocksOf(markdown: string, language: string): string[] {
  return [...markdown.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm'))].map(
    ([, code]) => code ?? '',
  );
}

/** The lines behind `# ->`; `...` stands for any text. */
function saidOutput(block: string): RegExp {
  const lines = [...block.matchAll(/^# -> (.*)$/gm)].map(([, line]) => line ?? '');
  const patterns = lines.map((line) =>
    line
      .split('...')
      .map((part) => escaped(part))
      .join('.+'),
  );
  return new RegExp(`^${patterns.join('\n')}$`);
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

/** The command, from its source. */
const CACHE_PROXY = `${process.execPath} --conditions=@cache/source ${join(import.meta.dirname, 'main.ts')}`;

describe('the README', () => {
  it('has commands that do what stands below them, one after the other', async () => {
    const blocks = blocksOf(README, 'sh').filter((block) => !block.startsWith('npm '));
    expect(blocks.length).toBeGreaterThan(6);
    await using app = await startApp();
    for (const block of blocks) {
      const script = block.replaceAll('http://127.0.0.1:4000', app.url).replace(/^cache-proxy/, CACHE_PROXY);
      const output = await bash(script);
      expect(output.replaceAll('\r', '').trimEnd()).toMatch(saidOutput(block));
    }
  });

  it('names every option of the command line', async () => {
    const help = await bash(`${CACHE_PROXY} --help`);
    const options = [...new Set(help.match(/--[a-z-]+/g))];
    expect(options).toContain('--check');
    expect(options.filter((option) => !README.includes(`\`${option}`))).toEqual([]);
  });

  it('names every metric that is ours or has a name of LiteLLM, and no other', async () => {
    await using app = await startApp();
    const metrics = await bash(`curl -s ${app.url}/metrics`);
    const scraped = [...metrics.matchAll(/^# TYPE ((?:litellm|llm_cache)_\w+)/gm)].map(([, name]) => name);
    const written = [...README.matchAll(/^\| `((?:litellm|llm_cache)_\w+)`/gm)].map(([, name]) => name);
    expect(written.toSorted()).toEqual(scraped.toSorted());
  });

  it('and the documentation show configurations without a mistake', () => {
    const blocks = [...blocksOf(README, 'yaml'), ...blocksOf(CONFIGURATION, 'yaml')];
    expect(blocks.length).toBeGreaterThan(1);
    const variables = blocks.join('\n').matchAll(/os\.environ\/(\w+)/g);
    const environment = Object.fromEntries([...variables].map(([, name]) => [name, 'sk-x']));
    for (const text of blocks) {
      expect(loadConfig({ text, environment, workingDirectory: import.meta.dirname }).warnings).toEqual([]);
    }
  });
});
