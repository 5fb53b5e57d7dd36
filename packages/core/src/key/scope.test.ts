import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ANONYMOUS, type Caller } from '../contract/caller.ts';
import { cacheKey } from './cache-key.ts';
import { SCOPE_KINDS, scopeOf, type ScopeKind } from './scope.ts';

const REQUEST_HASH = 'f'.repeat(64);

/** Stands for authentication: who a credential belongs to. */
const DIRECTORY: Readonly<Record<string, Caller>> = {
  'sk-alice': { keyHash: 'alice', teamId: 'red' },
  'sk-bob': { keyHash: 'bob', teamId: 'red' },
  'sk-carol': { keyHash: 'carol', teamId: 'blue' },
  'sk-dave': { keyHash: 'dave' },
  'sk-master': {},
};

/** The key of one and the same request, made with a credential. */
function keyFor(kind: ScopeKind, credential: string, endUser?: string): string {
  const caller = DIRECTORY[credential]!;
  const scope = scopeOf(kind, endUser === undefined ? caller : { ...caller, endUser });
  return cacheKey({ scope, requestHash: REQUEST_HASH });
}

const identities = fc.oneof(
  fc.constantFrom('a', 'b', 'a","b', '1', 'red', ':'),
  fc.string({ unit: 'binary' }),
);
const callers: fc.Arbitrary<Caller> = fc.record(
  { keyHash: identities, teamId: identities, endUser: identities },
  { requiredKeys: [] },
);

describe('scopeOf', () => {
  it('peer defect 2: key separates every credential', () => {
    expect(keyFor('key', 'sk-alice')).toBe(keyFor('key', 'sk-alice'));
    expect(keyFor('key', 'sk-alice')).not.toBe(keyFor('key', 'sk-bob'));
  });

  it('peer defect 2: team is shared within the team and with nobody else', () => {
    expect(keyFor('team', 'sk-alice')).toBe(keyFor('team', 'sk-bob'));
    expect(keyFor('team', 'sk-alice')).not.toBe(keyFor('team', 'sk-carol'));
  });

  it('peer defect 2: end_user separates end users, counted per team or key', () => {
    expect(keyFor('end_user', 'sk-alice', '1')).toBe(keyFor('end_user', 'sk-bob', '1'));
    expect(keyFor('end_user', 'sk-alice', '1')).not.toBe(keyFor('end_user', 'sk-alice', '2'));
    expect(keyFor('end_user', 'sk-alice', '1')).not.toBe(keyFor('end_user', 'sk-carol', '1'));
    expect(keyFor('end_user', 'sk-alice', '1')).not.toBe(keyFor('end_user', 'sk-dave', '1'));
  });

  it('peer defect 2: two keys never share unless sharing is configured', () => {
    fc.assert(
      fc.property(callers, callers, (one, other) => {
        fc.pre(one.keyHash !== other.keyHash && one.keyHash !== undefined && other.keyHash !== undefined);
        expect(scopeOf('key', one)).not.toBe(scopeOf('key', other));
        if (one.teamId !== undefined && one.teamId === other.teamId) return;
        expect(scopeOf('team', one)).not.toBe(scopeOf('team', other));
        expect(scopeOf('end_user', one)).not.toBe(scopeOf('end_user', other));
      }),
      { numRuns: 1000 },
    );
  });

  it('global is shared by everybody', () => {
    fc.assert(fc.property(callers, (caller) => expect(scopeOf('global', caller)).toBe('')));
  });

  it('falls back to the key, never to everybody, where the asked-for identity is missing', () => {
    const caller = DIRECTORY['sk-dave']!;
    expect(scopeOf('team', caller)).toBe(scopeOf('key', caller));
    expect(scopeOf('end_user', caller)).toBe(scopeOf('key', caller));
    expect(scopeOf('key', caller)).not.toBe('');
  });

  it.each(SCOPE_KINDS)('%s: the master key and no authentication share the empty scope', (kind) => {
    expect(scopeOf(kind, ANONYMOUS)).toBe('');
    expect(scopeOf(kind)).toBe('');
    expect(keyFor(kind, 'sk-master')).toBe(cacheKey({ requestHash: REQUEST_HASH }));
  });

  it('separates end users even where nothing is authenticated', () => {
    expect(scopeOf('end_user', { endUser: '1' })).not.toBe(scopeOf('end_user', { endUser: '2' }));
    expect(scopeOf('end_user', { endUser: '1' })).not.toBe('');
  });

  it('keeps kinds apart: a team may be called like a key', () => {
    expect(scopeOf('team', { teamId: 'x' })).not.toBe(scopeOf('key', { keyHash: 'x' }));
    const ofTeam = scopeOf('end_user', { teamId: 'x', endUser: '1' });
    expect(ofTeam).not.toBe(scopeOf('end_user', { keyHash: 'x', endUser: '1' }));
  });

  it('is empty or 32 hexadecimal digits, whatever the identities hold, and always the same', () => {
    fc.assert(
      fc.property(callers, fc.constantFrom(...SCOPE_KINDS), (caller, kind) => {
        expect(scopeOf(kind, caller)).toMatch(/^(?:[0-9a-f]{32})?$/);
        expect(scopeOf(kind, { ...caller, defaults: { ttl: 1 } })).toBe(scopeOf(kind, { ...caller }));
      }),
    );
    expect(scopeOf('key', { keyHash: 'alice' })).toBe('b4b0fea802e2375960a87b71a000171c');
  });
});
