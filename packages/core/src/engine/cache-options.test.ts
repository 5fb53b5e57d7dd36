import { describe, expect, it } from '@jest/globals';
import { memoryBackend } from '../memory/memory-backend.ts';
import { memoryStore } from '../memory/memory-store.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { Cache } from './cache.ts';
import { framed } from './framed.ts';
import { resilient } from './store-wrappers/resilient.ts';

const store = memoryStore();
const backend = memoryBackend();
/** A backend or store with one of its methods gone. */
const without = (given: object, name: string): unknown =>
  new Proxy(given, { get: (target, member) => (member === name ? undefined : Reflect.get(target, member)) });

describe('options of Cache', () => {
  it.each<[option: string, value: unknown, message: string]>([
    [
      'store',
      undefined,
      'store must be a CacheStore such as memoryStore(), or a CacheBackend, got undefined',
    ],
    ['store', new Map(), 'or a CacheBackend (missing: ping, close), got [object Map] (object)'],
    ['store', without(store, 'clear'), 'or a CacheBackend (missing: clear), got'],
    ['store', without(backend, 'set'), 'or a CacheBackend (missing: set), got'],
    ['observer', 'console', 'observer must be a function, got "console" (string)'],
    ['observer', null, 'observer must be a function, got null (object)'],
    ['clock', Date, 'clock must be a Clock, got'],
    ['clock', { now: Date.now }, 'clock must be a Clock (missing: schedule), got'],
    ['ignoredParams', 'seed', 'ignoredParams must be a list of names, got "seed" (string)'],
    ['ignoredParams', [1], 'ignoredParams must be a list of names, got'],
    ['supportedCallTypes', 'completion', 'supportedCallTypes must be a list of names, got "completion"'],
    ['callTypes', [{}], 'callTypes must be a list of call types, got'],
    ['callTypes', [null], 'callTypes must be a list of call types, got'],
    ['namespace', 'a b', 'namespace must be a name of printable characters without blanks, got "a b"'],
  ])('refuses %s: %p', (option, value, message) => {
    const making = (): unknown => new Cache({ store, [option]: value });
    const expected = {
      code: 'CACHE_INVALID_OPTION',
      param: option,
      message: expect.stringContaining(message),
    };
    expect(making).toThrow(expect.objectContaining(expected));
  });

  it('refuses a misspelt kind of answer to store', () => {
    const making = (): unknown => new Cache({ store, storable: { refusals: true } as never });
    expect(making).toThrow('storable: refusals must be one of contentFilter, refusal, empty, unknown');
  });

  it('takes undefined for an option that is not given', () => {
    const names = ['ttlSeconds', 'namespace', 'observer', 'clock', 'storable', 'callTypes', 'ignoredParams'];
    const options = Object.fromEntries(names.map((name) => [name, undefined]));
    expect(new Cache({ store, ...options }).options.joinSeconds).toBe(600);
  });

  it('takes a store, a backend, and either without what is optional', () => {
    const clock = new FakeClock();
    for (const given of [store, backend, without(store, 'peek'), without(backend, 'clear')]) {
      expect(new Cache({ store: given as typeof store, clock }).options.clock).toBe(clock);
    }
  });
});

describe('a misspelt option is refused, not overlooked', () => {
  it.each<[owner: string, make: () => unknown, known: string]>([
    ['Cache', () => new Cache({ store, ttl: 1 } as never), 'store, ttlSeconds,'],
    [
      'memoryStore',
      () => memoryStore({ maxbytes: 1 } as never),
      'maxBytes, maxEntries, maxEntryBytes, clock',
    ],
    ['framed', () => framed(backend, { maxConcurrent: 1 } as never), 'observer, codecs,'],
    ['resilient', () => resilient(store, { timeout: 1 } as never), 'operationTimeoutMilliseconds,'],
  ])('by %s', (owner, make, known) => {
    const message = expect.stringMatching(`^${owner}: \\w+ must be one of ${known}`);
    expect(make).toThrow(expect.objectContaining({ code: 'CACHE_INVALID_OPTION', message }));
  });
});
