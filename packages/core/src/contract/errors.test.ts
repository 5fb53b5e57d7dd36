import { describe, expect, it } from '@jest/globals';
import { CACHE_ERRORS, CacheError } from './errors.ts';

describe('a CacheError', () => {
  it('knows its code, where it happened, and what lies underneath', () => {
    const cause = new Error('ECONNREFUSED');
    const error = new CacheError('CACHE_BACKEND_UNAVAILABLE', 'redis: refused', {
      backend: 'redis',
      operation: 'get',
      cause,
    });
    expect(error).toMatchObject({ name: 'CacheError', backend: 'redis', operation: 'get', cause });
    expect(error).toBeInstanceOf(Error);
  });

  it('is told by its brand, also one made by another copy of this package', () => {
    const foreign = Object.assign(new Error('from elsewhere'), {
      code: 'CACHE_MISS',
      [Symbol.for('@cache/core/CacheError')]: true,
    });
    expect(CacheError.is(foreign)).toBe(true);
    expect(CacheError.is(foreign, 'CACHE_MISS')).toBe(true);
    expect(CacheError.is(foreign, 'CACHE_CLOSED')).toBe(false);
  });

  it.each([undefined, null, 'CACHE_MISS', new Error('no'), { code: 'CACHE_MISS' }])('%p is none', (value) => {
    expect(CacheError.is(value)).toBe(false);
  });

  it('says whether the same call may succeed later', () => {
    for (const [code, { retryable }] of Object.entries(CACHE_ERRORS)) {
      expect(new CacheError(code as keyof typeof CACHE_ERRORS, '').retryable).toBe(retryable);
    }
    expect(new CacheError('CACHE_BACKEND_TIMEOUT', '').retryable).toBe(true);
    expect(new CacheError('CACHE_INVALID_CONTROL', '').retryable).toBe(false);
  });
});
