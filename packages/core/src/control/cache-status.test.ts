import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseList, Token } from 'structured-headers';
import type { MissReason } from '../contract/observer.ts';
import type { Outcome } from '../engine/answer.ts';
import { cacheStatusOfHit, renderCacheStatus } from './cache-status.ts';

type Hit = Outcome & { readonly type: 'hit' };
type Miss = Outcome & { readonly type: 'miss' };

const hit = (details: Partial<Hit> = {}): Hit => ({
  type: 'hit',
  key: 'team:abc123',
  ageSeconds: 3,
  ttlSeconds: 297,
  stale: false,
  source: 'local',
  ...details,
});

const miss = (details: Partial<Miss> = {}): Miss => ({
  type: 'miss',
  key: 'team:abc123',
  reason: 'absent',
  collapsed: false,
  ...details,
});

/** The field as a structured-fields parser reads it: one member, our token, and its parameters. */
function parsed(field: string): Record<string, unknown> {
  const members = parseList(field);
  expect(members).toHaveLength(1);
  const [name, parameters] = members[0] ?? [];
  expect(name).toBeInstanceOf(Token);
  expect(String(name)).toBe('llm-cache');
  const plain = [...(parameters ?? [])].map(([parameter, value]) => [
    parameter,
    value instanceof Token ? `token ${value.toString()}` : value,
  ]);
  return Object.fromEntries(plain) as Record<string, unknown>;
}

describe('renderCacheStatus', () => {
  it('peer defect 18: says hit, freshness left and key in a header', () => {
    expect(renderCacheStatus(hit())).toBe('llm-cache;hit;ttl=297;key="team:abc123"');
    expect(parsed(renderCacheStatus(hit()))).toEqual({ hit: true, ttl: 297, key: 'team:abc123' });
  });

  it('leaves ttl off where the entry does not expire', () => {
    const { ttlSeconds: _, ...unlimited } = hit();
    expect(renderCacheStatus(unlimited)).toBe('llm-cache;hit;key="team:abc123"');
  });

  it('says of a stale answer that nothing was forwarded, with a negative ttl', () => {
    expect(parsed(renderCacheStatus(hit({ stale: true, ttlSeconds: -12 })))).toEqual({
      hit: true,
      ttl: -12,
      key: 'team:abc123',
    });
  });

  it.each<[MissReason, string]>([
    ['absent', 'llm-cache;fwd=uri-miss'],
    ['stale', 'llm-cache;fwd=stale'],
    ['too_old', 'llm-cache;fwd=request'],
    ['no_cache', 'llm-cache;fwd=request'],
    ['off', 'llm-cache;fwd=bypass'],
    ['usage', 'llm-cache;fwd=miss;detail=usage'],
  ])('a miss because of %s', (reason, field) => {
    expect(renderCacheStatus(miss({ reason }))).toBe(field);
  });

  it('says stored only of an answer that is being stored', () => {
    expect(renderCacheStatus(miss({ stored: true }))).toBe('llm-cache;fwd=uri-miss;stored');
    expect(renderCacheStatus(miss({ stored: false }))).toBe('llm-cache;fwd=uri-miss');
  });

  it('says collapsed of a shared provider call', () => {
    expect(renderCacheStatus(miss({ collapsed: true, stored: true }))).toBe(
      'llm-cache;fwd=uri-miss;stored;collapsed',
    );
  });

  it('property: a miss is read back as it was', () => {
    const reasons: MissReason[] = ['absent', 'stale', 'too_old', 'usage', 'no_cache', 'off'];
    fc.assert(
      fc.property(fc.constantFrom(...reasons), fc.boolean(), fc.boolean(), (reason, stored, collapsed) => {
        const {
          fwd,
          stored: isStored = false,
          collapsed: isCollapsed = false,
          hit: isHit,
        } = parsed(renderCacheStatus(miss({ reason, stored, collapsed })));
        expect(fwd).toMatch(/^token (uri-miss|stale|request|bypass|miss)$/);
        expect([isStored, isCollapsed, isHit]).toEqual([stored, collapsed, undefined]);
      }),
    );
  });
});

describe('cacheStatusOfHit', () => {
  it.each(['a"b', 'a\\b', '\\"', 'a b', '~', ''])('carries the key %j', (key) => {
    expect(parsed(cacheStatusOfHit(5, key))).toEqual({ hit: true, ttl: 5, key });
  });

  it.each(['ü:abc', 'a\nb', 'a\r\nset-cookie: x', '\u0000', 'a\u007f', '日本'])(
    'leaves off the key %j, which no structured-field String can hold',
    (key) => {
      expect(cacheStatusOfHit(5, key)).toBe('llm-cache;hit;ttl=5');
    },
  );

  it('property: any ttl and key are read back', () => {
    const printable = fc.string({ unit: 'grapheme-ascii' });
    fc.assert(
      fc.property(fc.option(fc.integer(), { nil: undefined }), printable, (ttl, key) => {
        const read = parsed(cacheStatusOfHit(ttl, key));
        expect(read).toEqual(ttl === undefined ? { hit: true, key } : { hit: true, ttl, key });
      }),
    );
  });
});
