import { describe, expect, it } from '@jest/globals';
import { parse as parseByOracle } from 'cache-parser';
import fc from 'fast-check';
import { parseCacheControl } from './header-controls.ts';
import { NO_CONTROLS } from './policy.ts';

const LARGEST = 2 ** 31;

describe('parseCacheControl', () => {
  it('reads every request directive', () => {
    expect(
      parseCacheControl(
        'no-cache, no-store, max-age=1, min-fresh=2, max-stale=3, only-if-cached, stale-if-error=4, stale-while-revalidate=5',
      ),
    ).toEqual({
      noCache: true,
      noStore: true,
      maxAgeSeconds: 1,
      minFreshSeconds: 2,
      maxStaleSeconds: 3,
      onlyIfCached: true,
      staleIfErrorSeconds: 4,
      staleWhileRevalidateSeconds: 5,
    });
  });

  it('says nothing without headers, with one and the same object', () => {
    expect(parseCacheControl(undefined)).toBe(NO_CONTROLS);
    expect(parseCacheControl(undefined, undefined)).toBe(NO_CONTROLS);
  });

  it('never says false: an absent directive is absent', () => {
    expect(Object.keys(parseCacheControl('max-age=5'))).toEqual(['maxAgeSeconds']);
  });

  describe('the grammar (RFC 9111 section 5.2)', () => {
    it.each([
      ['MAX-AGE=5, No-Cache', { maxAgeSeconds: 5, noCache: true }],
      ['  no-store  ,\tmax-age=5  ', { noStore: true, maxAgeSeconds: 5 }],
      ['no-store,max-age=5', { noStore: true, maxAgeSeconds: 5 }],
      [',, no-store ,,', { noStore: true }],
      ['max-age = 5', { maxAgeSeconds: 5 }],
      ['max-age="5"', { maxAgeSeconds: 5 }],
      ['max-age="\\5"', { maxAgeSeconds: 5 }],
      ['max-stale="60", no-store', { maxStaleSeconds: 60, noStore: true }],
      ['extension="a, no-store, \\", no-cache", max-age=5', { maxAgeSeconds: 5 }],
      ['max-age=005', { maxAgeSeconds: 5 }],
      // A quote that never ends takes the rest with it; what it leaves of the time is unreadable.
      ['no-store, max-age="5, no-cache', { noStore: true, maxAgeSeconds: 0 }],
      ['', {}],
      ['   ', {}],
      ['=5', {}],
      ['"no-cache"', {}],
    ])('%j', (header, expected) => {
      expect(parseCacheControl(header)).toEqual(expected);
    });
  });

  it('takes the first of repeated directives (RFC 9111 section 4.2.1)', () => {
    expect(parseCacheControl('max-age=5, max-age=10, max-age=abc')).toEqual({ maxAgeSeconds: 5 });
    expect(parseCacheControl('max-stale, max-stale=10')).toEqual({ maxStaleSeconds: Infinity });
  });

  it.each([
    's-maxage=5',
    'private, public, immutable',
    'ttl=5',
    'max-ages=5',
    '__proto__=1',
    'no-cachex',
    'no cache',
  ])('ignores what is no request directive of ours: %s', (header) => {
    expect(parseCacheControl(header)).toEqual({});
  });

  it('takes a bare max-stale for any staleness (RFC 9111 section 5.2.1.2)', () => {
    expect(parseCacheControl('max-stale')).toEqual({ maxStaleSeconds: Infinity });
  });

  it.each(['no-cache=false', 'no-cache="set-cookie"', 'no-cache=', 'no-cache=0'])(
    '%s is no-cache',
    (header) => {
      expect(parseCacheControl(header)).toEqual({ noCache: true });
    },
  );

  describe('peer defect 5: times', () => {
    it('0 is a time', () => {
      expect(parseCacheControl('max-age=0, min-fresh=0, max-stale=0')).toEqual({
        maxAgeSeconds: 0,
        minFreshSeconds: 0,
        maxStaleSeconds: 0,
      });
    });

    it.each(['2147483648', '9007199254740993', '9'.repeat(400)])(
      '%s seconds is the largest time',
      (digits) => {
        expect(parseCacheControl(`max-age=${digits}`)).toEqual({ maxAgeSeconds: LARGEST });
      },
    );

    const unreadable = [
      'abc',
      '-1',
      '1.5',
      '1e3',
      '0x10',
      '+5',
      '1 0',
      '',
      '"',
      '""',
      '" 5"',
      '٣',
      'NaN',
      'Infinity',
    ];
    it.each(unreadable)('a time of %j is the strictest one', (argument) => {
      expect(parseCacheControl(`max-age=${argument}`)).toEqual({ maxAgeSeconds: 0 });
      expect(parseCacheControl(`min-fresh=${argument}`)).toEqual({ minFreshSeconds: LARGEST });
      expect(parseCacheControl(`max-stale=${argument}`)).toEqual({ maxStaleSeconds: 0 });
      expect(parseCacheControl(`stale-if-error=${argument}`)).toEqual({ staleIfErrorSeconds: 0 });
      expect(parseCacheControl(`stale-while-revalidate=${argument}`)).toEqual({
        staleWhileRevalidateSeconds: 0,
      });
    });

    it('a time that is missing is the strictest one', () => {
      expect(parseCacheControl('max-age, min-fresh, stale-if-error')).toEqual({
        maxAgeSeconds: 0,
        minFreshSeconds: LARGEST,
        staleIfErrorSeconds: 0,
      });
    });
  });

  describe('Pragma (RFC 9111 section 5.4)', () => {
    it.each(['no-cache', 'No-Cache', 'x=1, no-cache'])(
      '%s is no-cache where there is no Cache-Control',
      (pragma) => {
        expect(parseCacheControl(undefined, pragma)).toEqual({ noCache: true });
      },
    );

    it.each(['max-age=0', ''])('counts for nothing beside a Cache-Control: %j', (cacheControl) => {
      expect(parseCacheControl(cacheControl, 'no-cache')).not.toHaveProperty('noCache');
    });

    it('says nothing else', () => {
      expect(parseCacheControl(undefined, 'no-store, max-age=5, x')).toEqual({});
    });
  });

  it('property: reads well-formed headers as an independent parser does', () => {
    const time = fc.nat({ max: LARGEST });
    const directives = fc.record(
      {
        'no-cache': fc.constant(true as const),
        'no-store': fc.constant(true as const),
        'only-if-cached': fc.constant(true as const),
        'max-age': time,
        'min-fresh': time,
        'max-stale': time,
        'stale-if-error': time,
        'stale-while-revalidate': time,
        private: fc.constant(true as const),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(directives, fc.constantFrom(',', ', ', ' , '), fc.boolean(), (given, comma, upperCase) => {
        const members = Object.entries(given).map(([name, value]) =>
          value === true ? name : `${name}=${value}`,
        );
        const header = upperCase ? members.join(comma).toUpperCase() : members.join(comma);
        const oracle = parseByOracle(header);
        const controls = parseCacheControl(header);
        expect([controls.noCache, controls.noStore, controls.onlyIfCached]).toEqual([
          oracle.noCache,
          oracle.noStore,
          oracle.onlyIfCached,
        ]);
        expect([controls.maxAgeSeconds, controls.minFreshSeconds, controls.maxStaleSeconds]).toEqual([
          oracle.maxAge,
          oracle.minFresh,
          oracle.maxStale,
        ]);
        expect([controls.staleIfErrorSeconds, controls.staleWhileRevalidateSeconds]).toEqual([
          oracle.staleIfError,
          oracle.staleWhileRevalidate,
        ]);
      }),
    );
  });

  it('property: any text is read, without error, the same way twice', () => {
    const piece = fc.constantFrom(
      'no-cache',
      'max-age',
      'max-stale',
      '=',
      '"',
      '\\',
      ',',
      ' ',
      '5',
      'x',
      '\t',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join('')),
        ),
        (header) => {
          const controls = parseCacheControl(header);
          expect(parseCacheControl(header)).toEqual(controls);
          for (const value of Object.values(controls))
            expect(value === true || Number(value) >= 0).toBe(true);
        },
      ),
    );
  });

  it.each(['"', '"\\', '\\"', '\\', ',', '" ', '="'])(
    'takes time in proportion to the length: %j repeated',
    (piece) => {
      const milliseconds = (length: number): number => {
        const header = piece.repeat(length / piece.length);
        const start = performance.now();
        for (let round = 0; round < 5; round += 1) parseCacheControl(header);
        return performance.now() - start;
      };
      milliseconds(1000);
      expect(milliseconds(200_000)).toBeLessThan(1000);
    },
  );
});
