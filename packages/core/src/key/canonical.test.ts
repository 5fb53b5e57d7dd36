import { describe, expect, it } from '@jest/globals';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import type { JsonValue } from '../json.ts';
import { canonicalForm } from './canonical.ts';
import {
  asDoubles,
  anyBody,
  anyJson,
  nearlyEqualJson,
  picks,
  wellFormedJson,
  written,
} from './json.fixture.ts';
import { parseJsonBody } from './parse-body.ts';
import { rawJson } from './raw-json.ts';

/** The form of a member as a client wrote it. */
function formOf(source: string): string {
  return canonicalForm(parseJsonBody(`{"a":${source}}`));
}

describe('canonicalForm', () => {
  it('is written as documented', () => {
    const value = { b: [null, true, false, -0, 1.5, 1e21], a: 'é:', '\ud800': rawJson('9007199254740993') };
    expect(canonicalForm(value)).toBe('{s1:as2:é:s1:b[ztfn0;n1.5;n1e+21;]j8:"\\ud800"r16:9007199254740993}');
  });

  it('is one for all ways to write a value: order, white space, number forms, escapes, duplicates', () => {
    fc.assert(
      fc.property(anyBody, picks, picks, (body, pick, otherPick) => {
        const form = canonicalForm(parseJsonBody(written(body, pick)));
        expect(canonicalForm(parseJsonBody(Buffer.from(written(body, otherPick))))).toBe(form);
        expect(canonicalForm(parseJsonBody(JSON.stringify(body, null, 2)))).toBe(form);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['1', '1.0', '1e0', '10e-1', '0.1E1', '1.000'],
    ['0', '-0', '0.0', '0e9', '-0.0'],
    ['"A/"', '"\\u0041\\/"', '"\\u0041\\u002f"', '"\\u0041\\u002F"'],
    ['"\u{1f600}"', '"\\ud83d\\ude00"', '"\\uD83D\\uDE00"'],
    ['"\\n\\t"', '"\\u000a\\u0009"'],
    ['{"b":[{"d":1,"c":2}],"a":1}', '{ "a" : 1 , "b" : [ { "c" : 2 , "d" : 1 } ] }'],
    ['9007199254740993', ' 9007199254740993 '],
  ])('%s is the same as its other forms', (...sources) => {
    expect(new Set(sources.map(formOf)).size).toBe(1);
  });

  it.each([
    ['9007199254740992', '9007199254740993', '9007199254740994'],
    ['1e400', '1e401', 'null', '-1e400', '"1e400"', 'true'],
    ['1', '"1"', 'true', '[1]', '{"1":1}'],
    ['null', '"null"', 'false', '0', '""', '[]', '{}'],
    [
      '"\\ud800"',
      '"\\ufffd"',
      '"\\\\ud800"',
      '"\\"\\\\ud800\\""',
      '"\\ud801"',
      '"\\udc00"',
      '"\\ud800\\ud800"',
    ],
    ['"\\u00e9"', '"e\\u0301"', '"\\u00c9"'],
    ['{"__proto__":1}', '{"__proto__":2}', '{}', '{"__proto__":{}}', '{"__proto__":null}'],
    ['{"a":"x:b"}', '{"a":"x","b":""}', '{"a":"x","b":":"}', '{"a:x":"b"}'],
    ['[1,2]', '[2,1]', '[12]', '[[1],2]', '[[1,2]]', '[1,[2]]', '["1,2"]'],
    ['{"a":[{},{}]}', '{"a":[{}],"b":{}}', '{"a":[[],{}]}'],
    ['{"rawJSON":"1e400"}', '1e400'],
  ])('%s differs from all of its neighbours', (...sources) => {
    expect(new Set(sources.map(formOf)).size).toBe(sources.length);
  });

  it('agrees with RFC 8785 on which values are equal', () => {
    const pairs = fc.oneof(
      fc.tuple(nearlyEqualJson, nearlyEqualJson),
      fc.tuple(wellFormedJson, wellFormedJson),
      fc
        .tuple(wellFormedJson, picks)
        .map(([value, pick]) => [value, JSON.parse(written(value, pick))] as const),
    );
    fc.assert(
      fc.property(pairs, ([one, other]) => {
        expect(canonicalForm(one) === canonicalForm(other)).toBe(canonicalize(one) === canonicalize(other));
      }),
      { numRuns: 2000 },
    );
  });

  it('can be read back, one value after another, so no two sequences of values share it', () => {
    fc.assert(
      fc.property(fc.array(anyJson, { maxLength: 4 }), (values) => {
        const form = values.map((value) => canonicalForm(value)).join('');
        expect(form.isWellFormed()).toBe(true);
        expect(readBack(form)).toEqual(asDoubles(values));
      }),
      { numRuns: 500 },
    );
  });

  it('sorts members by UTF-16 code units, whatever the order of code points or the locale', () => {
    expect(canonicalForm({ '\ufb33': 1, '\u{1f600}': 2, ö: 3, Z: 4, a: 5, '10': 6, '9': 7 })).toBe(
      '{s2:10n6;s1:9n7;s1:Zn4;s1:an5;s1:ön3;s2:\u{1f600}n2;s1:\ufb33n1;}',
    );
  });

  it('leaves names out at the top level only', () => {
    const value = { a: 1, b: { a: 2 }, c: [{ a: 3 }] };
    expect(canonicalForm(value, new Set(['a']))).toBe(canonicalForm({ b: { a: 2 }, c: [{ a: 3 }] }));
    expect(canonicalForm([{ a: 1 }], new Set(['a']))).toBe(canonicalForm([{ a: 1 }]));
  });

  it('does not count members that are undefined, like JSON.stringify', () => {
    expect(canonicalForm({ a: undefined, b: 1 })).toBe(canonicalForm({ b: 1 }));
  });

  it('leaves the value as it is', () => {
    const value = { b: [{ d: 1, c: 2 }], a: 1 };
    canonicalForm(value);
    expect(JSON.stringify(value)).toBe('{"b":[{"d":1,"c":2}],"a":1}');
  });
});

/** Reads canonical forms standing one after another: that this can be written shows that they say everything. */
function readBack(forms: string): JsonValue[] {
  let position = 0;
  const upTo = (mark: string): string => {
    const end = forms.indexOf(mark, position);
    const text = forms.slice(position, end);
    position = end + 1;
    return text;
  };
  const counted = (): string => {
    const length = Number(upTo(':'));
    position += length;
    return forms.slice(position - length, position);
  };
  const until = <T>(mark: string, read: () => T): T[] => {
    const items: T[] = [];
    while (position < forms.length && forms[position] !== mark) items.push(read());
    position++;
    return items;
  };
  const readers: Record<string, () => JsonValue> = {
    z: () => null,
    t: () => true,
    f: () => false,
    n: () => Number(upTo(';')),
    r: () => Number(counted()),
    s: counted,
    j: () => JSON.parse(counted()),
    '[': () => until(']', read),
    '{': () => Object.fromEntries(until('}', () => [read(), read()])),
  };
  const read = (): JsonValue => readers[forms[position++]!]!();
  return until('', read);
}
