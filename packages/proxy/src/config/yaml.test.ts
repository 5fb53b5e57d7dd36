import { describe, expect, it } from '@jest/globals';
import { ConfigError } from './problem.ts';
import { readYaml } from './yaml.ts';

const valueOf = (text: string): unknown => readYaml(text).value;
const scalarOf = (text: string): unknown => (valueOf(`member: ${text}`) as { member: unknown }).member;

function problemsOf(text: string, file?: string): string {
  try {
    readYaml(text, file);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('the text was accepted');
}

describe('scalars mean what PyYAML says they mean', () => {
  // The right column was printed by PyYAML 6.0.3.
  const cases: readonly [string, unknown][] = [
    ['True', true],
    ['true', true],
    ['TRUE', true],
    ['yes', true],
    ['ON', true],
    ['False', false],
    ['no', false],
    ['Off', false],
    ['y', 'y'],
    ['n', 'n'],
    ['tRue', 'tRue'],
    ['~', null],
    ['null', null],
    ['Null', null],
    ['NULL', null],
    ['', null],
    ['017', 15],
    ['0_7', 7],
    ['0o17', '0o17'],
    ['08', '08'],
    ['0x1F', 31],
    ['0b11', 3],
    ['1_000', 1000],
    ['1__0', 10],
    ['_1', '_1'],
    ['+12', 12],
    ['-0', 0],
    ['0', 0],
    ['190:20:30', 685_230],
    ['-190:20', -11_420],
    ['0:30', '0:30'],
    ['1:30.5', 90.5],
    ['1e3', '1e3'],
    ['1.5e3', '1.5e3'],
    ['1.5e+3', 1500],
    ['.5', 0.5],
    ['5.', 5],
    ['-.5', '-.5'],
    ['-1_0.2_5', -10.25],
    ['.inf', Infinity],
    ['-.INF', -Infinity],
    ['.nan', NaN],
    ['"yes"', 'yes'],
    ["'1'", '1'],
    ['!!str 12', '12'],
    ['!!int "12"', 12],
  ];

  it.each(cases)('%s', (source, expected) => {
    const value = scalarOf(source);
    expect(value === 0 ? 0 : value).toEqual(expected);
  });

  it('keeps dates as the strings they were', () => {
    expect(scalarOf('2006-03-01')).toBe('2006-03-01');
    expect(scalarOf('2001-12-14T21:59:43Z')).toBe('2001-12-14T21:59:43Z');
  });
});

describe('structure', () => {
  it('is null for an empty file, and for one of comments', () => {
    expect(valueOf('')).toBeNull();
    expect(valueOf('# nothing\n---\n')).toBeNull();
  });

  it('follows anchors, each place with values of its own', () => {
    const value = valueOf('a: &x {p: [1]}\nb: *x\n') as { a: { p: number[] }; b: { p: number[] } };
    expect(value).toEqual({ a: { p: [1] }, b: { p: [1] } });
    expect(value.a).not.toBe(value.b);
  });

  it('merges: own members win, the first of a list wins, the last of several merge keys wins', () => {
    const anchors = 'x: &x {p: 1, q: 1}\ny: &y {p: 2, r: 2}\n';
    const merged = (text: string): unknown => (valueOf(`${anchors}c:\n${text}`) as { c: unknown }).c;
    expect(merged('  p: 3\n  <<: *x\n')).toEqual({ p: 3, q: 1 });
    expect(merged('  <<: [*x, *y]\n')).toEqual({ p: 1, q: 1, r: 2 });
    expect(merged('  <<: *x\n  <<: *y\n')).toEqual({ p: 2, q: 1, r: 2 });
    expect(merged('  "<<": 1\n')).toEqual({ '<<': 1 });
  });

  it('names members by what is written', () => {
    expect(valueOf('on: 1\n12: 2\n~: 3\n')).toEqual({ on: 1, '12': 2, '~': 3 });
  });

  it('takes __proto__ as a name', () => {
    const value = valueOf('__proto__: {polluted: true}') as object;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it('accepts a closing bracket at the margin, as PyYAML does', () => {
    expect(valueOf('list: [\n  1,\n  2\n]\n')).toEqual({ list: [1, 2] });
  });

  it('takes the last of duplicate members and says so', () => {
    const file = readYaml('cache: true\nother: 1\ncache: false\n', 'config.yaml');
    expect(file.value).toEqual({ cache: false, other: 1 });
    expect(file.warnings).toEqual([
      {
        file: 'config.yaml',
        position: { line: 3, column: 1 },
        path: 'cache',
        message: 'is given twice; this one, the last, counts',
      },
    ]);
  });
});

describe('positions', () => {
  const file = readYaml(
    '# top\nmodel_list:\n  - model_name: a\n    litellm_params: &p\n      model: b\n  - *p\n',
  );

  it('finds members, items, and what an alias brought', () => {
    expect(file.locate(['model_list', 0, 'litellm_params', 'model'])).toEqual({ line: 5, column: 7 });
    expect(file.locate(['model_list', 1])).toEqual({ line: 6, column: 5 });
    expect(file.locate(['model_list', 1, 'model'])).toEqual({ line: 5, column: 7 });
  });

  it('finds the nearest parent of what is missing', () => {
    expect(file.locate(['model_list', 0, 'litellm_params', 'api_key'])).toEqual({ line: 4, column: 5 });
    expect(file.locate(['general_settings'])).toEqual({ line: 1, column: 1 });
  });
});

describe('what cannot be read', () => {
  it('is refused with file and line, all errors at once', () => {
    const text = problemsOf('a: "open\nb: [1\n', 'config.yaml');
    expect(text).toMatch(/^config\.yaml:\d+: not readable as YAML: /);
  });

  it('names the line of a wrong indentation', () => {
    expect(problemsOf('a:\n    b: 1\n  c: 2\n', 'c.yaml')).toContain('c.yaml:3: not readable as YAML');
  });

  it.each([
    ['several documents', 'a: 1\n---\nb: 2\n'],
    ['unknown tags', 'a: !vault secret\n'],
    ["Python's own tags", 'a: !!python/object/apply:os.system [ls]\n'],
    ['an unknown alias', 'a: *nowhere\n'],
    ['a mapping as a name', '? {a: 1}\n: 2\n'],
    ['a merge of a scalar', '<<: 1\n'],
  ])('refuses %s', (_name, text) => {
    expect(problemsOf(text)).toMatch(/^configuration:\d+: /);
  });

  it('refuses a value inside itself', () => {
    expect(problemsOf('a: &a\n  b: *a\n')).toContain('an alias stands inside the value it refers to');
  });

  it('refuses aliases that multiply without end', () => {
    const lines = ['a0: &a0 [1,1,1,1,1,1,1,1,1,1]'];
    for (let level = 1; level < 10; level += 1) {
      lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(',')}]`);
    }
    expect(problemsOf(lines.join('\n'))).toContain('more than 100000 values');
  });
});
