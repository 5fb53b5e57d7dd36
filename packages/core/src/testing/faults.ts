import type { Clock } from '../contract/clock.ts';
import { systemClock } from '../contract/clock.ts';

/** One operation on its way to a backend or store. */
export interface FaultyOperation {
  /** `get`, `set`, `delete`, ... as the contract calls it. */
  readonly name: string;
  /** The keys it is about; the prefix for `list` and `clear`; none for `ping` and `close`. */
  readonly keys: readonly string[];
  /** What it writes: bytes or entries. Empty for all that write nothing. */
  readonly values: readonly unknown[];
}

/**
 * What goes wrong with an operation. Calling `next` passes it on to the backend, changed if need be; a fault that does
 * not call it keeps the backend from being asked.
 */
export type Fault = (
  operation: FaultyOperation,
  next: (operation: FaultyOperation) => Promise<unknown>,
) => Promise<unknown>;

/** One fault, or several: the first meets the operation first. */
export type Faults = Fault | readonly Fault[];

/** Rejects with `error`, every time; the backend is not asked. */
export function fail(error: unknown): Fault {
  return () => Promise.reject(error);
}

/** Rejects with `error` the first time, then lets everything through. */
export function failOnce(error: unknown): Fault {
  return failTimes(1, error);
}

/** Rejects with `error` the first `times` times, then lets everything through. */
export function failTimes(times: number, error: unknown): Fault {
  let left = times;
  return (operation, next) => {
    if (left === 0) return next(operation);
    left -= 1;
    return Promise.reject(error);
  };
}

/** Neither resolves nor rejects, whatever the operation's signal says: the worst that a server can do. */
export function never(): Fault {
  return () => new Promise(() => undefined);
}

/** Passes the operation on after `milliseconds`, by `clock` (default: the machine's). */
export function delay(milliseconds: number, clock: Clock = systemClock): Fault {
  return async (operation, next) => {
    await new Promise<void>((resolve) => clock.schedule(milliseconds, resolve));
    return next(operation);
  };
}

/**
 * Changes what is written (`set`, `setMany`), or what was read (`get`, `getMany`) where something was there. Bytes for a
 * backend, entries for a store.
 */
export function corrupt<Value>(change: (value: Value) => Value): Fault {
  const changed = (value: unknown): unknown => (value === undefined ? undefined : change(value as Value));
  return async (operation, next) => {
    const result = await next({ ...operation, values: operation.values.map(changed) });
    return Array.isArray(result) ? result.map(changed) : isRead(operation) ? changed(result) : result;
  };
}

/** Runs `operation` through `faults` and then `last`; without faults straight through, synchronously. */
export function throughFaults<Result>(
  faults: Faults | undefined,
  operation: FaultyOperation,
  last: (operation: FaultyOperation) => Result,
): Result {
  if (faults === undefined) return last(operation);
  const chain = typeof faults === 'function' ? [faults] : faults;
  const run = chain.reduceRight<(operation: FaultyOperation) => Promise<unknown>>(
    (next, fault) => (passed) => fault(passed, next),
    async (passed) => last(passed),
  );
  return run(operation) as Result;
}

function isRead({ name }: FaultyOperation): boolean {
  return name === 'get' || name === 'getMany';
}
