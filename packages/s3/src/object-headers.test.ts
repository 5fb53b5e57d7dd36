import { describe, expect, it } from '@jest/globals';
import { deleteAtOf, headersFor } from './object-headers.ts';

const NOW = Date.UTC(2026, 0, 1);

describe('what is written with an object', () => {
  it('is the lifetime, as LiteLLM writes it', () => {
    expect(headersFor('ns/hash', NOW + 60_000, NOW)).toMatchObject({
      CacheControl: 'immutable, max-age=60, s-maxage=60',
      Expires: new Date(NOW + 60_000),
    });
  });

  it.each([undefined, Infinity, NaN])(
    'is a year for caches in between, and no end, with deleteAt %p',
    (deleteAt) => {
      const headers = headersFor('ns/hash', deleteAt, NOW);
      expect(headers.CacheControl).toBe('immutable, max-age=31536000, s-maxage=31536000');
      expect(headers.Expires).toBeUndefined();
      expect(headers.Metadata).toBeUndefined();
    },
  );

  it('never ends before its time: whole seconds are rounded up', () => {
    expect(headersFor('a', NOW + 1_500.5, NOW)).toMatchObject({
      CacheControl: 'immutable, max-age=2, s-maxage=2',
      Expires: new Date(NOW + 2_000),
      Metadata: { 'delete-at': String(NOW + 1_500.5) },
    });
  });

  it.each([
    [NOW - 60_000, new Date(NOW - 60_000)],
    [-1e20, new Date(0)],
    [1e20, new Date('9999-12-31T23:59:59Z')],
  ])('holds a date HTTP can say for deleteAt %p', (deleteAt, expires) => {
    expect(headersFor('a', deleteAt, NOW).Expires).toEqual(expires);
  });

  it('names the file in characters every header takes', () => {
    const { ContentDisposition } = headersFor('ns/caf\u00e9 "x".1', undefined, NOW);
    expect(ContentDisposition).toBe('attachment; filename="caf___x_.1.frame"');
  });
});

describe('when an object ends', () => {
  const ExpiresString = 'Thu, 01 Jan 2026 00:01:00 GMT';

  it.each([
    [{ Metadata: { 'delete-at': '1500.5' }, ExpiresString }, 1500.5],
    [{ Metadata: { 'delete-at': 'soon' }, ExpiresString }, NOW + 60_000],
    [{ Metadata: { 'delete-at': '' }, ExpiresString }, NOW + 60_000],
    [{ ExpiresString }, NOW + 60_000],
    [{ ExpiresString: 'later' }, undefined],
    [{}, undefined],
  ])('%j says %p', (output, deleteAt) => {
    expect(deleteAtOf(output)).toBe(deleteAt);
  });
});
