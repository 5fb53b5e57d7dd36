import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CacheEntry } from '../contract/entry.ts';
import type { CacheStore, OperationOptions } from '../contract/store.ts';
import { memoryStore } from '../memory/memory-store.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { tiered, type TieredStore } from './tiered.ts';
import { entryOf } from './tiered.fixture.ts';
import type { InvalidationBus } from './tiers/deletion-bus.ts';

const KEYS = ['p:1', 'p:2'] as const;
const ACTIONS = [
  'get',
  'get',
  'get',
  'get beyond',
  'set',
  'set',
  'delete',
  'clear',
  'break',
  'mend',
] as const;

const steps = fc.array(
  fc.record({
    process: fc.constantFrom(0, 1),
    action: fc.constantFrom(...ACTIONS),
    key: fc.constantFrom(...KEYS),
    /** Milliseconds until the shared store does it, until the process knows, and until the other hears of it. */
    there: fc.nat(6),
    back: fc.oneof(fc.nat(3), fc.nat(25)),
    busDelay: fc.oneof(fc.nat(1), fc.nat(12)),
    /** Until the next step. */
    pause: fc.nat(6),
  }),
  { minLength: 5, maxLength: 40 },
);
type Step = typeof steps extends fc.Arbitrary<(infer Each)[]> ? Each : never;

/** The step an operation belongs to, known by its signal, which goes through the tiers to the server. */
const stepsBySignal = new WeakMap<AbortSignal, Step>();

function operationOf(step: Step): OperationOptions {
  const { signal } = new AbortController();
  stepsBySignal.set(signal, step);
  return { signal };
}

function stepOf(options: OperationOptions | undefined): Step {
  return stepsBySignal.get(options?.signal as AbortSignal) as Step;
}

/**
 * A shared store whose operations take their way there, happen, and take their way back. It numbers what changes it: of two
 * changes of one key the smaller number is the older.
 */
class Server implements CacheStore {
  readonly name = 'server';
  readonly remote = true;
  /** The number of the change that wrote a version; none: not written yet. */
  readonly written = new Map<string, number>();
  /** The number of the change that a removal made. */
  readonly removed = new Map<Step, number>();
  readonly #entries = new Map<string, CacheEntry>();
  readonly #clock: FakeClock;
  #changes = 0;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  get(key: string, options?: OperationOptions): Promise<CacheEntry | undefined> {
    return this.#travel(options, () => this.#entries.get(key));
  }

  set(key: string, entry: CacheEntry, options?: OperationOptions): Promise<void> {
    return this.#travel(options, () => {
      this.#entries.set(key, entry);
      this.written.set(entry.model, (this.#changes += 1));
    });
  }

  delete(keys: readonly string[], options?: OperationOptions): Promise<number> {
    return this.#remove(options, (key) => keys.includes(key));
  }

  clear(prefix: string, options?: OperationOptions): Promise<number> {
    return this.#remove(options, (key) => key.startsWith(prefix));
  }

  ping(): void {
    // It always answers.
  }

  close(): void {
    // It stays, whoever leaves.
  }

  #remove(options: OperationOptions | undefined, matches: (key: string) => boolean): Promise<number> {
    return this.#travel(options, () => {
      const keys = [...this.#entries.keys()].filter(matches);
      for (const key of keys) this.#entries.delete(key);
      this.removed.set(stepOf(options), (this.#changes += 1));
      return keys.length;
    });
  }

  async #travel<T>(options: OperationOptions | undefined, happen: () => T): Promise<T> {
    const { there, back } = stepOf(options);
    await this.#sleep(there);
    const result = happen();
    await this.#sleep(back);
    return result;
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.#clock.schedule(milliseconds, resolve));
  }
}

/** What one process hears: in order, each after its delay; what comes while the line is broken is lost, until it says so. */
class Line {
  readonly #clock: FakeClock;
  readonly #listener: { readonly onMessage: (message: string) => void; readonly onGap: () => void };
  #lastArrival = 0;
  #isBroken = false;
  #lost: (() => void)[] = [];

  constructor(clock: FakeClock, onMessage: (message: string) => void, onGap: () => void) {
    this.#clock = clock;
    this.#listener = { onMessage, onGap };
  }

  send(message: string, delay: number): void {
    this.#lastArrival = Math.max(this.#lastArrival, this.#clock.now() + delay);
    this.#clock.schedule(this.#lastArrival - this.#clock.now(), () => {
      if (!this.#isBroken) this.#listener.onMessage(message);
    });
  }

  /** When all that was sent so far has been heard, or is known to be lost. */
  onceHeard(then: () => void): void {
    this.#clock.schedule(Math.max(0, this.#lastArrival - this.#clock.now()), () => {
      if (this.#isBroken) this.#lost.push(then);
      else then();
    });
  }

  break(): void {
    this.#isBroken = true;
  }

  mend(): void {
    if (!this.#isBroken) return;
    this.#isBroken = false;
    this.#listener.onGap();
    for (const then of this.#lost.splice(0)) then();
  }
}

interface Process {
  readonly store: TieredStore;
  /** By key, the last change it knows of that removed what was there. */
  readonly old: Map<string, number>;
  /** By key, the version it wrote last. */
  readonly own: Map<string, string>;
}

/** Two processes over one server, and what has to be true of the memory of each. */
class World {
  readonly #clock = new FakeClock(0);
  readonly #server = new Server(this.#clock);
  readonly #lines: Line[] = [];
  readonly #processes: readonly Process[];
  readonly #running: Promise<unknown>[] = [];
  #busDelay = 0;
  #versions = 0;
  /** How often a copy was there to be judged: a test in which there is none shows nothing. */
  copies = 0;

  constructor() {
    const bus: InvalidationBus = {
      publish: async (message) => this.#lines.forEach((line) => line.send(message, this.#busDelay)),
      subscribe: async (onMessage, onGap) => {
        this.#lines.push(new Line(this.#clock, onMessage, onGap));
        return async () => undefined;
      },
    };
    const clock = this.#clock;
    this.#processes = [0, 1].map(() => ({
      store: tiered({ memory: memoryStore({ clock }), shared: this.#server, bus, clock }),
      old: new Map(),
      own: new Map(),
    }));
  }

  async run(all: readonly Step[]): Promise<void> {
    await this.#clock.advance(0);
    for (const step of all) {
      this.#begin(step);
      await this.#pass(step.pause);
    }
    for (const line of this.#lines) line.mend();
    await this.#pass(100);
    await Promise.all(this.#running);
  }

  #begin(step: Step): void {
    const { store, own } = this.#process(step.process);
    const line = this.#lines[step.process];
    const operation = operationOf(step);
    this.#busDelay = step.busDelay;
    switch (step.action) {
      case 'get':
      case 'get beyond':
        return this.#runs(store.get(step.key, { ...operation, beyondPeek: step.action === 'get beyond' }));
      case 'set': {
        const version = `version ${(this.#versions += 1)}`;
        own.set(step.key, version);
        return this.#runs(store.set(step.key, entryOf(version, { createdAt: this.#clock.now() }), operation));
      }
      case 'delete':
        return this.#runs(store.delete([step.key], operation).then(() => this.#removed(step, [step.key])));
      case 'clear': {
        const prefix = step.key.slice(0, 2);
        const keys = KEYS.filter((key) => key.startsWith(prefix));
        return this.#runs(store.clear(prefix, operation).then(() => this.#removed(step, keys)));
      }
      case 'break':
        return line?.break();
      case 'mend':
        return line?.mend();
    }
  }

  /** Whoever removed it knows at once, the other when it has heard. */
  #removed(step: Step, keys: readonly string[]): void {
    const change = this.#server.removed.get(step) ?? 0;
    for (const [index, line] of this.#lines.entries()) {
      const learn = (): void => {
        const { old } = this.#process(index);
        for (const key of keys) old.set(key, Math.max(change, old.get(key) ?? 0));
      };
      if (index === step.process) learn();
      else line.onceHeard(learn);
    }
  }

  async #pass(milliseconds: number): Promise<void> {
    this.#check();
    for (let passed = 0; passed < milliseconds; passed += 1) {
      await this.#clock.advance(1);
      this.#check();
    }
  }

  #check(): void {
    for (const [index, { store, old, own }] of this.#processes.entries()) {
      for (const key of KEYS) {
        const version = store.tiers[0].inspect(key)?.model;
        if (version === undefined) continue;
        this.copies += 1;
        const where = `${version} of ${key} in process ${index} at ${this.#clock.now()}`;
        // What is not written yet will be written after all that was removed so far.
        const written = this.#server.written.get(version) ?? Infinity;
        if (written < (old.get(key) ?? 0)) throw new Error(`deleted: ${where}`);
        const ownWritten = this.#server.written.get(own.get(key) ?? '');
        const isOverwritten = own.has(key) && own.get(key) !== version && written < (ownWritten ?? Infinity);
        if (isOverwritten) throw new Error(`overwritten by this process: ${where}`);
      }
    }
  }

  #process(index: number): Process {
    return this.#processes[index] as Process;
  }

  #runs(operation: unknown): void {
    this.#running.push(Promise.resolve(operation));
  }
}

describe('two processes with delays everywhere', () => {
  it('answer from memory neither what both know to be deleted nor what they have replaced themselves', async () => {
    let copies = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const world = new World();
        await world.run(all);
        copies += world.copies;
      }),
      { numRuns: 150 },
    );
    expect(copies).toBeGreaterThan(1_000);
  }, 60_000);
});
