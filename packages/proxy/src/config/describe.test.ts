import { describe, expect, it } from '@jest/globals';
import { describeConfig } from './describe.ts';
import { loadConfig } from './load.ts';

function linesOf(text: string, environment: Record<string, string> = {}): string[] {
  const fileSystem = { readText: (): undefined => undefined };
  return describeConfig(loadConfig({ text, environment, workingDirectory: '/app', fileSystem }).config);
}

const cached = (params: string): string[] =>
  linesOf(`litellm_settings: {cache: true, cache_params: {${params}}}`);
const lineOf = (lines: readonly string[], start: string): string | undefined =>
  lines.find((line) => line.startsWith(`${start}: `));

describe('the start-up lines', () => {
  it('say that nothing is cached', () => {
    expect(linesOf('')).toEqual([
      'cache: off (litellm_settings.cache is not true)',
      'models: * (whatever the client asks for)',
      'key: none needed (no general_settings.master_key)',
    ]);
  });

  it('say what the cache runs with', () => {
    expect(cached('')).toEqual([
      'cache: local (no type and no Redis address is configured)',
      'scope: key (each API key has answers of its own)',
      'ttl: 600 s (the default of local)',
      'mode: default_on',
      'models: * (whatever the client asks for)',
      'key: none needed (no general_settings.master_key)',
    ]);
  });

  it.each([
    ['type: local', '600 s (the default of local)'],
    ['type: local, ttl: 5', '5 s (cache_params.ttl)'],
    ['type: local, ttl: 5, default_in_memory_ttl: 7', '7 s (cache_params.default_in_memory_ttl)'],
    ['type: local, default_in_redis_ttl: 7', '600 s (the default of local)'],
    ['type: local, ttl: 0', '0 s (cache_params.ttl): nothing is stored'],
    ['type: redis', '60 s (the default of redis); copies in memory live at most 60 s'],
    [
      'type: redis, ttl: 5, default_in_redis_ttl: 7, default_in_memory_ttl: 3',
      '7 s (cache_params.default_in_redis_ttl); copies in memory live at most 3 s',
    ],
    [
      'type: valkey-semantic, default_in_redis_ttl: 7',
      '7 s (cache_params.default_in_redis_ttl); copies in memory live at most 60 s',
    ],
    ['type: s3', 'none (the default of s3); copies in memory live at most 60 s'],
    ['type: disk, ttl: 5', '5 s (cache_params.ttl); copies in memory live at most 60 s'],
  ])('say which lifetime is in force: %s', (params, expected) => {
    expect(lineOf(cached(params), 'ttl')).toBe(`ttl: ${expected}`);
  });

  it('name the namespace, the scope, the mode and the call types', () => {
    const lines = cached('namespace: acme, scope: global, mode: default_off, supported_call_types: []');
    expect(lineOf(lines, 'namespace')).toBe('namespace: acme');
    expect(lineOf(lines, 'scope')).toContain('global (everybody shares answers');
    expect(lineOf(lines, 'mode')).toContain('default_off (only requests with use-cache: true');
    expect(lineOf(lines, 'call types')).toBe('call types: none, so no response is cached');
  });

  it('name each model once, and not more than ten', () => {
    const models = Array.from(
      { length: 12 },
      (_, index) => `{model_name: m${index}, litellm_params: {model: x}}`,
    );
    const line = lineOf(linesOf(`model_list: [${[...models, ...models].join(', ')}]`), 'models');
    expect(line).toBe('models: m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, and 2 more');
  });

  it('hold no secret', () => {
    const text = `
model_list: [{model_name: m, litellm_params: {model: m, api_key: sk-hush-1, extra_headers: {x: sk-hush-2}}}]
litellm_settings: {cache: true, cache_params: {type: redis, password: sk-hush-3}}
general_settings: {master_key: sk-hush-4, database_url: "postgresql://sk-hush-5"}
`;
    const lines = linesOf(text, { OPENAI_API_KEY: 'sk-hush-6' });
    expect(lines.join('\n')).not.toContain('hush');
    expect(lineOf(lines, 'key')).toBe('key: needed (general_settings.master_key is set)');
  });
});
