import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Controls, Policy } from './policy.ts';
import { resolvePolicy, type PolicySources } from './resolve-policy.ts';

const PLAIN: Policy = {
  read: true,
  write: true,
  joins: true,
  onlyIfCached: false,
  minFreshSeconds: 0,
  maxStaleSeconds: 0,
  staleWhileRevalidateSeconds: 0,
  staleIfErrorSeconds: 0,
};

describe('resolvePolicy', () => {
  it('reads, writes and joins where nobody says anything', () => {
    expect(resolvePolicy({})).toEqual(PLAIN);
    expect(resolvePolicy({ body: {}, header: {}, defaults: {}, mode: 'default_on', enabled: true })).toEqual(
      PLAIN,
    );
  });

  describe('each row of the controls', () => {
    it.each<[Controls, Partial<Policy>]>([
      [{ noCache: true }, { read: false, noReadReason: 'no_cache', joins: false }],
      [{ noStore: true }, { write: false, joins: false }],
      [
        { noCache: true, noStore: true },
        { read: false, noReadReason: 'no_cache', write: false, joins: false },
      ],
      [{ noCache: false, noStore: false, onlyIfCached: false }, {}],
      [{ ttlSeconds: 60 }, { ttlSeconds: 60 }],
      [{ ttlSeconds: 0.5 }, { ttlSeconds: 0.5 }],
      [{ ttlSeconds: 0 }, { write: false, joins: false }],
      [{ maxAgeSeconds: 60 }, { maxAgeSeconds: 60 }],
      [{ maxAgeSeconds: 0.001 }, { maxAgeSeconds: 0.001 }],
      [{ maxAgeSeconds: 0 }, { read: false, noReadReason: 'no_cache', joins: false, maxAgeSeconds: 0 }],
      [{ namespace: 'a' }, { namespace: 'a' }],
      [{ useCache: true }, {}],
      [{ useCache: false }, {}],
      [{ minFreshSeconds: 5 }, { minFreshSeconds: 5 }],
      [{ maxStaleSeconds: Infinity }, { maxStaleSeconds: Infinity }],
      [{ onlyIfCached: true }, { onlyIfCached: true, joins: false }],
      [{ staleWhileRevalidateSeconds: 5 }, { staleWhileRevalidateSeconds: 5 }],
      [{ staleIfErrorSeconds: 5 }, { staleIfErrorSeconds: 5 }],
    ])('%j', (controls, difference) => {
      expect(resolvePolicy({ body: controls })).toEqual({ ...PLAIN, ...difference });
    });
  });

  describe('mode: default_off', () => {
    const off = { ...PLAIN, read: false, noReadReason: 'off', write: false, joins: false };

    it.each<[string, PolicySources]>([
      ['nobody says use-cache', {}],
      ['use-cache is false', { body: { useCache: false } }],
      [
        'the body takes back what the defaults say',
        { body: { useCache: false }, defaults: { useCache: true } },
      ],
    ])('caches nothing where %s', (_, sources) => {
      expect(resolvePolicy({ ...sources, mode: 'default_off' })).toEqual(off);
    });

    it('use-cache opts in, for reading and writing', () => {
      expect(resolvePolicy({ body: { useCache: true }, mode: 'default_off' })).toEqual(PLAIN);
      expect(resolvePolicy({ defaults: { useCache: true }, mode: 'default_off' })).toEqual(PLAIN);
    });

    it('no-cache and no-store hold for a request that opted in', () => {
      const policy = resolvePolicy({ body: { useCache: true, noCache: true }, mode: 'default_off' });
      expect(policy).toEqual({ ...PLAIN, read: false, noReadReason: 'no_cache', joins: false });
    });
  });

  it('enabled: false is off, whatever is said', () => {
    const body = { useCache: true, noCache: true, maxAgeSeconds: 9, ttlSeconds: 9 };
    expect(resolvePolicy({ body, enabled: false })).toMatchObject({
      read: false,
      noReadReason: 'off',
      write: false,
      joins: false,
    });
  });

  it('only-if-cached stays in force where caching is off: the client wants no provider call', () => {
    expect(resolvePolicy({ header: { onlyIfCached: true }, enabled: false }).onlyIfCached).toBe(true);
  });

  it('false in the body undoes true in header and defaults', () => {
    const yes = { noCache: true, noStore: true };
    expect(resolvePolicy({ body: { noCache: false, noStore: false }, header: yes, defaults: yes })).toEqual(
      PLAIN,
    );
  });

  it('0 in the body is said: it does not fall through to the header', () => {
    const header = { maxAgeSeconds: 60, ttlSeconds: 60, maxStaleSeconds: 60 };
    expect(
      resolvePolicy({ body: { maxAgeSeconds: 0, ttlSeconds: 0, maxStaleSeconds: 0 }, header }),
    ).toMatchObject({
      read: false,
      write: false,
      maxStaleSeconds: 0,
    });
  });

  const seconds = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e6, noNaN: true }));
  const controls: fc.Arbitrary<Controls> = fc.record(
    {
      noCache: fc.boolean(),
      noStore: fc.boolean(),
      useCache: fc.boolean(),
      onlyIfCached: fc.boolean(),
      ttlSeconds: seconds,
      maxAgeSeconds: seconds,
      minFreshSeconds: seconds,
      maxStaleSeconds: seconds,
      staleWhileRevalidateSeconds: seconds,
      staleIfErrorSeconds: seconds,
      namespace: fc.constantFrom('a', 'b', 'c'),
    },
    { requiredKeys: [] },
  );
  const surroundings = fc.record({
    mode: fc.constantFrom('default_on' as const, 'default_off' as const),
    enabled: fc.boolean(),
  });

  it('property: every directive, in every combination of sources, comes from body, else header, else defaults', () => {
    const names = [
      'noCache',
      'noStore',
      'useCache',
      'onlyIfCached',
      'ttlSeconds',
      'maxAgeSeconds',
      'minFreshSeconds',
      'maxStaleSeconds',
      'staleWhileRevalidateSeconds',
      'staleIfErrorSeconds',
      'namespace',
    ] as const satisfies readonly (keyof Controls)[];
    fc.assert(
      fc.property(controls, controls, controls, surroundings, (body, header, defaults, rest) => {
        const winners: Record<string, unknown> = {};
        for (const name of names) {
          const winner = [body, header, defaults].find((source) => source[name] !== undefined);
          if (winner !== undefined) winners[name] = winner[name];
        }
        expect(resolvePolicy({ body, header, defaults, ...rest })).toEqual(
          resolvePolicy({ body: winners, ...rest }),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('property: every directive alone has the same effect from every source', () => {
    fc.assert(
      fc.property(controls, surroundings, (said, rest) => {
        const policy = resolvePolicy({ body: said, ...rest });
        expect(resolvePolicy({ header: said, ...rest })).toEqual(policy);
        expect(resolvePolicy({ defaults: said, ...rest })).toEqual(policy);
      }),
    );
  });

  it('property: the parts of a policy agree with each other', () => {
    fc.assert(
      fc.property(controls, surroundings, (body, rest) => {
        const policy = resolvePolicy({ body, ...rest });
        expect(policy.noReadReason === undefined).toBe(policy.read);
        if (policy.joins)
          expect([policy.read, policy.write, policy.onlyIfCached]).toEqual([true, true, false]);
        expect(policy.ttlSeconds).not.toBe(0);
        if (!rest.enabled) expect([policy.read, policy.write]).toEqual([false, false]);
      }),
    );
  });
});
