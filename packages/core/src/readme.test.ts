import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CACHE_ERRORS, CacheError, type CacheErrorCode } from './contract/errors.ts';
import { parseControls } from './control/body-controls.ts';
import { Cache } from './engine/cache.ts';
import { memoryStore, type MemoryStoreOptions } from './memory/memory-store.ts';

const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');

/** The rows of the table whose head begins with `head`, cells trimmed; a later table of the same head by `index`. */
function tableOf(head: string, index = 0): string[][] {
  const tables = readme.split(/\n{2,}/).filter((block) => block.startsWith(`| ${head} `));
  const rows = (tables[index] ?? '').split('\n').slice(2);
  return rows
    .filter((row) => row !== '')
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** Every name in backticks of the first column. */
function namesIn(rows: readonly string[][]): string[] {
  return rows
    .flatMap(([first = '']) => [...first.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''))
    .sort();
}

/** The names a refusal of an unknown name lists. */
function listed(refused: () => unknown, pattern: RegExp): string[] {
  try {
    refused();
  } catch (error) {
    if (CacheError.is(error)) return (pattern.exec(error.message)?.[1] ?? '').split(', ').sort();
  }
  throw new Error('nothing was refused');
}

describe('the tables of the README agree with the code', () => {
  it('error codes, and which are retryable', () => {
    const said = tableOf('code').map(([code = '', , retryable]) => [code.replaceAll('`', ''), retryable]);
    const codes = Object.keys(CACHE_ERRORS) as CacheErrorCode[];
    expect(said).toEqual(codes.map((code) => [code, CACHE_ERRORS[code].retryable ? 'yes' : 'no']));
  });

  it('controls', () => {
    const known = listed(() => parseControls({ zzzzzzzzzzzzzzzzzzzzz: 1 }), /known are (.*)$/);
    expect(known.length).toBeGreaterThan(5);
    expect(namesIn(tableOf('control'))).toEqual(known);
  });

  it('options of Cache, and which of them refuse 0', () => {
    const rows = tableOf('option');
    const known = listed(() => new Cache({ nonsense: 1 } as never), /one of (.*), got/);
    expect(known.length).toBeGreaterThan(10);
    expect(namesIn(rows)).toEqual(known);
    for (const [option = '', unit, , , zero] of rows.filter(([, given]) => given !== '')) {
      const make = (): unknown => new Cache({ store: memoryStore(), [option.replaceAll('`', '')]: 0 });
      if (zero === 'refused') expect(make).toThrow(unit === '' ? '' : 'must be');
      else expect(make).not.toThrow();
    }
  });

  it('options of memoryStore, and that all of them refuse 0', () => {
    const known: Record<keyof MemoryStoreOptions, true> = {
      maxBytes: true,
      maxEntries: true,
      maxEntryBytes: true,
      clock: true,
    };
    const rows = tableOf('option', 1);
    expect(namesIn(rows)).toEqual(Object.keys(known).sort());
    for (const [option = ''] of rows.filter(([, unit]) => unit !== '')) {
      expect(() => memoryStore({ [option.replaceAll('`', '')]: 0 })).toThrow('must be a positive integer');
    }
  });

  it('defaults that are numbers', () => {
    const { joinSeconds, maxEntryBytes } = new Cache({ store: memoryStore() }).options;
    const defaults = new Map(
      tableOf('option').map(([option, , value = '']) => [option, value.replaceAll(',', '')]),
    );
    expect(defaults.get('`joinSeconds`')).toBe(String(joinSeconds));
    expect(defaults.get('`maxEntryBytes`')).toBe(String(maxEntryBytes));
    expect(defaults.get('`ttlSeconds`')).toContain(String(memoryStore().defaultTtlSeconds));
  });
});
