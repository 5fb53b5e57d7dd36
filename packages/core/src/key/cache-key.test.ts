import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NAMESPACE_PATTERN, answerChangingHeaders, cacheKey, isCacheKey, keyPrefix } from './cache-key.ts';
import { picks, shuffled } from './json.fixture.ts';

const HASH = 'f'.repeat(64);

describe('answerChangingHeaders', () => {
  it('picks them whatever their case, lower-case and sorted', () => {
    const headers = new Headers({
      authorization: 'Bearer x',
      accept: '*/*',
      'X-Request-Id': '1',
      'OpenAI-Project': 'p',
    });
    const pairs: [string, string][] = [
      ['OpenAI-Organization', 'o'],
      ['anthropic-Version', '2023-06-01'],
      ['Anthropic-Beta', 'b'],
      ['x-any-BETA', 'c'],
      ['beta', 'd'],
      ['x-beta-y', 'e'],
      ...headers,
    ];
    fc.assert(
      fc.property(picks, (pick) => {
        expect(answerChangingHeaders(shuffled(pairs, pick))).toEqual([
          ['anthropic-beta', 'b'],
          ['anthropic-version', '2023-06-01'],
          ['openai-organization', 'o'],
          ['openai-project', 'p'],
          ['x-any-beta', 'c'],
        ]);
      }),
    );
  });

  it('joins the values of a repeated name, as Headers does', () => {
    const lines: [string, string][] = [
      ['Anthropic-Beta', 'a'],
      ['anthropic-beta', 'b'],
    ];
    expect(answerChangingHeaders(lines)).toEqual([['anthropic-beta', 'a, b']]);
    expect(answerChangingHeaders(new Headers(lines))).toEqual(answerChangingHeaders(lines));
  });
});

describe('cacheKey', () => {
  const SCOPE = '0123456789abcdef0123456789abcdef';

  it('is shown as namespace, scope and hash, empty parts left out with their colon', () => {
    expect(cacheKey({ requestHash: HASH })).toMatch(/^[0-9a-f]{64}$/);
    expect(cacheKey({ namespace: '', scope: '', requestHash: HASH })).toBe(cacheKey({ requestHash: HASH }));
    expect(cacheKey({ namespace: 'litellm.caching.caching', requestHash: HASH })).toMatch(
      /^litellm\.caching\.caching:[0-9a-f]{64}$/,
    );
    expect(cacheKey({ scope: SCOPE, requestHash: HASH })).toMatch(
      /^0123456789abcdef0123456789abcdef:[0-9a-f]{64}$/,
    );
    expect(cacheKey({ namespace: 'n', scope: SCOPE, requestHash: HASH })).toMatch(
      /^n:[0-9a-f]{32}:[0-9a-f]{64}$/,
    );
  });

  it('is the same in every release', () => {
    expect(cacheKey({ namespace: 'team-a', scope: SCOPE, requestHash: HASH })).toBe(
      'team-a:0123456789abcdef0123456789abcdef:4f83c38719d17adb1173e8fc07738419a685bdcab222eb5f8f4fa8f6e516c00e',
    );
  });

  it('peer defect 2: differs wherever namespace, scope or request differ', () => {
    const part = fc.oneof(
      fc.constantFrom('', 'a', 'b', 'a:b', ':', 'a:', ':b'),
      fc.string({ unit: 'binary' }),
    );
    const parts = fc.record({ namespace: part, scope: part, requestHash: part });
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const areEqual = JSON.stringify(Object.values(one)) === JSON.stringify(Object.values(other));
        expect(cacheKey(one) === cacheKey(other)).toBe(areEqual);
      }),
      { numRuns: 1000 },
    );
  });

  it('peer defect 2: differs between namespace a:b without scope and namespace a with scope b', () => {
    const joined = cacheKey({ namespace: 'a:b', requestHash: HASH });
    const apart = cacheKey({ namespace: 'a', scope: 'b', requestHash: HASH });
    expect(joined.slice(0, 4)).toBe(apart.slice(0, 4));
    expect(joined).not.toBe(apart);
  });

  it('begins with the prefix that clear uses', () => {
    expect(keyPrefix()).toBe('');
    expect(keyPrefix('')).toBe('');
    expect(keyPrefix('a')).toBe('a:');
    expect(cacheKey({ namespace: 'a', scope: SCOPE, requestHash: HASH }).startsWith(keyPrefix('a'))).toBe(
      true,
    );
    expect(cacheKey({ namespace: 'ab', requestHash: HASH }).startsWith(keyPrefix('a'))).toBe(false);
  });
});

describe('isCacheKey', () => {
  it.each([
    {},
    { namespace: 'n' },
    { scope: 's' },
    { namespace: 'a:b', scope: 's' },
    { namespace: 'line\nbreak' },
  ])('knows the keys of %j', (parts) =>
    expect(isCacheKey(cacheKey({ ...parts, requestHash: HASH }))).toBe(true),
  );

  it.each([
    ['empty', ''],
    ['a session', 'session:42'],
    ['too short', 'a'.repeat(63)],
    ['too long', 'a'.repeat(65)],
    ['capitals', 'A'.repeat(64)],
    ['no hexadecimal digit', 'g'.repeat(64)],
    ['an empty part', `:${HASH}`],
    ['an empty part inside', `a::${HASH}`],
    ['something after it', `${HASH}:lock`],
    ['a line break after it', `${HASH}\n`],
    ['no colon before it', `user-${HASH}`],
  ])('spares %s', (_what, text) => expect(isCacheKey(text)).toBe(false));

  it('is quick about long keys of others', () => {
    expect(isCacheKey(`${'a:'.repeat(500_000)}x`)).toBe(false);
  });
});

describe('NAMESPACE_PATTERN', () => {
  it.each(['a', 'litellm.caching.caching', 'Team_A-1', 'x'.repeat(128)])('takes %s', (namespace) => {
    expect(NAMESPACE_PATTERN.test(namespace)).toBe(true);
  });

  it.each(['', 'a:b', 'a b', 'a*', 'a/b', 'ä', 'a\n', 'x'.repeat(129)])('refuses %j', (namespace) => {
    expect(NAMESPACE_PATTERN.test(namespace)).toBe(false);
  });
});
