import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { memoryBackend } from '../memory/memory-backend.ts';
import { systemClock } from './clock.ts';
import { createBackend, defineBackend, type BackendContext } from './define-backend.ts';

const context: BackendContext = { clock: systemClock, warn: () => undefined };

const shelf = defineBackend({
  type: 'shelf',
  options: z.object({ maxBytes: z.coerce.number().int().positive(), label: z.string().default('books') }),
  create: ({ maxBytes, label }) => ({ ...surface(memoryBackend({ maxBytes })), name: label }),
});

function surface(backend: ReturnType<typeof memoryBackend>): ReturnType<typeof memoryBackend> {
  return {
    contract: backend.contract,
    name: backend.name,
    capabilities: backend.capabilities,
    get: (key, options) => backend.get(key, options),
    set: (key, bytes, options) => backend.set(key, bytes, options),
    delete: (keys, options) => backend.delete(keys, options),
    ping: (options) => backend.ping(options),
    close: () => backend.close(),
  };
}

describe('a backend defined by a third party', () => {
  it('is made from options its own schema has checked and completed', async () => {
    const backend = await createBackend(shelf, { maxBytes: '4096' }, context);
    await backend.set('key', Buffer.from('value'));
    expect(backend.name).toBe('books');
    expect(Buffer.from((await backend.get('key')) ?? []).toString()).toBe('value');
  });

  it('says every wrong option at once, by its path', async () => {
    const made = createBackend(shelf, { maxBytes: -1, label: 7 }, context);
    await expect(made).rejects.toMatchObject({ code: 'CACHE_INVALID_OPTION', backend: 'shelf' });
    await expect(made).rejects.toThrow(/^shelf: maxBytes: .*; label: /);
  });

  it('says so where the options are no object at all', async () => {
    await expect(createBackend(shelf, undefined, context)).rejects.toThrow(/^shelf: \(options\): /);
  });
});

describe('a malformed definition', () => {
  const create = (): never => {
    throw new Error('not reached');
  };

  it.each(['', 'Redis', 'my backend', '-x'])('type %j is refused with what a type looks like', (type) => {
    expect(() => defineBackend({ type, options: z.object({}), create })).toThrow(
      /type must be .*"redis", got/,
    );
  });

  it.each(['redis', '@acme/cache', 'memcached.v2'])('type %j is taken', (type) => {
    expect(defineBackend({ type, options: z.object({}), create }).type).toBe(type);
  });

  it('a create that is no function is refused', () => {
    const definition = { type: 'x', options: z.object({}), create: 'soon' as unknown as typeof create };
    expect(() => defineBackend(definition)).toThrow(
      'defineBackend("x"): create must be a function, got string',
    );
  });
});
