import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { findBlocks } from './blocks.ts';
import { KINDS } from './kinds.ts';
import { typeProblems } from './type-check.ts';

const workspaceRoot = join(import.meta.dirname, '..', '..');
const blocks = findBlocks(workspaceRoot);
const runnable = blocks.flatMap((block) => {
  const kind = KINDS[block.language];
  return kind !== undefined && 'run' in kind ? [{ place: block.place, block, run: kind.run }] : [];
});

describe('every example works', () => {
  it.each(runnable)(
    '$place',
    async ({ block, run }) => {
      expect(await run(block)).toEqual([]);
    },
    60_000,
  );

  it('every one in TypeScript compiles under strict options', () => {
    const typed = blocks.filter(({ language }) => language === 'ts');
    expect(typeProblems(typed, workspaceRoot)).toEqual([]);
  }, 60_000);

  it('there are some, among them those of the library', () => {
    const ofCore = runnable.filter(({ place }) => place.startsWith('packages/core/README.md'));
    expect(ofCore.length).toBeGreaterThanOrEqual(5);
  });

  it('every block names a language of the table, and none is switched off', () => {
    const unknown = blocks.filter(({ language }) => KINDS[language] === undefined);
    const marked = blocks.filter(({ meta }) => meta !== '');
    expect([...unknown, ...marked].map(({ place }) => place)).toEqual([]);
  });
});
