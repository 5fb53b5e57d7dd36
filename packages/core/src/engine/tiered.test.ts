import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { CacheBackend } from '../contract/backend.ts';
import { CacheError } from '../contract/errors.ts';
import { memoryBackend } from '../memory/memory-backend.ts';
import { memorySharedState } from '../memory/memory-shared-state.ts';
import { memoryStore } from '../memory/memory-store.ts';
import { createGate, fail, failOnce, faultyStore, storeSuite, type Fault } from '../testing/index.ts';
import { framed } from './framed.ts';
import { failOpen } from './store-wrappers/fail-open.ts';
import { tiered, tiersOf } from './tiered.ts';
import { entryOf, HASH, startRig } from './tiered.fixture.ts';

const DOWN = new CacheError('CACHE_BACKEND_UNAVAILABLE', 'memory: connection refused', { backend: 'memory' });

/** Lets an operation through when `gate` opens: before it happens, or when it has happened but nobody knows. */
const waits =
  (gate: { pass(): Promise<void> }, when: 'before' | 'after'): Fault =>
  async (operation, next) => {
    if (when === 'before') await gate.pass();
    const result = await next(operation);
    if (when === 'after') await gate.pass();
    return result;
  };

describe('tiers are a store like any other', () => {
  storeSuite({
    test: it,
    create: async () => ({ store: tiered({ memory: memoryStore(), shared: framed(memoryBackend()) }) }),
  });
});

describe('tiers', () => {
  it('are called as the shared store is, and keep answers as long', async () => {
    const members = { name: { value: 'redis' }, defaultTtlSeconds: { value: 60 } };
    const shared = framed(Object.create(memoryBackend(), members) as CacheBackend);
    const store = tiered({ memory: memoryStore(), shared });
    expect(store).toMatchObject({ name: 'redis', defaultTtlSeconds: 60, remote: true });
    const without = tiered({ memory: memoryStore(), shared: framed(memoryBackend()) });
    expect(without.defaultTtlSeconds).toBeUndefined();
  });

  it('can be reached one by one, nearest first, and the figures of the memory through the whole', async () => {
    const [memory, shared] = [memoryStore(), framed(memoryBackend())];
    const store = tiered({ memory, shared });
    expect(tiersOf(store)).toEqual([memory, shared]);
    expect(tiersOf(shared)).toEqual([shared]);
    await store.set('a', entryOf('1'));
    expect(store.statistics()).toEqual(memory.statistics());
    expect(store.statistics().entries).toBe(1);
  });

  it.each([
    [{ memory: framed(memoryBackend()) }, /memory must be a memoryStore\(\)/],
    [{ shared: memoryBackend() }, /shared must be a CacheStore such as resilient\(framed\(backend\)\)/],
    [{ bus: {} }, /bus must be a SharedState/],
    [{ memoryTtlSeconds: -1 }, /memoryTtlSeconds must be a number of seconds, 0 or more, got -1/],
    [{ memoryTtlSeconds: Number.NaN }, /memoryTtlSeconds/],
    [{ memoryTTLSeconds: 5 }, /memoryTTLSeconds must be one of memory, shared/],
  ])('refuse %o', (wrong, message) => {
    const options = { memory: memoryStore(), shared: framed(memoryBackend()), ...wrong };
    expect(() => tiered(options as never)).toThrow(message);
  });
});

describe('reading', () => {
  it('peeks into memory alone, and hands out the copy itself', async () => {
    const { one, server, shared } = await startRig();
    await server.set('a', entryOf('1'));
    expect(one.peek('a')).toBeUndefined();
    expect(shared.operations).toEqual([]);
    const entry = entryOf('2');
    await one.set('a', entry);
    expect(one.peek('a')).toBe(entry);
  });

  it('copies into memory what it finds in the shared store', async () => {
    const { one, server, shared } = await startRig();
    await server.set('a', entryOf('1'));
    expect((await one.get('a'))?.model).toBe('1');
    expect(one.peek('a')?.model).toBe('1');
    expect(one.get('a')).toBe(one.peek('a'));
    expect(shared.operations).toHaveLength(1);
  });

  it('looks beyond memory when told that the copy is no answer, and keeps the younger of both', async () => {
    const { one, server } = await startRig();
    await one.set('a', entryOf('old', { createdAt: 1 }));
    await server.set('a', entryOf('new', { createdAt: 2 }));
    expect((await one.get('a'))?.model).toBe('old');
    expect((await one.get('a', { beyondPeek: true }))?.model).toBe('new');
    expect(one.peek('a')?.model).toBe('new');
    await server.set('a', entryOf('old', { createdAt: 1 }));
    expect((await one.get('a', { beyondPeek: true }))?.model).toBe('new');
    await server.delete(['a']);
    expect((await one.get('a', { beyondPeek: true }))?.model).toBe('new');
  });

  it('takes the shared store at its word about two answers of one millisecond', async () => {
    const { one, server } = await startRig();
    await one.set('a', entryOf('here', { createdAt: 1 }));
    await server.set('a', entryOf('there', { createdAt: 1 }));
    expect((await one.get('a', { beyondPeek: true }))?.model).toBe('there');
    expect(one.peek('a')?.model).toBe('there');
  });

  it('looks into all of three tiers, nearest first', async () => {
    const server = framed(memoryBackend());
    const [far, other] = [0, 1].map(() => tiered({ memory: memoryStore(), shared: server }));
    if (far === undefined || other === undefined) throw new Error('two were made');
    const near = tiered({ memory: memoryStore(), shared: far });
    await near.set('a', entryOf('1'));
    near.tiers[0].empty();
    await other.set('a', entryOf('2'));
    expect((await near.get('a', { beyondPeek: true }))?.model).toBe('1');
    far.tiers[0].empty();
    near.tiers[0].empty();
    expect((await near.get('a'))?.model).toBe('2');
    expect([near.peek('a')?.model, far.peek('a')?.model]).toEqual(['2', '2']);
  });

  it('goes on from memory while the shared store fails', async () => {
    const { one } = await startRig({}, { set: fail(DOWN), get: fail(DOWN) });
    await expect(one.set('a', entryOf('1'))).rejects.toBe(DOWN);
    expect((await one.get('a'))?.model).toBe('1');
    expect(one.peek('a')?.model).toBe('1');
    await expect(one.get('b')).rejects.toBe(DOWN);
  });
});

describe('a copy in memory', () => {
  it('lives 60 seconds from when it was made, then the shared store is asked again', async () => {
    const { one, server, clock, shared } = await startRig();
    await server.set('a', entryOf('1'));
    await clock.advance(1_000);
    await one.get('a');
    await clock.advance(59_999);
    expect(one.peek('a')).toBeDefined();
    await clock.advance(1);
    expect(one.peek('a')).toBeUndefined();
    await one.get('a');
    expect(shared.operations.filter(({ name }) => name === 'get')).toHaveLength(2);
    await one.set('a', entryOf('2'));
    await clock.advance(59_999);
    expect(one.peek('a')?.model).toBe('2');
    await clock.advance(1);
    expect(one.peek('a')).toBeUndefined();
  });

  it('lives no longer than its entry, stale window included, and tells the times of the entry', async () => {
    const { one, server, clock } = await startRig({ memoryTtlSeconds: 0.5 });
    const times = { createdAt: -5_000, expiresAt: 100, staleUntil: 200 };
    await server.set('a', entryOf('1', times));
    await server.set('b', entryOf('1', { ...times, staleUntil: 9_000 }));
    await one.get('a');
    await one.get('b');
    expect(one.peek('a')).toMatchObject(times);
    await clock.advance(199);
    expect(one.peek('a')).toMatchObject(times);
    await clock.advance(1);
    expect(one.peek('a')).toBeUndefined();
    await clock.advance(299);
    expect(one.peek('b')).toMatchObject({ expiresAt: 100, staleUntil: 9_000 });
    await clock.advance(1);
    expect(one.peek('b')).toBeUndefined();
  });

  it('is not kept at all with 0 seconds', async () => {
    const { one } = await startRig({ memoryTtlSeconds: 0 });
    await one.set('a', entryOf('1'));
    expect(one.peek('a')).toBeUndefined();
    expect((await one.get('a'))?.model).toBe('1');
    expect(one.statistics().entries).toBe(0);
  });
});

describe('writing', () => {
  it('is in memory at once and in the shared store in time', async () => {
    const gate = createGate();
    const { one, other } = await startRig({}, { set: waits(gate, 'before') });
    const writing = one.set('a', entryOf('1'));
    expect(one.peek('a')?.model).toBe('1');
    expect(await other.get('a')).toBeUndefined();
    gate.release();
    await writing;
    expect((await other.get('a'))?.model).toBe('1');
  });

  it('leaves the copy where the shared store has no room for the entry', async () => {
    const shared = framed(memoryBackend({ maxValueBytes: 1_000 }));
    const store = tiered({ memory: memoryStore(), shared });
    await store.set('a', entryOf('long', { body: Buffer.alloc(2_000) }));
    expect(await shared.get('a')).toBeUndefined();
    expect(store.peek('a')?.model).toBe('long');
  });

  it('leaves the shared entry where memory has no room, and no older copy', async () => {
    const memory = memoryStore({ maxEntryBytes: 1_000 });
    const store = tiered({ memory, shared: framed(memoryBackend()) });
    await store.set('a', entryOf('short'));
    await store.set('a', entryOf('long', { body: Buffer.alloc(2_000) }));
    expect(store.peek('a')).toBeUndefined();
    expect((await store.get('a'))?.model).toBe('long');
    expect(memory.statistics().rejected).toBe(2);
  });

  it('reaches the shared store in the order of the calls', async () => {
    const gate = createGate();
    let isFirst = true;
    const firstWaits: Fault = async (operation, next) => {
      if (isFirst) {
        isFirst = false;
        await gate.pass();
      }
      return next(operation);
    };
    const { one, server } = await startRig({}, { set: firstWaits });
    const writing = [one.set('a', entryOf('1')), one.set('a', entryOf('2')), one.set('b', entryOf('b'))];
    await nextTurn();
    expect((await server.get('b'))?.model).toBe('b');
    gate.release();
    for (const write of writing) await write;
    expect((await server.get('a'))?.model).toBe('2');
  });

  it('goes on under a key whose last write failed', async () => {
    const { one, server } = await startRig({}, { set: failOnce(DOWN) });
    const [first, second] = [one.set('a', entryOf('1')), one.set('a', entryOf('2'))];
    await expect(first).rejects.toBe(DOWN);
    await second;
    expect((await server.get('a'))?.model).toBe('2');
  });

  it('is not undone by a read that began before it', async () => {
    const gate = createGate();
    const { one, server } = await startRig({}, { get: waits(gate, 'after') });
    await server.set('a', entryOf('old', { createdAt: 5 }));
    const reading = one.get('a');
    await gate.reached;
    await one.set('a', entryOf('new', { createdAt: 1 }));
    gate.release();
    await reading;
    expect(one.peek('a')?.model).toBe('new');
  });
});

describe('removing', () => {
  it.each([
    ['delete', (store: { delete(keys: readonly string[]): unknown }) => store.delete([`ns:${HASH}`])],
    ['clear', (store: { clear(prefix: string): unknown }) => store.clear('ns:')],
    ['clear without a prefix', (store: { clear(prefix: string): unknown }) => store.clear('')],
  ])(
    '%s takes an entry from the shared store and from the memory of every process',
    async (_name, remove) => {
      const { one, other, server } = await startRig();
      const key = `ns:${HASH}`;
      await one.set(key, entryOf('1'));
      await one.set('other:b', entryOf('stays'));
      await other.get(key);
      await other.get('other:b');
      expect(await remove(one)).toBe(1);
      for (const store of [one, other]) {
        expect(store.peek(key)).toBeUndefined();
        expect(store.peek('other:b')).toBeDefined();
        expect(await store.get(key)).toBeUndefined();
      }
      expect(await server.get(key)).toBeUndefined();
    },
  );

  it('counts what either tier had, the larger number', async () => {
    const { one, server } = await startRig({}, { set: failOnce(DOWN) });
    await expect(one.set('a', entryOf('in memory only'))).rejects.toBe(DOWN);
    expect(await one.delete(['a', 'missing'])).toBe(1);
    for (const key of ['p:1', 'p:2']) await server.set(key, entryOf('in the shared store only'));
    expect(await one.clear('p:')).toBe(2);
  });

  it('asks nobody to delete nothing', async () => {
    const { one, shared } = await startRig({}, { delete: fail(DOWN) });
    expect(await one.delete([])).toBe(0);
    expect(shared.operations).toEqual([]);
  });

  it('holds back no write of another key', async () => {
    const gate = createGate();
    const { one, server } = await startRig({}, { delete: waits(gate, 'before') });
    const removing = one.delete(['a']);
    await one.set('b', entryOf('1'));
    expect((await server.get('b'))?.model).toBe('1');
    gate.release();
    await removing;
  });

  it('takes the copies away, and tells the others, even if the shared store fails', async () => {
    const { one, other } = await startRig({}, { delete: fail(DOWN) });
    await one.set('a', entryOf('1'));
    await other.get('a');
    await expect(one.delete(['a'])).rejects.toBe(DOWN);
    expect([one.peek('a'), other.peek('a')]).toEqual([undefined, undefined]);
  });

  it('removes what was on its way to the shared store when it was asked for', async () => {
    const gate = createGate();
    const { one, server } = await startRig({}, { set: waits(gate, 'before') });
    const writing = ['p:1', 'q:1'].map((key) => one.set(key, entryOf('1')));
    const removing = [one.delete(['p:1']), one.clear('q:')];
    await nextTurn();
    gate.release();
    for (const write of writing) await write;
    expect(await Promise.all(removing)).toEqual([1, 1]);
    expect([await server.get('p:1'), await server.get('q:1')]).toEqual([undefined, undefined]);
  });

  it('waits for writes that are on their way, and holds later ones back', async () => {
    const gate = createGate();
    const { one, server, shared } = await startRig({}, { set: waits(gate, 'before') });
    const before = one.set('a', entryOf('before'));
    const removing = one.delete(['a']);
    const after = one.set('a', entryOf('after'));
    expect(one.peek('a')?.model).toBe('after');
    gate.release();
    await Promise.all([before, removing, after]);
    expect(shared.operations.map(({ name }) => name)).toEqual(['set', 'delete', 'set']);
    expect((await server.get('a'))?.model).toBe('after');
    expect(one.peek('a')?.model).toBe('after');
  });

  it.each(['one', 'other'] as const)('drops what %s was about to copy', async (remover) => {
    const gate = createGate();
    const { one, server, ...rig } = await startRig({}, { get: waits(gate, 'after') });
    await server.set('a', entryOf('old'));
    const reading = one.get('a');
    await gate.reached;
    await (remover === 'one' ? one : rig.other).delete(['a']);
    gate.release();
    await reading;
    expect(one.peek('a')).toBeUndefined();
    await server.set('a', entryOf('new'));
    await one.get('a');
    expect(one.peek('a')?.model).toBe('new');
  });

  it('lets a read that begins after it copy, though one from before is still under way', async () => {
    const [gate, next] = [createGate(), createGate()];
    const gates = [gate, next];
    const eachAtItsGate: Fault = async (operation, read) => {
      const result = await read(operation);
      await gates.shift()?.pass();
      return result;
    };
    const { one, server } = await startRig({}, { get: eachAtItsGate });
    await server.set('a', entryOf('old'));
    const before = one.get('a');
    await gate.reached;
    await one.delete(['a']);
    await server.set('a', entryOf('new'));
    const after = one.get('a');
    await next.reached;
    next.release();
    expect([(await after)?.model, one.peek('a')?.model]).toEqual(['new', 'new']);
    await one.delete(['a']);
    gate.release();
    expect([(await before)?.model, one.peek('a')]).toEqual(['old', undefined]);
  });

  it('drops a read that began after it, on the next deletion, though one from before has ended since', async () => {
    const [before, after] = [createGate(), createGate()];
    const gates = [before, after];
    const eachAtItsGate: Fault = async (operation, read) => {
      const result = await read(operation);
      await gates.shift()?.pass();
      return result;
    };
    const { one, server } = await startRig({}, { get: eachAtItsGate });
    const first = one.get('a');
    await before.reached;
    await one.delete(['a']);
    await server.set('a', entryOf('old'));
    const second = one.get('a');
    await after.reached;
    before.release();
    await first;
    await one.delete(['a']);
    after.release();
    expect([(await second)?.model, one.peek('a')]).toEqual(['old', undefined]);
  });

  it('copies nothing that is read while it is going on', async () => {
    const gate = createGate();
    const { one, server } = await startRig({}, { delete: waits(gate, 'before') });
    await server.set('a', entryOf('old'));
    const removing = one.delete(['a']);
    await one.get('a');
    expect(one.peek('a')).toBeUndefined();
    gate.release();
    await removing;
  });

  it('copies nothing that is read while a write is going on', async () => {
    const gate = createGate();
    const { one, server } = await startRig({ memoryTtlSeconds: 60 }, { set: waits(gate, 'before') });
    await server.set('a', entryOf('old', { createdAt: 9 }));
    const writing = one.set('a', entryOf('new'));
    one.tiers[0].empty();
    expect((await one.get('a'))?.model).toBe('old');
    expect(one.peek('a')).toBeUndefined();
    gate.release();
    await writing;
    await one.get('a');
    expect(one.peek('a')?.model).toBe('new');
  });
});

describe('asking whether all is well', () => {
  it.each([
    ['nothing', false, false, undefined],
    ['the shared tier', false, true, 'memory tier: memory: connection refused'],
    ['the memory', true, false, 'local tier: local: ping after close()'],
    ['both', true, true, 'local tier: local: ping after close(); memory tier: memory: connection refused'],
  ])('names what fails: %s', async (_name, isMemoryClosed, isSharedDown, message) => {
    const memory = memoryStore();
    if (isMemoryClosed) memory.close();
    const shared = faultyStore(framed(memoryBackend()), isSharedDown ? { ping: fail(DOWN) } : {});
    const pinging = tiered({ memory, shared }).ping();
    if (message === undefined) await pinging;
    else {
      const code = isMemoryClosed ? 'CACHE_CLOSED' : DOWN.code;
      await expect(pinging).rejects.toMatchObject({ message, code, operation: 'ping' });
    }
  });
});

describe('closing', () => {
  it('waits for writes, closes both tiers once, and takes nothing more', async () => {
    const gate = createGate();
    const { one, server, shared } = await startRig({}, { set: waits(gate, 'before') });
    const writing = one.set('a', entryOf('1'));
    const closing = [one.close(), one.close()];
    await nextTurn();
    expect(shared.operations.map(({ name }) => name)).toEqual(['set']);
    gate.release();
    await Promise.all([writing, ...closing]);
    expect(shared.operations.map(({ name }) => name)).toEqual(['set', 'close']);
    expect(() => one.peek('a')).toThrow('local: get after close()');
    expect(() => one.set('a', entryOf('2'))).toThrow(CacheError);
    await expect(one.delete(['a'])).rejects.toMatchObject({ code: 'CACHE_CLOSED' });
    await expect(server.get('a')).rejects.toMatchObject({ code: 'CACHE_CLOSED' });
  });

  it('tells the others of a deletion under way before it ends the shared store, and the bus with it', async () => {
    const gate = createGate();
    const { one, other, bus, shared } = await startRig({}, { delete: waits(gate, 'before') });
    await one.set('a', entryOf('1'));
    await other.get('a');
    const ended: string[] = [];
    const { publish } = bus;
    bus.publish = async (...message) => {
      await nextTurn();
      ended.push(...shared.operations.filter(({ name }) => name === 'close').map(({ name }) => name));
      return publish.call(bus, ...message);
    };
    const deleting = one.delete(['a']);
    const closing = one.close();
    gate.release();
    await deleting;
    await closing;
    expect([ended, other.peek('a')]).toEqual([[], undefined]);
  });

  it('ends the subscription, and a read under way is answered', async () => {
    const gate = createGate();
    const { one, other, bus } = await startRig({}, { get: waits(gate, 'after') });
    await other.set('a', entryOf('1'));
    const reading = one.get('a');
    await gate.reached;
    await one.close();
    await bus.publish('llm-cache deleted 1 {"from":"x","keys":["a"]}');
    gate.release();
    expect((await reading)?.model).toBe('1');
  });
});

describe('under fail-open, as a cache uses them', () => {
  it('a failing shared store costs nothing but its misses', async () => {
    const faulty = faultyStore(framed(memoryBackend()), { get: fail(DOWN), set: fail(DOWN) });
    const store = tiered({ memory: memoryStore(), shared: failOpen(faulty), bus: memorySharedState() });
    await nextTurn();
    await store.set('a', entryOf('1'));
    expect(store.peek('a')?.model).toBe('1');
    expect(await store.get('b')).toBeUndefined();
    await store.close();
  });
});
