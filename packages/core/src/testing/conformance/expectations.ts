import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { isUint8Array } from 'node:util/types';
import type { BackendItem, BackendKey, CacheBackend } from '../../contract/backend.ts';
import { CacheError } from '../../contract/errors.ts';
import type { CacheErrorCode } from '../../contract/errors.ts';

/** How long "promptly" may take. */
const PROMPTLY_MILLISECONDS = 2_000;

/** How many operations a case has under way at once where it needs many values. */
const BATCH = 50;

/** The UTF-8 bytes of `text`. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** `length` bytes in which every position can be told from its neighbours. */
export function patternOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 255);
}

/** Asserts that `actual` is a byte array equal to `expected`. Not by deep equality: a Buffer is as good as any. */
export function assertBytes(actual: unknown, expected: Uint8Array, what: string): void {
  assert.ok(isUint8Array(actual), `${what}: expected a Uint8Array, got ${typeNameOf(actual)}`);
  assert.equal(actual.byteLength, expected.byteLength, `${what}: the number of bytes`);
  assert.ok(Buffer.from(expected).equals(actual), `${what}: the bytes are not those that were set`);
}

/** Asserts what is stored under `key`. Undefined: nothing. */
export async function assertStored(
  backend: CacheBackend,
  key: string,
  expected: Uint8Array | undefined,
): Promise<void> {
  const actual = await backend.get(key);
  const what = `get(${JSON.stringify(key.slice(0, 100))})`;
  if (expected === undefined) assert.equal(actual, undefined, `${what}: expected undefined`);
  else assertBytes(actual, expected, what);
}

/** Asserts that `operation` gives a promise which rejects with a CacheError, of `code` if given. */
export async function assertRejects(
  what: string,
  operation: () => Promise<unknown>,
  code?: CacheErrorCode,
): Promise<void> {
  const expected = `${what} must reject with ${code ?? 'a CacheError'}`;
  let pending: Promise<unknown>;
  try {
    pending = operation();
  } catch (error) {
    assert.fail(`${expected}; it threw instead: ${String(error)}`);
  }
  const outcome = await settled(what, pending);
  assert.ok('error' in outcome, `${expected}; it resolved`);
  assert.ok(CacheError.is(outcome.error, code), `${expected}, got ${describe(outcome.error)}`);
}

/** Asserts that `pending` resolves, or rejects with `code` (default: any CacheError), and does either promptly. */
export async function assertSettles(
  what: string,
  pending: Promise<unknown>,
  code?: CacheErrorCode,
): Promise<void> {
  const outcome = await settled(what, pending);
  const isFine = !('error' in outcome) || CacheError.is(outcome.error, code);
  assert.ok(
    isFine,
    `${what} must resolve or reject with ${code ?? 'a CacheError'}, got ${describe(outcome.error)}`,
  );
}

async function settled(what: string, pending: Promise<unknown>): Promise<{ error?: unknown }> {
  const timer = new AbortController();
  const outcome = pending.then(
    () => ({}),
    (error: unknown) => ({ error }),
  );
  const late = sleep(PROMPTLY_MILLISECONDS, undefined, { signal: timer.signal }).catch(() => undefined);
  const first = await Promise.race([outcome, late]);
  timer.abort();
  assert.ok(first !== undefined, `${what} did not settle within ${PROMPTLY_MILLISECONDS} ms`);
  return first;
}

/** `getMany`, or what the cache does where a backend has none. */
export function getMany(backend: CacheBackend, keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
  return backend.getMany?.(keys) ?? Promise.all(keys.map((key) => backend.get(key)));
}

/** `setMany`, or what the cache does where a backend has none, a limited number at a time. */
export async function setMany(backend: CacheBackend, items: readonly BackendItem[]): Promise<void> {
  if (backend.setMany !== undefined) return backend.setMany(items);
  for (let start = 0; start < items.length; start += BATCH) {
    await Promise.all(items.slice(start, start + BATCH).map((item) => setOne(backend, item)));
  }
}

function setOne(backend: CacheBackend, { key, bytes, deleteAt }: BackendItem): Promise<void> {
  return backend.set(key, bytes, deleteAt === undefined ? {} : { deleteAt });
}

/** All that `list` reports; undefined where there is no `list`. */
export async function listed(backend: CacheBackend, prefix: string): Promise<BackendKey[] | undefined> {
  if (backend.list === undefined) return undefined;
  const found: BackendKey[] = [];
  for await (const item of backend.list(prefix)) found.push(item);
  return found;
}

/** `clear`, or what the cache does where a backend has none; undefined where it cannot. */
export async function clear(backend: CacheBackend, prefix: string): Promise<number | undefined> {
  if (backend.clear !== undefined) return backend.clear(prefix);
  const found = await listed(backend, prefix);
  return found && backend.delete(found.map(({ key }) => key));
}

function describe(error: unknown): string {
  return CacheError.is(error) ? error.code : `${typeNameOf(error)}: ${String(error)}`;
}

function typeNameOf(value: unknown): string {
  return value === null ? 'null' : (value?.constructor?.name ?? typeof value);
}
