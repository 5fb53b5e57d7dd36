import { describe, expect, it } from '@jest/globals';
import { chatCompletion } from '../calls/chat-completion.ts';
import type { JsonObject } from '../json.ts';
import { memoryStore } from '../memory/memory-store.ts';
import { Cache, type RequestContext } from './cache.ts';
import { readCall } from './call.ts';
import { question } from './cache.fixture.ts';

const read = (more: Record<string, unknown>): ReturnType<typeof readCall> =>
  readCall(chatCompletion, question('?', more) as JsonObject);

describe('reading a call', () => {
  it('takes off the body what speaks to the cache', () => {
    const body = question('?', { cache: { ttl: 5 }, caching: true, seed: 7 }) as JsonObject;
    expect(readCall(chatCompletion, body).controls).toMatchObject({ ttlSeconds: 5 });
    expect(Object.keys(body)).toEqual(['model', 'messages', 'seed']);
  });

  it.each(['yes', 1, {}, []])('refuses caching: %j', (caching) => {
    expect(() => read({ caching })).toThrow(/^caching must be true or false, got/);
  });
});

describe('caching, the switch for one call', () => {
  const policyOf = (cache: Cache, more: Record<string, unknown>, context: RequestContext = {}): unknown =>
    cache.request(read(more), context).policy;
  const on = new Cache({ store: memoryStore() });
  const off = new Cache({ store: memoryStore(), mode: 'default_off' });

  it('false neither reads nor writes, whatever else is said', () => {
    const policy = policyOf(on, { caching: false, cache: { 'use-cache': true } });
    expect(policy).toMatchObject({ read: false, write: false, noReadReason: 'off', joins: false });
  });

  it('true opts in where caching is off by default, unless the controls say no', () => {
    expect(policyOf(off, { caching: true })).toMatchObject({ read: true, write: true });
    expect(policyOf(off, {})).toMatchObject({ read: false, write: false });
    expect(policyOf(off, { caching: true, cache: { 'use-cache': false } })).toMatchObject({ read: false });
  });

  it('absent or null follows the mode', () => {
    expect(policyOf(on, { caching: null })).toMatchObject({ read: true, write: true });
  });

  it("is the caller's word before the body's", () => {
    expect(policyOf(on, { caching: true }, { caching: false })).toMatchObject({ read: false, write: false });
  });

  it('is no part of the key', () => {
    expect(on.request(read({ caching: true })).key).toBe(on.request(read({})).key);
  });
});
