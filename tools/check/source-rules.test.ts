import { describe, expect, it } from '@jest/globals';
import { sourceProblems } from './source-rules.ts';

/** Put together, so that the check does not find them here. */
const unfinishedWord = ['TO', 'DO'].join('');
const machinePath = ['', 'work', 'main', 'x.ts'].join('/');
const only = ['it', 'only(', ''].join('.').slice(0, -1);

const lintSwitch = ['eslint', 'disable'].join('-');
const resolvedMember = ['resol', 'ved'].join('');
const typeSwitch = ['@ts', 'ignore'].join('-');

const longFile = (lines: number): string => 'const x = 1;\n'.repeat(lines);

describe('rules about a source file', () => {
  it.each([
    ['a path of one machine', 'docs/guide.md', `see ${machinePath}`],
    ['a path of one machine', 'README.md', ['', 'root', '.npmrc'].join('/')],
    [
      'a download address',
      'package-lock.json',
      `      "${resolvedMember}": "https://registry.example/x.tgz",`,
    ],
    ['unfinished', 'packages/core/src/x.ts', `// ${unfinishedWord} later`],
    ['switches the others off', 'packages/core/src/x.test.ts', `${only}'x', () => {});`],
    ['a lint rule switched off', 'packages/core/src/x.ts', `/* ${lintSwitch} */`],
    [
      'a lint rule switched off',
      'packages/core/src/x.ts',
      `// ${lintSwitch}-line @typescript-eslint/no-explicit-any`,
    ],
    ['type check switched off', 'packages/core/src/x.ts', `// ${typeSwitch}`],
  ])('finds %s in %s: %s', (problem, file, text) => {
    expect(sourceProblems(file, text)).toEqual([expect.stringContaining(problem)]);
  });

  it.each([
    [
      'packages/core/src/x.ts',
      '// eslint-disable-next-line no-control-regex -- the header grammar names them',
    ],
    ['packages/core/src/x.ts', "import x from './framework/root/x.ts';"],
    ['package-lock.json', '      "resolved": "packages/core",'],
  ])('leaves %s alone: %s', (file, text) => {
    expect(sourceProblems(file, text)).toEqual([]);
  });

  it('names the line', () => {
    expect(sourceProblems('x.ts', `const a = 1;\n// ${unfinishedWord}\n`)[0]).toMatch(/^x\.ts:2: /);
  });

  it('allows 300 lines and no more, tests and fixtures aside', () => {
    expect(sourceProblems('packages/core/src/x.ts', longFile(300))).toEqual([]);
    expect(sourceProblems('packages/core/src/x.ts', longFile(301))).toEqual([
      expect.stringContaining('301 lines'),
    ]);
    expect(sourceProblems('packages/core/src/x.test.ts', longFile(301))).toEqual([]);
    expect(sourceProblems('packages/core/src/x.fixture.ts', longFile(301))).toEqual([]);
  });
});
