import { describe, expect, it } from '@jest/globals';
import { mergeEnvironments, resolveReferences, variable, withDotenvFiles } from './environment.ts';

const fileSystemOf = (files: Record<string, string>): { readText(path: string): string | undefined } => ({
  readText: (path) => files[path],
});

describe('.env files', () => {
  it('are read in order: the environment wins, then the first file', () => {
    const environment = withDotenvFiles(
      { A: 'environment' },
      ['/first/.env', '/second/.env', '/missing/.env'],
      fileSystemOf({ '/first/.env': 'A=first\nB=first\n', '/second/.env': 'A=second\nB=second\nC=second\n' }),
    );
    expect({ ...environment }).toEqual({ A: 'environment', B: 'first', C: 'second' });
  });

  it("are read as LiteLLM's documentation writes them", () => {
    const text = [
      'REDIS_CLUSTER_NODES = "[{"host": "127.0.0.1", "port": "7001"}]"',
      `REDIS_SENTINEL_NODES='[["localhost", 26379]]'`,
      'REDIS_SSL="True"',
      'REDIS_URL = ""        # REDIS_URL=\'redis://username:password@hostname:port/database\'',
      'export OPENAI_API_KEY=sk-example # the key',
    ].join('\n');
    const environment = withDotenvFiles({}, ['.env'], fileSystemOf({ '.env': text }));
    expect(JSON.parse(environment['REDIS_CLUSTER_NODES'] ?? '')).toEqual([
      { host: '127.0.0.1', port: '7001' },
    ]);
    expect(JSON.parse(environment['REDIS_SENTINEL_NODES'] ?? '')).toEqual([['localhost', 26379]]);
    expect(environment['REDIS_SSL']).toBe('True');
    expect(environment['REDIS_URL']).toBe('');
    expect(environment['OPENAI_API_KEY']).toBe('sk-example');
  });
});

describe('variables', () => {
  it('are absent when blank', () => {
    expect(variable({ A: ' \t' }, 'A')).toBeUndefined();
    expect(variable({ A: ' b ' }, 'A')).toBe('b');
    expect(variable({}, 'A')).toBeUndefined();
  });

  it('are never taken from what every object has', () => {
    expect(variable(mergeEnvironments({ A: 'a' }), 'constructor')).toBeUndefined();
  });
});

describe('os.environ references', () => {
  const environment = mergeEnvironments({
    HOST: 'cache.internal',
    PORT: '6380',
    EMPTY: '',
    'DOTTED.NAME': 'dotted',
  });

  it('are replaced wherever they stand', () => {
    const { value, problems, references } = resolveReferences(
      {
        a: 'os.environ/HOST',
        b: [{ c: 'redis://os.environ/HOST:os.environ/PORT/0' }],
        d: 1,
        e: null,
        f: 'plain',
      },
      environment,
    );
    expect(value).toEqual({
      a: 'cache.internal',
      b: [{ c: 'redis://cache.internal:6380/0' }],
      d: 1,
      e: null,
      f: 'plain',
    });
    expect(problems).toEqual([]);
    expect(references).toContainEqual({ path: ['a'], variable: 'HOST' });
    expect(references).toContainEqual({ path: ['b', 0, 'c'], variable: 'PORT' });
    expect(references).toHaveLength(3);
  });

  it('take an empty variable as the empty text it is', () => {
    expect(resolveReferences({ a: 'os.environ/EMPTY' }, environment)).toMatchObject({
      value: { a: '' },
      problems: [],
    });
  });

  it('take the whole rest for the name where there is such a variable', () => {
    expect(resolveReferences(['os.environ/DOTTED.NAME'], environment).value).toEqual(['dotted']);
  });

  it('that are a whole value and missing are problems that name variable and place', () => {
    expect(resolveReferences({ list: [{ api_key: 'os.environ/NOT_SET' }] }, environment).problems).toEqual([
      {
        path: ['list', 0, 'api_key'],
        message: 'expected the environment variable NOT_SET, which is not set',
      },
    ]);
  });

  it('inside a longer text and missing stay as written, with a warning', () => {
    const text = 'Put os.environ/NOT_SET into the file.';
    const { value, problems, warnings } = resolveReferences({ mock_response: text }, environment);
    expect(value).toEqual({ mock_response: text });
    expect(problems).toEqual([]);
    expect(warnings).toHaveLength(1);
  });

  it('do not chain: what a variable holds is not looked into', () => {
    expect(resolveReferences(['os.environ/A'], { A: 'os.environ/HOST', HOST: 'x' }).value).toEqual([
      'os.environ/HOST',
    ]);
  });
});
