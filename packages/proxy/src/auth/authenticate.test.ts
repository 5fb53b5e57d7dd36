import { describe, expect, it } from '@jest/globals';
import {
  createAuthenticator,
  isLoopback,
  keyOf,
  mayAdminister,
  type Authentication,
} from './authenticate.ts';

const MASTER_KEY = 'sk-1234';

describe('with a master key', () => {
  const authenticate = createAuthenticator({ masterKey: MASTER_KEY });

  it.each([
    { authorization: 'Bearer sk-1234' },
    { authorization: 'bearer sk-1234' },
    { authorization: 'BEARER  sk-1234 ' },
    { apiKey: 'sk-1234' },
    { authorization: 'Basic dXNlcg==', apiKey: 'sk-1234' },
  ])('knows its owner by %j', (credentials) => {
    expect(authenticate(credentials)).toEqual({ authenticated: true, caller: {}, role: 'master' });
  });

  it.each([
    {},
    { authorization: '' },
    { authorization: 'Bearer' },
    { authorization: 'Bearer ' },
    { authorization: 'sk-1234' },
    { authorization: 'Basic sk-1234' },
    { apiKey: '' },
  ])('misses a key in %j', (credentials) => {
    expect(authenticate(credentials)).toEqual({ authenticated: false, reason: 'missing' });
  });

  it.each(['sk-12345', 'sk-123', 'SK-1234', 'sk-1234\0', 'sk-1234,sk-1234', 'x'.repeat(100_000)])(
    'refuses another key: %.20s',
    (key) => {
      expect(authenticate({ authorization: `Bearer ${key}` })).toEqual({
        authenticated: false,
        reason: 'invalid',
      });
      expect(authenticate({ apiKey: key })).toEqual({ authenticated: false, reason: 'invalid' });
    },
  );

  it('knows a key of any length, and no part of it', () => {
    const long = `sk-${'x'.repeat(2_000)}`;
    const knows = createAuthenticator({ masterKey: long });
    expect(knows({ apiKey: long }).authenticated).toBe(true);
    for (const other of [long.slice(0, -1), `${long}x`, long.slice(0, 512)]) {
      expect(knows({ apiKey: other }).authenticated).toBe(false);
    }
  });

  it('does not fall back to the API key header when the bearer token is wrong', () => {
    expect(authenticate({ authorization: 'Bearer wrong', apiKey: MASTER_KEY }).authenticated).toBe(false);
  });
});

describe('without a master key', () => {
  it.each([undefined, ''])('lets everybody in as nobody (%j)', (masterKey) => {
    const authenticate = createAuthenticator({ masterKey });
    expect(authenticate({})).toEqual({ authenticated: true, caller: {}, role: 'nobody' });
    expect(authenticate({ authorization: 'Bearer anything' })).toEqual(authenticate({}));
  });
});

describe('keyOf', () => {
  it('reads the token out of a long header in linear time', () => {
    const startedAt = performance.now();
    expect(keyOf({ authorization: `Bearer ${' '.repeat(200_000)}x y` })).toBeUndefined();
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});

describe('mayAdminister', () => {
  const as = (role: 'master' | 'key' | 'nobody'): Authentication => ({
    authenticated: true,
    caller: {},
    role,
  });

  it('lets the master key in from anywhere', () => {
    expect(mayAdminister(as('master'), '203.0.113.7')).toBe(true);
  });

  it('lets an unknown sender in from this machine only', () => {
    expect(mayAdminister(as('nobody'), '127.0.0.1')).toBe(true);
    expect(mayAdminister(as('nobody'), '203.0.113.7')).toBe(false);
    expect(mayAdminister(as('nobody'), undefined)).toBe(false);
  });

  it('never lets in an ordinary key or a refused one', () => {
    expect(mayAdminister(as('key'), '127.0.0.1')).toBe(false);
    expect(mayAdminister({ authenticated: false, reason: 'missing' }, '127.0.0.1')).toBe(false);
  });
});

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', '0:0:0:0:0:0:0:1'])('%s is', (address) => {
    expect(isLoopback(address)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'localhost',
    '128.0.0.1',
    '10.0.0.1',
    '::',
    '::ffff:10.0.0.1',
    'fe80::1',
    '127.0.0.1.evil.example',
  ])('%s is not', (address) => {
    expect(isLoopback(address)).toBe(false);
  });
});
