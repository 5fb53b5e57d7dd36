import { CacheError } from '../../../../contract/errors.ts';
import type { Breakage } from './broken-state.ts';
import { withKeys } from './broken-state.ts';

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Leases with no holder, or several. By the name of the case that finds it. */
export const brokenLeases: Readonly<Record<string, Breakage>> = {
  'leases: a lease is had by one at a time': (inner) => ({
    ...inner,
    acquire: async (name, expiresAt, options) => (await inner.acquire(name, expiresAt, options)) ?? 'token',
  }),
  'leases: of a hundred that ask at once one gets it': (inner, { leases }) => ({
    ...inner,
    async acquire(name, expiresAt) {
      const isFree = leases.get(name) === undefined;
      await tick();
      if (!isFree) return undefined;
      leases.set(name, 'token', expiresAt);
      return 'token';
    },
  }),
  'leases: it is free again after its release': (inner) => ({ ...inner, release: async () => undefined }),
  'leases: only the token of the holder releases it': (inner, { leases }) => ({
    ...inner,
    release: async (name) => leases.delete(name),
  }),
  'leases: tokens are never used again': (inner, { leases }) => ({
    ...inner,
    async acquire(name, expiresAt, options) {
      const token = await inner.acquire(name, expiresAt, options);
      if (token !== undefined) leases.set(name, name, expiresAt);
      return token && name;
    },
  }),
  'leases: it ends at its expiresAt, and its old token is worth nothing then': (inner, { leases }) => ({
    ...inner,
    async acquire(name, expiresAt, options) {
      const token = await inner.acquire(name, expiresAt, options);
      if (token !== undefined) leases.set(name, name, expiresAt);
      return token && name;
    },
  }),
  'leases: one that has ended before it began stands in nobody\u2019s way': (inner, { clock }) => ({
    ...inner,
    acquire: (name, expiresAt, options) =>
      inner.acquire(name, Math.max(expiresAt, clock.now() + 1_000), options),
  }),
  'leases: releasing what nobody holds is no error': (inner, { leases }) => ({
    ...inner,
    async release(name, token, options) {
      if (leases.get(name)?.value !== token)
        throw new CacheError('CACHE_BACKEND_FAILED', 'is not the holder');
      await inner.release(name, token, options);
    },
  }),
  'leases: leases of other names are others': withKeys((key) => key.toLowerCase()),
  'leases: an expiresAt that is no finite number is refused': (inner) => ({
    ...inner,
    acquire: (name, expiresAt, options) =>
      inner.acquire(name, Number.isFinite(expiresAt) ? expiresAt : 0, options),
  }),
  'leases: a lease, a counter and a value of one name do not touch each other': (inner, { values }) => ({
    ...inner,
    async release(name, token, options) {
      values.delete(name);
      await inner.release(name, token, options);
    },
  }),
};

/** Values that are lost, or changed. By the name of the case that finds it. */
export const brokenValues: Readonly<Record<string, Breakage>> = {
  'values: are answered in the order asked, undefined where there is none': (inner) => ({
    ...inner,
    getMany: async (keys, options) =>
      (await inner.getMany(keys, options)).filter((value) => value !== undefined),
  }),
  'values: are seen by the other process': (inner, server) => {
    const own = `${Math.random()}`;
    return withKeys((key) => `${own}${key}`)(inner, server);
  },
  'values: replace what was there, the last of one call too': (inner) => ({
    ...inner,
    setMany: (items, options) => inner.setMany([...items].reverse(), options),
  }),
  'values: come back unchanged': (inner) => ({
    ...inner,
    getMany: async (keys, options) => (await inner.getMany(keys, options)).map((value) => value || undefined),
  }),
  'values: are kept under keys that differ in every character': withKeys((key) => key.normalize('NFC')),
  'values: none asked is none answered, none set is nothing': (inner) => ({
    ...inner,
    getMany: async (keys, options) => (keys.length === 0 ? [undefined] : inner.getMany(keys, options)),
  }),
  'values: a thousand are set and read at once': (inner) => ({
    ...inner,
    setMany: (items, options) => inner.setMany(items.slice(0, 500), options),
  }),
  'values: end at their expiresAt, each at its own': (inner) => ({
    ...inner,
    setMany: (items, options) =>
      inner.setMany(
        items.map((item) => ({ ...items[0], ...item })),
        options,
      ),
  }),
  'values: live as long as they were last told to': (inner, { values }) => ({
    ...inner,
    async setMany(items) {
      for (const { key, value, expiresAt } of items)
        values.set(key, value, values.get(key)?.expiresAt ?? expiresAt);
    },
  }),
  'values: are gone at once if their expiresAt has passed': (inner, { clock }) => ({
    ...inner,
    setMany: (items, options) =>
      inner.setMany(
        items.filter(({ expiresAt = Infinity }) => expiresAt > clock.now()),
        options,
      ),
  }),
  'values: with an expiresAt that is no finite number are refused, all of them': (inner) => ({
    ...inner,
    async setMany(items, options) {
      for (const item of items) await inner.setMany([item], options);
    },
  }),
};
