import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '../json.ts';
import { anyJson } from './json.fixture.ts';
import { nestsDeeperThan } from './nesting.ts';

/** How many objects and arrays are inside each other, counted on the value. */
function nestingOf(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(nestingOf));
}

describe('nestsDeeperThan', () => {
  it('agrees with a count on the parsed value, whatever quotes, escapes and brackets strings hold', () => {
    fc.assert(
      fc.property(anyJson, fc.nat({ max: 5 }), (value, most) => {
        expect(nestsDeeperThan(most, JSON.stringify(value))).toBe(nestingOf(value) > most);
        expect(nestsDeeperThan(most, JSON.stringify(value, null, 1))).toBe(nestingOf(value) > most);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['"', '["', '["\\', '["\\"', '"\\\\\\"', ']]]]', '{"a":"[[[['])(
    'comes to an end in %j, which is no JSON',
    (text) => {
      expect(nestsDeeperThan(3, text)).toBe(false);
    },
  );

  it('takes time in proportion to the text, be it all quotes and backslashes', () => {
    const startedAt = performance.now();
    expect(nestsDeeperThan(3, `"${'\\'.repeat(2_000_000)}${'\\"'.repeat(1_000_000)}`)).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
