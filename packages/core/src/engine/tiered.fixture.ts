import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CacheEntry } from '../contract/entry.ts';
import type { CacheEvent } from '../contract/observer.ts';
import type { CacheStore } from '../contract/store.ts';
import { memoryBackend } from '../memory/memory-backend.ts';
import { memorySharedState } from '../memory/memory-shared-state.ts';
import { memoryStore } from '../memory/memory-store.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { faultyStore, type FaultyStore, type StoreFaults } from '../testing/faulty-store.ts';
import { framed } from './framed.ts';
import { tiered, type TieredOptions, type TieredStore } from './tiered.ts';

export const HASH: string = '0123456789abcdef'.repeat(4);

/** An entry whose model says which one it is. */
export function entryOf(model: string, members: Partial<CacheEntry> = {}): CacheEntry {
  return {
    createdAt: 0,
    callType: 'chat_completion',
    model,
    contentType: 'application/json',
    headers: [],
    body: Buffer.alloc(2, '{}'),
    ...members,
  };
}

/** Two processes over one shared store and one bus, on one clock. */
export interface Rig {
  readonly clock: FakeClock;
  readonly bus: ReturnType<typeof memorySharedState>;
  /** What both stand on, past any tier and fault. */
  readonly server: CacheStore;
  /** The shared tier of `one`, with its faults. */
  readonly shared: FaultyStore;
  readonly one: TieredStore;
  readonly other: TieredStore;
  readonly events: CacheEvent[];
}

/** @param faults of the shared tier of `one`. */
export async function startRig(options: Partial<TieredOptions> = {}, faults: StoreFaults = {}): Promise<Rig> {
  const clock = new FakeClock(0);
  const bus = memorySharedState({ clock });
  const server = framed(memoryBackend({ clock }));
  const shared = faultyStore(server, faults);
  const events: CacheEvent[] = [];
  const common = { bus, clock, observer: (event: CacheEvent) => void events.push(event), ...options };
  const one = tiered({ memory: memoryStore({ clock }), shared, ...common });
  const other = tiered({ memory: memoryStore({ clock }), shared: server, ...common });
  // Subscribed.
  await nextTurn();
  return { clock, bus, server, shared, one, other, events };
}
