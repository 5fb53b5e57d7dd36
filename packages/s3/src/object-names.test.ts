import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { ObjectNames } from './object-names.ts';

const HASH = 'f'.repeat(64);

/** Made of what is likely to clash. */
const key = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(':', '/', '.', '%', '\\', 'A', '2', 'F', ' ', '\0', '\n', '\u0085', '\uFFFE'),
      fc.string({ unit: 'grapheme', maxLength: 1 }),
    ),
    minLength: 1,
    maxLength: 12,
  })
  .filter((text) => text !== '');
const path = fc.constantFrom('', 'cache', 'team a/cache/', '..', '/');

describe("the cache's own keys are named as LiteLLM names them", () => {
  it.each([
    ['', `litellm.caching.caching:${HASH}`, `litellm.caching.caching/${HASH}`],
    ['', HASH, HASH],
    ['cache', `team-a:0a1b:${HASH}`, `cache/team-a/0a1b/${HASH}`],
    ['my/cache//', `.hidden:a.b_c-d:${HASH}`, `my/cache/.hidden/a.b_c-d/${HASH}`],
  ])('path %j, key %j: %j', (path, key, name) => {
    expect(new ObjectNames(path).nameOf(key)).toBe(name);
  });

  it('the longest a request can make fits beside the longest path', () => {
    const { maxKeyBytes } = new ObjectNames('p'.repeat(240));
    expect(maxKeyBytes).toBeGreaterThanOrEqual(`${'n'.repeat(128)}:${HASH}:${HASH}`.length);
  });
});

describe('other keys', () => {
  it.each([
    ['a/b', 'a%2Fb'],
    ['a%2Fb', 'a%252Fb'],
    ['a\\b', 'a%5Cb'],
    ['a::b', 'a/%3Ab'],
    ['a:', 'a%3A'],
    [':a', '%3Aa'],
    ['..:.:...', '%2E%2E/%2E/...'],
    ['a\0\n', 'a%00%0A'],
    ['\u4e2d e\u0301', '\u4e2d e\u0301'],
  ])('%j is %j', (key, name) => {
    expect(new ObjectNames('').nameOf(key)).toBe(name);
  });

  it('are read back from their names, so that no two share one', () => {
    fc.assert(
      fc.property(path, key, (path, key) => {
        const names = new ObjectNames(path);
        expect(names.keyOf(names.nameOf(key))).toBe(key);
      }),
    );
  });

  it('up to maxKeyBytes have names S3 takes: no empty, dotted or control segment, 1,024 bytes', () => {
    fc.assert(
      fc.property(path, fc.array(key, { minLength: 1, maxLength: 60 }), (path, parts) => {
        const names = new ObjectNames(path);
        const whole = parts.join('').toWellFormed();
        if (Buffer.byteLength(whole) > names.maxKeyBytes) return;
        const name = names.nameOf(whole);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(1024);
        const own = name.slice(names.folder.length);
        expect(own.split('/').filter((segment) => ['', '.', '..'].includes(segment))).toEqual([]);
        expect(own).not.toMatch(/[\p{Cc}\\\uFFFE\uFFFF]/u);
      }),
    );
  });
});

describe('listing', () => {
  it('of any prefix finds every key that starts with it, once', () => {
    fc.assert(
      fc.property(path, key, fc.nat(12), (path, key, length) => {
        const names = new ObjectNames(path);
        const prefix = key.slice(0, length).toWellFormed();
        if (!key.startsWith(prefix)) return;
        const name = names.nameOf(key);
        expect(names.beginningsOf(prefix).filter((beginning) => name.startsWith(beginning))).toHaveLength(1);
      }),
    );
  });

  it('of a namespace asks for its folder', () => {
    expect(new ObjectNames('cache').beginningsOf('team:')).toEqual(['cache/team/', 'cache/team%3A']);
  });

  it.each([
    'other/a',
    'cache/a/',
    'cache//a',
    'cache/%zz',
    'cache/a%2fb',
    'cache/../a',
    'cache/a%41',
    'cache/',
  ])('passes over %j, which is no name of a key', (name) => {
    expect(new ObjectNames('cache').keyOf(name)).toBeUndefined();
  });
});
