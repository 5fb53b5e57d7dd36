import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { blocksOf, type Block } from './blocks.ts';
import { outputProblems } from './expected-output.ts';
import { runModule } from './run-module.ts';
import { typeProblems } from './type-check.ts';

const example = (code: string): Block => ({
  place: 'x.md:1',
  folder: import.meta.dirname,
  language: 'ts',
  meta: '',
  code,
});

describe('finding blocks', () => {
  it('takes language, meta, code and line', () => {
    const markdown = [
      'text',
      '',
      '```ts',
      'one();',
      '',
      'two();',
      '```',
      '```SH quietly',
      'ls',
      '```',
      '```',
      '```',
    ];
    expect(blocksOf(markdown.join('\n'))).toEqual([
      { line: 3, language: 'ts', meta: '', code: 'one();\n\ntwo();\n' },
      { line: 8, language: 'sh', meta: 'quietly', code: 'ls\n' },
      { line: 11, language: '', meta: '', code: '' },
    ]);
  });

  it('takes indented blocks of lists, and longer fences around shorter ones', () => {
    const markdown =
      '1. so:\n\n   ```ts\n   if (x) {\n     y();\n   }\n   ```\n\n````text\n```ts\nno\n```\n````\n';
    expect(blocksOf(markdown).map(({ language, code }) => [language, code])).toEqual([
      ['ts', 'if (x) {\n  y();\n}\n'],
      ['text', '```ts\nno\n```\n'],
    ]);
  });
});

describe('comparing output', () => {
  it.each([
    ['log(1); // -> 1\nlog(2); // -> 2', '1\n2\n'],
    ['loop(); // -> 1\n// -> 2', '1\n2\n'],
    ['log(key); // -> key ...', 'key 0a1b\n'],
    ['silent(); // and -> nothing said', ''],
  ])('%j may print %j', (code, output) => {
    expect(outputProblems(code, output)).toEqual([]);
  });

  it.each([
    ['log(1); // -> 1', '2\n', 'says "1" and prints "2"'],
    ['log(1); // -> 1', '', 'says "1" and prints nothing there'],
    ['log(1);', '1\n', 'prints "1", which no "// ->" says'],
    ['log(1); // -> a.c', 'abc\n', 'says "a.c" and prints "abc"'],
  ])('%j may not print %j', (code, output, problem) => {
    expect(outputProblems(code, output)).toEqual([problem]);
  });
});

describe('running a block', () => {
  it('resolves imports from the folder, strips types, and has a provider in the place of OpenAI', async () => {
    const code = `
      import OpenAI from 'openai';
      import { memoryStore, type CacheStore } from '@cache/core';
      const store: CacheStore = memoryStore();
      console.log(store.name); // -> local
      console.log((await new OpenAI().models.list()).data.length); // -> 1
    `;
    expect(await runModule(example(code))).toEqual([]);
  });

  it('tells a block that throws, that names what does not exist, that says what is not so', async () => {
    expect(await runModule(example("throw new Error('by design')"))).toEqual(
      expect.arrayContaining(['ends with exit code 1', 'Error: by design']),
    );
    expect((await runModule(example("import { nothing } from '@cache/core';"))).join()).toContain(
      "'nothing'",
    );
    expect(await runModule(example('console.log(1); // -> 2'))).toEqual(['says "2" and prints "1"']);
  });
});

describe('type-checking blocks', () => {
  it('sees our sources and the SDK, and tells what is wrong where', () => {
    const good = example("import { memoryStore } from '@cache/core';\nawait memoryStore().ping();");
    const wrong = example("import { Cache } from '@cache/core';\nnew Cache({ store: 1 });");
    const unknown = example("import { nothing } from '@cache/core/client';");
    const problems = typeProblems([good, wrong, unknown], join(import.meta.dirname, '..', '..'));
    expect(problems).toEqual([
      expect.stringMatching(/^x\.md:1, line 2 of the block: Type 'number' is not assignable/),
      expect.stringContaining("has no exported member 'nothing'"),
    ]);
  }, 60_000);
});
