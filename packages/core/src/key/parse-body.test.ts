import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CacheError, type CacheErrorCode } from '../contract/errors.ts';
import type { JsonObject } from '../json.ts';
import { canonicalForm } from './canonical.ts';
import { anyBody, anyJson, asDoubles, picks, written } from './json.fixture.ts';
import { parseJsonBody } from './parse-body.ts';
import { isRawJson } from './raw-json.ts';

function refusal(bytes: Uint8Array | string, code: CacheErrorCode = 'CACHE_INVALID_JSON'): CacheError {
  try {
    parseJsonBody(bytes);
  } catch (error) {
    if (CacheError.is(error, code)) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

/** An object with arrays inside each other, `nesting` levels in all. */
function nested(nesting: number, innermost = ''): string {
  return `{"a":${'['.repeat(nesting - 1)}${innermost}${']'.repeat(nesting - 1)}}`;
}

/** The body as the provider gets it. */
function sentOn(text: string): string {
  return JSON.stringify(parseJsonBody(text));
}

describe('parseJsonBody', () => {
  it('reads what was written, from bytes and from text', () => {
    fc.assert(
      fc.property(anyBody, picks, (body, pick) => {
        const text = written(body, pick);
        expect(canonicalForm(parseJsonBody(text))).toBe(canonicalForm(parseJsonBody(Buffer.from(text))));
        expect(asDoubles(parseJsonBody(text))).toEqual(asDoubles(body));
      }),
    );
  });

  it('reads a view into a larger buffer, and nothing around it', () => {
    const bytes = new TextEncoder().encode('xx{"a":"\u00e9"}xx');
    expect(parseJsonBody(bytes.subarray(2, -2))).toEqual({ a: '\u00e9' });
  });

  describe('refuses', () => {
    it.each([
      ['an array', '[{}]'],
      ['a string', '"{}"'],
      ['a number', ' 12 '],
      ['a number', '1e400'],
      ['a boolean', 'true'],
      ['null', 'null'],
    ])('%s at the top level, and says so', (kind, text) => {
      expect(refusal(text).message).toBe(`request body must be a JSON object, got ${kind}`);
    });

    it.each([
      ['an overlong encoding', [0xc0, 0x80]],
      ['a surrogate encoded on its own', [0xed, 0xa0, 0x80]],
      ['a cut character', [0xe2, 0x82]],
      ['Latin-1', [0xe9]],
    ])('%s, which is not UTF-8', (_kind, bytes) => {
      const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]);
      expect(refusal(body).message).toContain('UTF-8');
    });

    it.each([
      '{',
      '{"a":1,}',
      "{'a':1}",
      '{"a":NaN}',
      '{"a":01}',
      '{"a":.5}',
      '{"a":"\n"}',
      '{"a":1}{}',
      '\ufeff{}',
      'undefined',
    ])('what is not JSON: %j', (text) => {
      expect(refusal(text).message).toMatch(/^request body must be valid JSON, got ./);
      expect(refusal(Buffer.from(text)).message).toBe(refusal(text).message);
    });

    it('what a program sends that forgot JSON.stringify', () => {
      expect(refusal('[object Object]').message).toBe('request body must be valid JSON, got a syntax error');
    });

    it.each(['', ' \n'])('an empty body: %j', (text) => {
      expect(refusal(text).message).toContain('an empty body');
    });

    it.each([
      '{"messages": SECRET}',
      'SECRET',
      '{"a":"b" "SECRET"}',
      '{"SECRET":"',
      '{"a":"SECRET\\x"}',
      '"SECRET',
    ])('without quoting what may be private: %j', (text) => {
      expect(refusal(text).message).not.toContain('SECR');
      expect(refusal(text).cause).toBeUndefined();
    });

    it('any text that JSON.parse refuses or that holds no object, and none besides', () => {
      const almostJson = fc
        .tuple(anyJson, picks, fc.nat(), fc.constantFrom('', '{', '"', '\\', '0', ',', ']'))
        .map(([value, pick, at, inserted]) => {
          const text = written(value, pick);
          const position = at % (text.length + 1);
          return text.slice(0, position) + inserted + text.slice(position);
        });
      fc.assert(
        fc.property(almostJson, (text) => {
          if (isObjectText(text)) expect(sentOn(text)).toBeDefined();
          else expect(refusal(text).code).toBe('CACHE_INVALID_JSON');
        }),
      );
    });
  });

  describe('nesting', () => {
    it('goes 512 deep', () => {
      expect(sentOn(nested(512))).toBe(nested(512));
      expect(sentOn(nested(512, '9007199254740993'))).toBe(nested(512, '9007199254740993'));
      expect(canonicalForm(parseJsonBody(nested(512)))).toHaveLength('{s1:a}'.length + 2 * 511);
    });

    it('goes no deeper, by arrays or by objects', () => {
      expect(refusal(nested(513), 'CACHE_NESTING_TOO_DEEP').message).toContain('at most 512');
      expect(
        refusal(`${'{"a":'.repeat(513)}1${'}'.repeat(513)}`, 'CACHE_NESTING_TOO_DEEP').code,
      ).toBeDefined();
    });

    it.each([20_000, 1_000_000])('is refused %d deep, quickly', (depth) => {
      const body = Buffer.from(nested(depth, '1e400'));
      const startedAt = performance.now();
      expect(refusal(body, 'CACHE_NESTING_TOO_DEEP').code).toBeDefined();
      expect(performance.now() - startedAt).toBeLessThan(250);
    });

    it.each(['{"a":1000 brackets}', '{"a\\\\":[1], "b\\"[":"\\\\\\"[[", "c":[]}'])(
      'does not count brackets in strings: %s',
      (text) => {
        const body = text.replace('1000 brackets', `"${'['.repeat(1000)}\\"${'{'.repeat(1000)}"`);
        expect(parseJsonBody(body)).toEqual(JSON.parse(body));
      },
    );

    it('does not count what stands beside each other', () => {
      const body = `{"a":[${Array(2000).fill('[{}]').join(',')}]}`;
      expect(sentOn(body)).toBe(body);
    });
  });

  describe('numbers', () => {
    it.each([
      '9007199254740993',
      '-9007199254740993',
      '9007199254740993.0',
      '9.007199254740993e15',
      '900719925474099300E-2',
      '1e400',
      '-1E+400',
      '1e16',
      '123456789012345678901234567890',
    ])('that a double would change keep their source text: %s', (source) => {
      const body = parseJsonBody(`{"seed": ${source}, "n": [{"x":${source}}], "plain": 1.50}`);
      expect(isRawJson(body['seed'])).toBe(true);
      expect(JSON.stringify(body)).toBe(`{"seed":${source},"n":[{"x":${source}}],"plain":1.5}`);
    });

    it.each([
      '9007199254740991',
      '-9007199254740991',
      '0.1',
      '1.0',
      '1e3',
      '123456789.123456789',
      '1e-400',
      '-0',
      '4.35',
    ])('that a double holds are numbers: %s', (source) =>
      expect(parseJsonBody(`{"a":${source}}`)).toEqual({ a: Number(source) }),
    );

    it('in a string are text', () => {
      expect(parseJsonBody('{"a":"9007199254740993","b":"1e400"}')).toEqual({
        a: '9007199254740993',
        b: '1e400',
      });
    });
  });

  it('lets the last of duplicate members win, be it a number kept by its source text', () => {
    expect(sentOn('{"a":1,"b":2,"a":{"c":3}}')).toBe('{"a":{"c":3},"b":2}');
    expect(sentOn('{"a":9007199254740993,"a":9007199254740992}')).toBe('{"a":9007199254740992}');
    expect(sentOn('{"a":9007199254740992,"\\u0061":9007199254740993}')).toBe('{"a":9007199254740993}');
    expect(sentOn('{"a":1e400,"a":2,"b":1e400}')).toBe('{"a":2,"b":1e400}');
  });

  it('reads names written with escapes rightly, after names with a backslash in the same place', () => {
    const earlier = [String.raw`{"q":1,"\\":1}`, String.raw`{"q":1,"\\u":1}`].map((text) =>
      parseJsonBody(text),
    );
    expect(earlier.map((body) => Object.keys(body)[1])).toEqual(['\\', '\\u']);
    const text = String.raw`{"q":1,"\u0041":[{"\\" :"a:b"},1e400,{"x\":":"\""}]}`;
    expect(sentOn(text)).toBe(String.raw`{"q":1,"A":[{"\\":"a:b"},1e400,{"x\":":"\""}]}`);
    expect(sentOn(String.raw`{"a":[{"q":1,"\u0041":2}]}`)).toBe('{"a":[{"q":1,"A":2}]}');
    expect(Object.keys(parseJsonBody(String.raw`{"q":1,"\u0041B":1}`))).toEqual(['q', 'AB']);
    expect(Object.keys(parseJsonBody(String.raw`{"q":1,"\ud800":1,"\u0041":2,"A":3}`))).toEqual([
      'q',
      '\ud800',
      'A',
    ]);
  });

  it.each(['1', '9007199254740993'])(
    'keeps members named __proto__ as members, beside the number %s',
    (number) => {
      const text = `{"__proto__":{"polluted":${number}},"a":{"__proto__":[]},"constructor":${number}}`;
      const body = parseJsonBody(text) as { a: JsonObject };
      expect(JSON.stringify(body)).toBe(text);
      expect(Object.getPrototypeOf(body)).toBe(Object.prototype);
      expect(Object.keys(body.a)).toEqual(['__proto__']);
      expect(({} as JsonObject)['polluted']).toBeUndefined();
    },
  );
});

function isObjectText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
