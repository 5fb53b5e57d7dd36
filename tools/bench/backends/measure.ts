import { median, percentile } from '../load.ts';

/** What is measured: the bare client and the backend over it do the same two things. */
export interface Subject {
  readonly get: (key: string) => Promise<unknown>;
  readonly set: (key: string, bytes: Uint8Array) => Promise<unknown>;
}

/** Figures of one subject, medians over rounds. */
export interface Figures {
  /** Milliseconds, one operation at a time. */
  readonly getP50: number;
  readonly setP50: number;
  /** With {@link CONCURRENCY} under way. */
  readonly getsPerSecond: number;
  readonly setsPerSecond: number;
}

export const CONCURRENCY = 32;
export const ROUNDS = 5;
const ROUND_MILLISECONDS = 400;
const KEYS = 256;
const MOST_OPERATIONS = 20_000;

/** Subjects take turns, so that what disturbs the machine disturbs all of them. */
export async function measure<Name extends string>(
  subjects: Readonly<Record<Name, Subject>>,
  bytes: Uint8Array,
): Promise<Record<Name, Figures>> {
  const names = Object.keys(subjects) as Name[];
  const rounds = new Map<Name, Figures[]>(names.map((name) => [name, []]));
  for (const name of names) await round(subjects[name], name, bytes);
  for (let index = 0; index < ROUNDS; index += 1) {
    for (const name of names) rounds.get(name)?.push(await round(subjects[name], name, bytes));
  }
  return Object.fromEntries(names.map((name) => [name, medians(rounds.get(name) ?? [])])) as Record<
    Name,
    Figures
  >;
}

async function round({ get, set }: Subject, name: string, bytes: Uint8Array): Promise<Figures> {
  const keyOf = (n: number): string => `bench:${name}:${n % KEYS}`;
  const setOne = (n: number): Promise<unknown> => set(keyOf(n), bytes);
  const getOne = async (n: number): Promise<void> => {
    if ((await get(keyOf(n))) === undefined) throw new Error(`${name}: what was set is not there`);
  };
  // First of all, so that every key is there to be read.
  for (let n = 0; n < KEYS; n += CONCURRENCY) {
    await Promise.all(Array.from({ length: CONCURRENCY }, (_, index) => setOne(n + index)));
  }
  const [sets, gets] = [await run(1, setOne), await run(1, getOne)];
  const [manySets, manyGets] = [await run(CONCURRENCY, setOne), await run(CONCURRENCY, getOne)];
  return {
    getP50: percentile(gets.latencies, 0.5),
    setP50: percentile(sets.latencies, 0.5),
    getsPerSecond: manyGets.perSecond,
    setsPerSecond: manySets.perSecond,
  };
}

interface Run {
  readonly perSecond: number;
  readonly latencies: Float64Array;
}

/** Bounded in time and in count. */
async function run(concurrency: number, operation: (n: number) => Promise<unknown>): Promise<Run> {
  const latencies: number[] = [];
  const startedAt = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() - startedAt < ROUND_MILLISECONDS && next < MOST_OPERATIONS) {
      const begunAt = performance.now();
      await operation(next++);
      latencies.push(performance.now() - begunAt);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const seconds = (performance.now() - startedAt) / 1000;
  return { perSecond: latencies.length / seconds, latencies: Float64Array.from(latencies).sort() };
}

function medians(rounds: readonly Figures[]): Figures {
  const of = (member: keyof Figures): number => median(rounds.map((each) => each[member]));
  return {
    getP50: of('getP50'),
    setP50: of('setP50'),
    getsPerSecond: of('getsPerSecond'),
    setsPerSecond: of('setsPerSecond'),
  };
}
