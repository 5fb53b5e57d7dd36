import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
// @ts-expect-error The package comes without declarations; `Oracle` is what is used of it.
import HttpCachePolicy from 'http-cache-semantics';
import type { EntryMetadata } from '../contract/entry.ts';
import { parseCacheControl } from '../control/header-controls.ts';
import type { Controls, Policy } from '../control/policy.ts';
import { resolvePolicy } from '../control/resolve-policy.ts';
import {
  ageSeconds,
  isStale,
  judgeEntry,
  lifetime,
  mayServeOnError,
  mayServeWhileRevalidating,
  ttlSeconds,
} from './freshness.ts';

const CREATED = Date.UTC(2026, 0, 1);
const FRESH = { usable: true, stale: false };
const STALE_BUT_ACCEPTED = { usable: true, stale: true };
const REFUSED_AS_STALE = { usable: false, reason: 'stale' };
const TOO_OLD = { usable: false, reason: 'too_old' };

/** An entry created at {@link CREATED}; times in seconds after that. */
function entry(times: { readonly expires?: number; readonly keptUntil?: number } = {}): EntryMetadata {
  return {
    createdAt: CREATED,
    ...(times.expires === undefined ? {} : { expiresAt: CREATED + times.expires * 1000 }),
    ...(times.keptUntil === undefined ? {} : { staleUntil: CREATED + times.keptUntil * 1000 }),
    callType: 'chat_completion',
    model: 'm',
    contentType: 'application/json',
    headers: [],
  };
}

const policy = (controls: Controls = {}): Policy => resolvePolicy({ body: controls });

/** Epoch milliseconds, so many seconds after the entry was created. */
const at = (secondsLater: number): number => CREATED + Math.round(secondsLater * 1000);

describe('judgeEntry', () => {
  it('an entry is fresh until the moment it expires', () => {
    expect(judgeEntry(entry({ expires: 60 }), policy(), at(0))).toEqual(FRESH);
    expect(judgeEntry(entry({ expires: 60 }), policy(), at(59.999))).toEqual(FRESH);
    expect(judgeEntry(entry({ expires: 60 }), policy(), at(60))).toEqual(REFUSED_AS_STALE);
  });

  it('an entry without expiry is always fresh', () => {
    expect(judgeEntry(entry(), policy({ minFreshSeconds: 1e9 }), at(1e9))).toEqual(FRESH);
  });

  describe('peer defect 5: a maximum age judged at reading', () => {
    it('an age equal to it is young enough, a millisecond more is not', () => {
      const limited = policy({ maxAgeSeconds: 10 });
      expect(judgeEntry(entry(), limited, at(10))).toEqual(FRESH);
      expect(judgeEntry(entry(), limited, at(10.001))).toEqual(TOO_OLD);
    });

    it('compares milliseconds, not the whole seconds of Age', () => {
      expect(judgeEntry(entry(), policy({ maxAgeSeconds: 0.5 }), at(0.5))).toEqual(FRESH);
      expect(judgeEntry(entry(), policy({ maxAgeSeconds: 0.5 }), at(0.501))).toEqual(TOO_OLD);
      expect(judgeEntry(entry(), policy({ maxAgeSeconds: 1.001 }), at(1.001))).toEqual(FRESH);
    });

    it('one store serves strict and lax readers', () => {
      const stored = entry({ expires: 3600 });
      expect(judgeEntry(stored, policy({ maxAgeSeconds: 30 }), at(60))).toEqual(TOO_OLD);
      expect(judgeEntry(stored, policy({ maxAgeSeconds: 90 }), at(60))).toEqual(FRESH);
      expect(judgeEntry(stored, policy({ maxAgeSeconds: Number.MAX_VALUE }), at(60))).toEqual(FRESH);
    });

    it('a clock that is behind the one that stored makes an entry new, not negative', () => {
      expect(judgeEntry(entry({ expires: 60 }), policy({ maxAgeSeconds: 1 }), at(-30))).toEqual(FRESH);
    });
  });

  it('min-fresh wants so much freshness left', () => {
    const demanding = policy({ minFreshSeconds: 10 });
    expect(judgeEntry(entry({ expires: 60 }), demanding, at(50))).toEqual(FRESH);
    expect(judgeEntry(entry({ expires: 60 }), demanding, at(50.001))).toEqual(TOO_OLD);
    expect(judgeEntry(entry({ expires: 60 }), demanding, at(60))).toEqual(REFUSED_AS_STALE);
  });

  it('max-stale accepts staleness up to its limit, the limit included', () => {
    const patient = policy({ maxStaleSeconds: 10 });
    expect(judgeEntry(entry({ expires: 60 }), patient, at(59))).toEqual(FRESH);
    expect(judgeEntry(entry({ expires: 60 }), patient, at(60))).toEqual(STALE_BUT_ACCEPTED);
    expect(judgeEntry(entry({ expires: 60 }), patient, at(70))).toEqual(STALE_BUT_ACCEPTED);
    expect(judgeEntry(entry({ expires: 60 }), patient, at(70.001))).toEqual(REFUSED_AS_STALE);
  });

  it('max-stale of 0 accepts none, a bare one any', () => {
    expect(judgeEntry(entry({ expires: 60 }), policy({ maxStaleSeconds: 0 }), at(60))).toEqual(
      REFUSED_AS_STALE,
    );
    expect(judgeEntry(entry({ expires: 60 }), policy({ maxStaleSeconds: Infinity }), at(1e9))).toEqual(
      STALE_BUT_ACCEPTED,
    );
  });

  it('max-age and min-fresh hold beside max-stale', () => {
    const stored = entry({ expires: 60 });
    expect(judgeEntry(stored, policy({ maxStaleSeconds: 100, maxAgeSeconds: 65 }), at(70))).toEqual(TOO_OLD);
    expect(judgeEntry(stored, policy({ maxStaleSeconds: 100, maxAgeSeconds: 75 }), at(70))).toEqual(
      STALE_BUT_ACCEPTED,
    );
    expect(judgeEntry(stored, policy({ maxStaleSeconds: 100, minFreshSeconds: 1 }), at(70))).toEqual(
      REFUSED_AS_STALE,
    );
  });

  it('the stale windows of RFC 5861 make no entry usable here', () => {
    const windows = policy({ staleIfErrorSeconds: 100, staleWhileRevalidateSeconds: 100 });
    expect(judgeEntry(entry({ expires: 60, keptUntil: 160 }), windows, at(60))).toEqual(REFUSED_AS_STALE);
  });

  it('property: agrees with an independent implementation of RFC 9111', () => {
    const seconds = fc.integer({ min: 1, max: 20 });
    const directives = fc.record(
      { 'max-age': seconds, 'min-fresh': seconds, 'max-stale': fc.oneof(seconds, fc.constant('')) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 45_000 }),
        directives,
        (ttl, age, given) => {
          // The one difference: at staleness equal to max-stale the other refuses, where the RFC says "no more than".
          fc.pre(
            given['max-stale'] === undefined ||
              given['max-stale'] === '' ||
              age !== (ttl + given['max-stale']) * 1000,
          );
          const header = Object.entries(given)
            .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
            .join(', ');
          const oracle = oracleOf(ttl, age);
          const request = { method: 'GET', url: '/', headers: { host: 'a', 'cache-control': header } };
          const verdict = judgeEntry(
            entry({ expires: ttl }),
            resolvePolicy({ header: parseCacheControl(header) }),
            CREATED + age,
          );
          expect(verdict.usable).toBe(oracle.satisfiesWithoutRevalidation(request));
          if (verdict.usable) expect(verdict.stale).toBe(oracle.stale());
        },
      ),
      { numRuns: 2000 },
    );
  });
});

interface Oracle {
  toObject(): { readonly t: number };
  satisfiesWithoutRevalidation(request: object): boolean;
  stale(): boolean;
  now: () => number;
}

const OraclePolicy = HttpCachePolicy as new (request: object, response: object) => Oracle;

/** What http-cache-semantics knows of a response that stays fresh for `ttl` seconds, `age` milliseconds after it came. */
function oracleOf(ttl: number, age: number): Oracle {
  const oracle: Oracle = new OraclePolicy(
    { method: 'GET', url: '/', headers: { host: 'a' } },
    { status: 200, headers: { 'cache-control': `public, max-age=${ttl}` } },
  );
  const { t: receivedAt } = oracle.toObject();
  oracle.now = () => receivedAt + age;
  return oracle;
}

describe('ageSeconds', () => {
  it('counts whole seconds, never negative', () => {
    expect(ageSeconds(entry(), at(0))).toBe(0);
    expect(ageSeconds(entry(), at(1.999))).toBe(1);
    expect(ageSeconds(entry(), at(2))).toBe(2);
    expect(ageSeconds(entry(), at(-5))).toBe(0);
  });
});

describe('ttlSeconds', () => {
  it('counts whole seconds of freshness left', () => {
    expect(ttlSeconds(entry({ expires: 300 }), at(3))).toBe(297);
    expect(ttlSeconds(entry({ expires: 300 }), at(2.001))).toBe(297);
    expect(ttlSeconds(entry({ expires: 300 }), at(299.999))).toBe(0);
  });

  it('is negative as soon as the entry is stale', () => {
    expect(ttlSeconds(entry({ expires: 300 }), at(300))).toBe(-1);
    expect(ttlSeconds(entry({ expires: 300 }), at(300.5))).toBe(-1);
    expect(ttlSeconds(entry({ expires: 300 }), at(312))).toBe(-12);
  });

  it('is undefined for an entry that does not expire', () => {
    expect(ttlSeconds(entry(), at(5))).toBeUndefined();
  });

  it('property: below 0 exactly if stale', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 10_000 }), (expires, age) => {
        const stored = entry({ expires: expires / 1000 });
        const left = ttlSeconds(stored, CREATED + age) ?? Number.NaN;
        expect(left < 0).toBe(isStale(stored, CREATED + age));
        expect(Number.isInteger(left)).toBe(true);
      }),
    );
  });
});

describe('lifetime', () => {
  const now = CREATED;

  it('comes from the request, else the cache, else the store', () => {
    const all = { cacheTtlSeconds: 20, storeDefaultTtlSeconds: 30, now };
    expect(lifetime({ ...all, policy: policy({ ttlSeconds: 10 }) })).toEqual({ expiresAt: at(10) });
    expect(lifetime({ ...all, policy: policy() })).toEqual({ expiresAt: at(20) });
    expect(lifetime({ ...all, policy: policy(), cacheTtlSeconds: undefined })).toEqual({ expiresAt: at(30) });
  });

  it('without any the entry does not expire, and has no stale window either', () => {
    expect(lifetime({ policy: policy({ staleIfErrorSeconds: 60 }), now })).toEqual({});
  });

  describe('peer defect 5: lifetimes', () => {
    it('keeps fractions to the millisecond', () => {
      expect(lifetime({ policy: policy({ ttlSeconds: 0.25 }), now })).toEqual({ expiresAt: at(0.25) });
      expect(lifetime({ policy: policy({ ttlSeconds: 1.001 }), now })).toEqual({ expiresAt: now + 1001 });
    });

    it('0 in the configuration stores nothing; a request may still name a lifetime', () => {
      expect(
        lifetime({ policy: policy(), cacheTtlSeconds: 0, storeDefaultTtlSeconds: 30, now }),
      ).toBeUndefined();
      expect(lifetime({ policy: policy({ ttlSeconds: 5 }), cacheTtlSeconds: 0, now })).toEqual({
        expiresAt: at(5),
      });
    });

    it('more than 0 is never 0', () => {
      expect(lifetime({ policy: policy({ ttlSeconds: Number.MIN_VALUE }), now })).toEqual({
        expiresAt: now + 1,
      });
    });

    it('a huge one ends at the last moment a date can name', () => {
      const times = lifetime({
        policy: policy({ ttlSeconds: Number.MAX_VALUE, staleIfErrorSeconds: 1e300 }),
        now,
      });
      expect(new Date(times?.expiresAt ?? Number.NaN).toISOString()).toBe('+275760-09-13T00:00:00.000Z');
      expect(times?.staleUntil).toBe(times?.expiresAt);
    });
  });

  it('keeps the entry for the longer of the stale windows', () => {
    const both = policy({ ttlSeconds: 10, staleWhileRevalidateSeconds: 5, staleIfErrorSeconds: 60 });
    expect(lifetime({ policy: both, now })).toEqual({ expiresAt: at(10), staleUntil: at(70) });
    const one = policy({ staleWhileRevalidateSeconds: 5 });
    expect(lifetime({ policy: one, cacheTtlSeconds: 10, now })).toEqual({
      expiresAt: at(10),
      staleUntil: at(15),
    });
  });
});

describe.each([
  ['mayServeWhileRevalidating', mayServeWhileRevalidating, 'staleWhileRevalidateSeconds'],
  ['mayServeOnError', mayServeOnError, 'staleIfErrorSeconds'],
] as const)('%s', (_, mayServe, window) => {
  const stored = entry({ expires: 60, keptUntil: 160 });

  it('serves a stale entry within the window of the request', () => {
    expect(mayServe(stored, policy({ [window]: 30 }), at(60))).toBe(true);
    expect(mayServe(stored, policy({ [window]: 30 }), at(89.999))).toBe(true);
    expect(mayServe(stored, policy({ [window]: 30 }), at(90))).toBe(false);
  });

  it('not beyond what the entry was stored for', () => {
    expect(mayServe(stored, policy({ [window]: 1000 }), at(159.999))).toBe(true);
    expect(mayServe(stored, policy({ [window]: 1000 }), at(160))).toBe(false);
  });

  it('not an entry that was stored without a window', () => {
    expect(mayServe(entry({ expires: 60 }), policy({ [window]: 1000 }), at(61))).toBe(false);
  });

  it('not for a request that names no window, or only the other one', () => {
    const other = window === 'staleIfErrorSeconds' ? 'staleWhileRevalidateSeconds' : 'staleIfErrorSeconds';
    expect(mayServe(stored, policy(), at(61))).toBe(false);
    expect(mayServe(stored, policy({ [window]: 0, [other]: 100 }), at(61))).toBe(false);
  });

  it.each<[string, Policy]>([
    ['no-cache', policy({ noCache: true, [window]: 100 })],
    ['a maximum age of 0', policy({ maxAgeSeconds: 0, [window]: 100 })],
    ['caching off', resolvePolicy({ body: { [window]: 100 }, enabled: false })],
  ])('not for a request with %s', (__, refusing) => {
    expect(mayServe(stored, refusing, at(61))).toBe(false);
  });
});

describe('the two stale windows differ', () => {
  const stored = entry({ expires: 60, keptUntil: 160 });
  const both = { staleWhileRevalidateSeconds: 100, staleIfErrorSeconds: 100 };

  it('in what max-age and min-fresh do: they hold while revalidating, not when the provider fails', () => {
    for (const demand of [{ maxAgeSeconds: 30 }, { minFreshSeconds: 5 }]) {
      expect(mayServeWhileRevalidating(stored, policy({ ...both, ...demand }), at(61))).toBe(false);
      expect(mayServeOnError(stored, policy({ ...both, ...demand }), at(61))).toBe(true);
    }
  });

  it('in what is done with an entry that is fresh, but too old for the request', () => {
    const demanding = policy({ ...both, maxAgeSeconds: 10 });
    expect(judgeEntry(stored, demanding, at(20))).toEqual(TOO_OLD);
    expect(mayServeWhileRevalidating(stored, demanding, at(20))).toBe(false);
    expect(mayServeOnError(stored, demanding, at(20))).toBe(true);
    expect(mayServeOnError(stored, policy({ maxAgeSeconds: 10 }), at(20))).toBe(false);
  });
});
