/**
 * Keyv as far as it is used, by shape: the classes of 5.6 and 6.1 fit, and this package needs neither.
 */

/** A Keyv instance. */
export interface KeyvInstance {
  /** The storage adapter, or what Keyv 6 has put around it. */
  readonly store: unknown;
  readonly namespace?: string | undefined;
  /** Milliseconds. */
  readonly ttl?: number | undefined;
  getRaw(key: string): Promise<unknown>;
  set(key: string, value: string, ttlMilliseconds?: number): Promise<unknown>;
  delete(key: string): Promise<unknown>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
}

/** A Keyv storage adapter, for Keyv 5 or 6; a `Map` is one too. */
export interface KeyvAdapter {
  get(key: string): unknown;
  /** `expiry`: milliseconds from now, or, where `capabilities.expires` is true (Keyv 6), epoch milliseconds. */
  set(key: string, value: string, expiry?: number): unknown;
  delete(key: string): unknown;
}

/** What a Keyv keeps for a key. */
export interface KeptValue {
  readonly value?: unknown;
  readonly expires?: unknown;
}

export function isKeyvInstance(candidate: KeyvInstance | KeyvAdapter): candidate is KeyvInstance {
  const { store, getRaw } = candidate as Partial<KeyvInstance>;
  return typeof getRaw === 'function' && typeof store === 'object' && store !== null;
}

export function isKeyvAdapter(candidate: unknown): candidate is KeyvAdapter {
  return hasMethod(candidate, 'get') && hasMethod(candidate, 'set') && hasMethod(candidate, 'delete');
}

export function isKept(value: unknown): value is KeptValue {
  return typeof value === 'object' && value !== null && 'value' in value;
}

export function hasMethod<Name extends string>(
  candidate: unknown,
  name: Name,
): candidate is Record<Name, (...parameters: unknown[]) => unknown> {
  if (typeof candidate !== 'object' || candidate === null) return false;
  return typeof (candidate as Record<string, unknown>)[name] === 'function';
}

/** The member `name` of `candidate`, if that is an object and has one. */
export function memberOf(candidate: unknown, name: string): unknown {
  return typeof candidate === 'object' && candidate !== null
    ? (candidate as Record<string, unknown>)[name]
    : undefined;
}
