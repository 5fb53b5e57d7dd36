import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CacheError } from '../contract/errors.ts';
import { parseControls } from './body-controls.ts';
import { NO_CONTROLS } from './policy.ts';

function refusal(member: unknown, source?: string): CacheError {
  try {
    parseControls(member, source);
  } catch (error) {
    if (CacheError.is(error, 'CACHE_INVALID_CONTROL')) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('parseControls', () => {
  it('reads every control', () => {
    expect(
      parseControls({
        'no-cache': true,
        'no-store': false,
        'use-cache': true,
        ttl: 60,
        's-maxage': 30,
        namespace: 'team.a_1-x',
        'stale-while-revalidate': 5,
        'stale-if-error': 600,
      }),
    ).toEqual({
      noCache: true,
      noStore: false,
      useCache: true,
      ttlSeconds: 60,
      maxAgeSeconds: 30,
      namespace: 'team.a_1-x',
      staleWhileRevalidateSeconds: 5,
      staleIfErrorSeconds: 600,
    });
  });

  it.each([undefined, null, {}])('takes %j for nothing said', (member) => {
    expect(parseControls(member)).toEqual({});
  });

  it('gives one and the same object where nothing is said', () => {
    expect(parseControls(null)).toBe(NO_CONTROLS);
    expect(parseControls(undefined)).toBe(NO_CONTROLS);
  });

  it('takes a member that is null or undefined for absent', () => {
    const controls = parseControls({ ttl: null, 'no-cache': null, namespace: undefined, 's-maxage': null });
    expect(Object.keys(controls)).toEqual([]);
  });

  describe('s-maxage and s-max-age', () => {
    it.each([
      [{ 's-maxage': 5 }, 5],
      [{ 's-max-age': 5 }, 5],
      [{ 's-maxage': 5, 's-max-age': 5 }, 5],
      [{ 's-maxage': 5, 's-max-age': 9 }, 5],
      [{ 's-maxage': 9, 's-max-age': 5 }, 5],
      [{ 's-maxage': 0, 's-max-age': 5 }, 0],
      [{ 's-maxage': null, 's-max-age': 5 }, 5],
      [{ 's-maxage': 5, 's-max-age': null }, 5],
    ])('%j is %d seconds', (member, expected) => {
      expect(parseControls(member)).toEqual({ maxAgeSeconds: expected });
    });
  });

  describe('peer defect 5: times', () => {
    const names = ['ttl', 's-maxage', 's-max-age', 'stale-while-revalidate', 'stale-if-error'];

    it.each(names)('%s: 0, fractions and huge values are taken as they are', (name) => {
      for (const seconds of [0, 0.25, 1e15, Number.MAX_VALUE]) {
        expect(Object.values(parseControls({ [name]: seconds }))).toEqual([seconds]);
      }
    });

    it.each(names)('%s: negative and not finite is refused', (name) => {
      for (const seconds of [-1, -0.001, Number.NaN, Infinity, -Infinity]) {
        const error = refusal({ [name]: seconds });
        expect(error.message).toBe(
          `cache.${name} must be a number of seconds, 0 or more, got ${seconds} (number)`,
        );
        expect(error.param).toBe(`cache.${name}`);
      }
    });

    it('a number kept by its source text is a number', () => {
      const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;
      expect(parseControls({ ttl: rawJson('9007199254740993') })).toEqual({ ttlSeconds: 2 ** 53 });
      expect(refusal({ ttl: rawJson('1e400') }).message).toContain('got Infinity (number)');
      expect(refusal(rawJson('1e400')).message).toContain('cache must be an object');
    });

    it('an object that only looks like such a number is none', () => {
      expect(refusal({ ttl: { rawJSON: '5' } }).message).toContain('got an object');
    });
  });

  describe('wrong types', () => {
    it.each([
      [{ ttl: '60' }, 'cache.ttl must be a number of seconds, 0 or more, got "60" (string)'],
      [{ ttl: true }, 'cache.ttl must be a number of seconds, 0 or more, got true (boolean)'],
      [{ ttl: [60] }, 'cache.ttl must be a number of seconds, 0 or more, got an array'],
      [{ 'no-cache': 1 }, 'cache.no-cache must be true or false, got 1 (number)'],
      [{ 'no-store': 'true' }, 'cache.no-store must be true or false, got "true" (string)'],
      [{ 'use-cache': {} }, 'cache.use-cache must be true or false, got an object'],
      [
        { namespace: 7 },
        'cache.namespace must be 1 to 128 of the characters A-Z a-z 0-9 . _ -, got 7 (number)',
      ],
    ])('%j', (member, message) => {
      const error = refusal(member);
      expect(error.message).toBe(message);
      expect(error.param).toBe(`cache.${Object.keys(member)[0]}`);
    });

    it.each([[5], ['x'], [true], [[]]])('a member that is no object: %j', (member) => {
      const error = refusal(member);
      expect(error.message).toMatch(/^cache must be an object of cache controls, got /);
      expect(error.param).toBe('cache');
    });
  });

  it.each(['', 'a:b', 'a b', 'ä', '*', 'a/b', 'a\n', 'x'.repeat(129)])(
    'refuses the namespace %j',
    (namespace) => {
      expect(refusal({ namespace }).param).toBe('cache.namespace');
    },
  );

  it('takes a namespace of 128 characters', () => {
    expect(parseControls({ namespace: 'x'.repeat(128) })).toEqual({ namespace: 'x'.repeat(128) });
  });

  describe('unknown members', () => {
    it.each([
      ['no-chache', 'no-cache'],
      ['no_cache', 'no-cache'],
      ['No-Store', 'no-store'],
      ['TTL', 'ttl'],
      ['max-age', 's-max-age'],
      ['stale-while-revalidating', 'stale-while-revalidate'],
      ['namespaces', 'namespace'],
    ])('%s: did you mean %s?', (name, nearest) => {
      const error = refusal({ [name]: true });
      expect(error.message).toBe(`cache.${name} is not a cache control; did you mean "${nearest}"?`);
      expect(error.param).toBe(`cache.${name}`);
    });

    it('names what is known where nothing is near', () => {
      expect(refusal({ temperature: 1 }).message).toBe(
        'cache.temperature is not a cache control; known are no-cache, no-store, use-cache, ttl, s-maxage, s-max-age, namespace, stale-while-revalidate, stale-if-error',
      );
    });

    it.each(['__proto__', 'constructor', 'toString', ''])('%j is unknown like any other', (name) => {
      expect(refusal(JSON.parse(`{${JSON.stringify(name)}: {"noCache": true}}`)).param).toBe(`cache.${name}`);
    });

    it('is an error even if its value is null: a typing error is one in any case', () => {
      expect(refusal({ 'no-chache': null }).param).toBe('cache.no-chache');
    });
  });

  it('names all problems in one message, the first as param', () => {
    const error = refusal({ ttl: '60', 'no-cache': 1, nostore: true });
    expect(error.message.split('; ')).toEqual([
      'cache.no-cache must be true or false, got 1 (number)',
      'cache.ttl must be a number of seconds, 0 or more, got "60" (string)',
      'cache.nostore is not a cache control',
      'did you mean "no-store"?',
    ]);
    expect(error.param).toBe('cache.no-cache');
  });

  it('keeps the message short, whatever the client sends', () => {
    const members = Object.fromEntries(
      Array.from({ length: 5000 }, (_, index) => [`${index}`.repeat(5000), 1]),
    );
    const { message } = refusal({ ...members, ttl: 'x'.repeat(1e6) });
    expect(message.length).toBeLessThan(3000);
    expect(message).toMatch(/; and 4991 more$/);
  });

  it('calls the object by the name it has where it stands', () => {
    const error = refusal({ ttl: -1 }, 'metadata.cache');
    expect(error.message).toMatch(/^metadata\.cache\.ttl must be/);
    expect(error.param).toBe('metadata.cache.ttl');
  });

  it('property: any JSON is read or refused with CACHE_INVALID_CONTROL', () => {
    const name = fc.constantFrom('ttl', 's-maxage', 'no-cache', 'namespace', 'stale-if-error', 'other');
    const member = fc.oneof(fc.jsonValue(), fc.dictionary(name, fc.jsonValue({ maxDepth: 1 })));
    fc.assert(
      fc.property(member, (value) => {
        try {
          for (const control of Object.values(parseControls(value))) {
            expect(['boolean', 'number', 'string']).toContain(typeof control);
          }
        } catch (error) {
          expect(CacheError.is(error, 'CACHE_INVALID_CONTROL')).toBe(true);
        }
      }),
    );
  });
});
