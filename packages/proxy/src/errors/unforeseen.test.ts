import { describe, expect, it } from '@jest/globals';
import { CacheError } from '@cache/core';
import { ModelNotFound } from './http-error.ts';
import { unforeseenIn } from './unforeseen.ts';

describe('unforeseenIn', () => {
  it('tells kind, code and place of an error, and nothing of its message', () => {
    const error = Object.assign(new TypeError('sk-hush\n    at sk-hush'), { code: 'ERR_X' });
    const found = unforeseenIn(error);
    expect(found).toMatchObject({ kind: 'TypeError', code: 'ERR_X' });
    expect(found?.at[0]).toContain('unforeseen.test.ts');
    expect(found?.at.length).toBeLessThanOrEqual(10);
    expect(JSON.stringify(found)).not.toContain('sk-hush');
  });

  it.each(['sk-hush', null, undefined, 7])('tells the type of what is no error: %p', (thrown) => {
    expect(unforeseenIn(thrown)).toEqual({ kind: typeof thrown, code: undefined, at: [] });
  });

  it('has nothing to say of an error made on purpose', () => {
    expect(unforeseenIn(new ModelNotFound('m'))).toBeUndefined();
    expect(unforeseenIn(new CacheError('CACHE_MISS', 'not here'))).toBeUndefined();
  });
});
