import type { Increment, IncrementResult } from '../../../../contract/shared-state.ts';
import type { OperationOptions } from '../../../../contract/store.ts';
import type { SharedState } from '../../../../contract/shared-state.ts';
import type { Breakage } from './broken-state.ts';
import { withKeys } from './broken-state.ts';

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

/** `increment` by other means. */
function counting(
  increment: (
    inner: SharedState,
    increments: readonly Increment[],
    options?: OperationOptions,
  ) => Promise<IncrementResult>,
): Breakage {
  return (inner) => ({ ...inner, increment: (increments, options) => increment(inner, increments, options) });
}

/** Every increment goes through `change`. */
const changing = (change: (increment: Increment, index: number) => Increment): Breakage =>
  counting((inner, increments, options) => inner.increment(increments.map(change), options));

const withoutLimit = ({ key, by, expiresAt }: Increment): Increment => ({ key, by, expiresAt });

/** One after another, those after a refusal left out. */
const oneByOne = counting(async (inner, increments, options) => {
  const values: number[] = [];
  for (const increment of increments) {
    const result = await inner.increment([increment], options);
    if (!result.allowed) return result;
    values.push(...result.values);
  }
  return { allowed: true, values };
});

const wrongName = counting(async (inner, increments, options) => {
  const result = await inner.increment(increments, options);
  return result.allowed ? result : { ...result, exceeded: `not ${result.exceeded}` };
});

/** Each counter's limit is compared with what is stored, not with what the call has added before. */
const forgetful = counting(async (inner, increments, options) => {
  for (const increment of increments) {
    const looked = await inner.increment([{ ...increment, by: 0 }], options);
    if (!looked.allowed || (looked.values[0] ?? 0) + increment.by > (increment.limit ?? Infinity))
      return { allowed: false, exceeded: increment.key, expiresAt: increment.expiresAt };
  }
  return inner.increment(increments.map(withoutLimit), options);
});

/** Reads, thinks, writes. */
const racing = counting(async (inner, increments, options) => {
  const looked = await inner.increment(
    increments.map((increment) => ({ ...increment, by: 0 })),
    options,
  );
  await tick();
  const tooMuch = increments.find(
    ({ by, limit = Infinity }, index) => (looked.allowed ? (looked.values[index] ?? 0) : 0) + by > limit,
  );
  if (tooMuch !== undefined) return { allowed: false, exceeded: tooMuch.key, expiresAt: tooMuch.expiresAt };
  return inner.increment(increments.map(withoutLimit), options);
});

/** Counters that count wrong. By the name of the case that finds it. */
export const brokenCounters: Readonly<Record<string, Breakage>> = {
  'counters: a counter starts at 0 and grows by what is given': changing((increment) => ({
    ...increment,
    by: Math.sign(increment.by),
  })),
  'counters: it may be raised by a fraction, and lowered': changing((increment) => ({
    ...increment,
    by: Math.trunc(increment.by),
  })),
  'counters: it counts exactly up to 2^53': changing((increment) => ({
    ...increment,
    by: Math.fround(increment.by),
  })),
  'counters: several change together, answered in the order given': counting(
    async (inner, increments, options) =>
      inner.increment(
        [...increments].sort((one, other) => one.key.localeCompare(other.key)),
        options,
      ),
  ),
  'counters: one named twice is raised twice': counting((inner, increments, options) =>
    inner.increment(
      [...new Map(increments.map((increment) => [increment.key, increment])).values()],
      options,
    ),
  ),
  'counters: no increments are allowed, and change nothing': counting(async (inner, increments, options) =>
    increments.length === 0
      ? { allowed: false, exceeded: '', expiresAt: 0 }
      : inner.increment(increments, options),
  ),
  'counters: a limit may be reached': changing((increment) =>
    increment.limit === undefined ? increment : { ...increment, limit: increment.limit - 1 },
  ),
  'counters: a limit may not be passed, and says which': wrongName,
  'counters: a counter that is new keeps to its limit too': counting(async (inner, increments, options) => {
    const looked = await inner.increment(
      increments.map((increment) => ({ ...increment, by: 0 })),
      options,
    );
    const isNew = looked.allowed && looked.values.every((value) => value === 0);
    return inner.increment(isNew ? increments.map(withoutLimit) : increments, options);
  }),
  'counters: if one passes its limit, none changes': oneByOne,
  'counters: a limit sees what the same call has added before': forgetful,
  'counters: a refusal tells when the counter starts again': counting(async (inner, increments, options) => {
    const result = await inner.increment(increments, options);
    return result.allowed ? result : { ...result, expiresAt: increments[0]?.expiresAt ?? 0 };
  }),
  'counters: a limit holds for the call that gives it only': (inner) => {
    const limits = new Map<string, number>();
    return {
      ...inner,
      increment: (increments, options) =>
        inner.increment(
          increments.map((increment) => {
            const limit = increment.limit ?? limits.get(increment.key);
            if (limit === undefined) return increment;
            limits.set(increment.key, limit);
            return { ...increment, limit };
          }),
          options,
        ),
    };
  },
  'counters: a counter starts again at its expiresAt, which later increments do not move': (
    inner,
    server,
  ) => ({
    ...inner,
    async increment(increments, options) {
      const result = await inner.increment(increments, options);
      for (const { key, expiresAt } of increments) {
        const counter = server.counters.get(key);
        if (counter !== undefined) server.counters.set(key, counter.value, expiresAt);
      }
      return result;
    },
  }),
  'counters: looking at a counter by 0 does not make one': (inner, server) => ({
    ...inner,
    async increment(increments, options) {
      for (const { key, by, expiresAt } of increments) {
        if (by === 0 && server.counters.get(key) === undefined) server.counters.set(key, 0, expiresAt);
      }
      return inner.increment(increments, options);
    },
  }),
  'counters: a counter whose expiresAt has passed already is not kept': (inner, server) =>
    changing((increment) => ({
      ...increment,
      expiresAt: Math.max(increment.expiresAt, server.clock.now() + 1_000),
    }))(inner, server),
  'counters: names differ in every character': withKeys((key) => key.trim()),
  'counters: what is no finite number is refused and changes nothing': changing((increment) => ({
    ...increment,
    by: Number.isNaN(increment.by) ? 0 : increment.by,
  })),
  'counters: of two hundred at once exactly as many pass as the limit has room for': racing,
  'counters: the other process sees the same counter': (inner) => {
    const own = `${Math.random()}`;
    return withKeys((key) => `${own}${key}`)(inner, undefined as never);
  },
};
