import { hash } from 'node:crypto';
import { ANONYMOUS, type Caller } from '../contract/caller.ts';

/** Who shares answers with whom. `global` is LiteLLM's exact cache: everybody with everybody. */
export type ScopeKind = 'key' | 'team' | 'end_user' | 'global';

/** Every {@link ScopeKind}. */
export const SCOPE_KINDS: readonly ScopeKind[] = ['key', 'team', 'end_user', 'global'];

/** Hexadecimal digits of a scope: 128 bits, so that no two callers share one by accident or by search. */
const SCOPE_DIGITS = 32;

/**
 * The part of a key that separates callers, empty where nothing separates them (`global`, the master key, no
 * authentication). A caller without the asked-for identity falls back to a narrower one: no team means the key alone, no
 * end user means the key. End users are counted per team or key: two applications may both have a user "1".
 */
export function scopeOf(kind: ScopeKind, caller: Caller = ANONYMOUS): string {
  switch (kind) {
    case 'global':
      return '';
    case 'key':
      return identity('key', caller.keyHash);
    case 'team':
      return caller.teamId === undefined ? identity('key', caller.keyHash) : identity('team', caller.teamId);
    case 'end_user':
      return caller.endUser === undefined
        ? identity('key', caller.keyHash)
        : identity('end_user', ...ownerOf(caller), caller.endUser);
  }
}

/** Whose end user: says which of the two it is, for a team may be called like a key. */
function ownerOf({ teamId, keyHash }: Caller): [kind: string, id: string | undefined] {
  return teamId === undefined ? ['key', keyHash] : ['team', teamId];
}

/** A fixed-length digest: identities may hold any character, a scope holds no colon. */
function identity(kind: string, ...parts: (string | undefined)[]): string {
  if (parts.every((part) => part === undefined)) return '';
  return hash('sha256', JSON.stringify([kind, ...parts])).slice(0, SCOPE_DIGITS);
}
