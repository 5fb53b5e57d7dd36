import { posix } from 'node:path';
import { CacheError } from '../../../contract/errors.ts';
import type { Breakage } from './broken-backend.ts';
import { withKeys, withSet, withValues } from './broken-backend.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

/** Values never leave the place they were put in: what is read is the memory itself. */
const keepsReferences: Breakage = (inner) => {
  const values = new Map<string, Uint8Array>();
  return {
    ...inner,
    get: async (key) => values.get(key),
    set: async (key, bytes) => void values.set(key, bytes),
    getMany: async (keys) => keys.map((key) => values.get(key)),
    setMany: async (items) => items.forEach(({ key, bytes }) => values.set(key, bytes)),
  };
};

const handsOutItsMemory: Breakage = (inner) => {
  const values = new Map<string, Uint8Array>();
  return {
    ...inner,
    get: async (key) => values.get(key),
    set: async (key, bytes) => void values.set(key, bytes.slice()),
    getMany: async (keys) => keys.map((key) => values.get(key)),
  };
};

/** Values that do not come back as they were. By the name of the case that finds it. */
export const brokenBytes: Readonly<Record<string, Breakage>> = {
  'bytes: an empty value is a value': (inner) => ({
    ...inner,
    get: async (key) => ((await inner.get(key).then((bytes) => bytes?.length)) ? inner.get(key) : undefined),
  }),
  'bytes: zero bytes at the end stay': withValues((bytes) => Buffer.from(text(bytes).replace(/\0+$/u, ''))),
  'bytes: all 256 values survive, in an order that is no text': withValues((bytes) =>
    Buffer.from(text(bytes)),
  ),
  'bytes: text is left alone: byte order mark, line ends, spaces around': withValues((bytes) =>
    Buffer.from(new TextDecoder().decode(bytes)),
  ),
  'bytes: a large value comes back whole': withValues((bytes) => bytes.subarray(0, 65_535)),
  'bytes: of a view only the viewed bytes are stored': withValues((bytes) => new Uint8Array(bytes.buffer)),
  'bytes: changing bytes that were set changes nothing': keepsReferences,
  'bytes: changing bytes that were read changes nothing': handsOutItsMemory,
  'bytes: bytes that were read outlive their replacement': (inner) => {
    const places = new Map<string, Uint8Array>();
    return {
      ...inner,
      get: async (key) => places.get(key),
      set: async (key, bytes) => {
        if (places.get(key)?.length === bytes.length) places.get(key)?.set(bytes);
        else places.set(key, bytes.slice());
      },
    };
  },
};

/** Keys that get mixed up. By the name of the case that finds it. */
export const brokenKeys: Readonly<Record<string, Breakage>> = {
  'keys: upper and lower case differ': withKeys((key) => key.toLowerCase()),
  'keys: Unicode is not normalised': withKeys((key) => key.normalize('NFC')),
  'keys: colons, dots, dashes and underscores differ': withKeys((key) => key.replaceAll(/[:.]/gu, '_')),
  'keys: slashes and dots are no path': withKeys((key) => posix.normalize(key)),
  'keys: glob and pattern characters match nothing else': (inner) => ({
    ...inner,
    async get(key) {
      const pattern = new RegExp(`^${key.replaceAll('*', '.*')}$`, 'u');
      for await (const item of inner.list('')) if (pattern.test(item.key)) return inner.get(item.key);
      return undefined;
    },
  }),
  'keys: spaces, line ends and control characters count': withKeys((key) => key.trim()),
  'keys: escapes and quotes are taken as they are': withKeys((key) => key.replaceAll('%2F', '/')),
  'keys: names of object members are ordinary keys': (inner) => {
    const values: Record<string, Uint8Array> = {};
    return {
      ...inner,
      get: async (key) => values[key],
      set: async (key, bytes) => void (values[key] = bytes),
    };
  },
  'keys: keys that start like another are their own': (inner) => ({
    ...inner,
    delete: async (keys) => (await Promise.all(keys.map((key) => inner.clear(key)))).length,
  }),
  'keys: keys up to maxKeyBytes differ in their last byte': withKeys((key) => key.slice(0, 255)),
  'keys: key length counts bytes, not characters': withKeys((key) =>
    Buffer.from(key).toString('latin1').slice(0, 512),
  ),
  'keys: a key longer than maxKeyBytes is refused, not shortened': withKeys((key) => key.slice(0, 1024)),
};

/** Writes and deletions that do too little or too much. By the name of the case that finds it. */
export const brokenWrites: Readonly<Record<string, Breakage>> = {
  'writes: a missing key is undefined': (inner) => ({
    ...inner,
    get: async (key) => (await inner.get(key)) ?? (null as never),
  }),
  'writes: setting again replaces': withSet(async (inner, key, bytes, options) => {
    if ((await inner.get(key)) === undefined) await inner.set(key, bytes, options);
  }),
  'writes: a shorter value leaves nothing of a longer one': withSet(async (inner, key, bytes, options) => {
    const old = (await inner.get(key)) ?? new Uint8Array();
    await inner.set(key, Buffer.concat([bytes, old.subarray(bytes.length)]), options);
  }),
  'writes: deleting removes what is named and nothing else': (inner) => ({
    ...inner,
    delete: async ([key = '']) => inner.delete([key]),
  }),
  'writes: deleting counts what was there': (inner) => ({
    ...inner,
    delete: async (keys) => (await inner.delete(keys), keys.length),
  }),
  'writes: deleting what is not there is no error': (inner) => ({
    ...inner,
    async delete(keys) {
      const count = await inner.delete(keys);
      if (count === 0) throw new CacheError('CACHE_BACKEND_FAILED', 'no such key');
      return count;
    },
  }),
  'writes: a key named twice is deleted and counted once': (inner) => ({
    ...inner,
    async delete(keys) {
      const found = await inner.getMany(keys);
      await inner.delete(keys);
      return found.filter((value) => value !== undefined).length;
    },
  }),
  'writes: deleting no keys deletes nothing': (inner) => ({
    ...inner,
    delete: (keys) => (keys.length === 0 ? inner.clear('') : inner.delete(keys)),
  }),
  'writes: more than a thousand keys are deleted at once': (inner) => ({
    ...inner,
    delete: (keys) => inner.delete(keys.slice(0, 1_000)),
  }),
  'writes: a deleted key can be set again': (inner) => {
    const deleted = new Set<string>();
    return {
      ...inner,
      get: async (key) => (deleted.has(key) ? undefined : inner.get(key)),
      delete: (keys) => {
        for (const key of keys) deleted.add(key);
        return inner.delete(keys);
      },
    };
  },
};

/** Several values at once, not as asked. By the name of the case that finds it. */
export const brokenMany: Readonly<Record<string, Breakage>> = {
  'many: getMany answers in the order asked': (inner) => ({
    ...inner,
    getMany: (keys) => inner.getMany([...keys].sort()),
  }),
  'many: getMany has undefined where a key is missing': (inner) => ({
    ...inner,
    getMany: async (keys) => (await inner.getMany(keys)).filter((value) => value !== undefined),
  }),
  'many: getMany answers a key named twice, twice': (inner) => ({
    ...inner,
    getMany: (keys) => inner.getMany([...new Set(keys)]),
  }),
  'many: getMany of no keys is an empty list': (inner) => ({
    ...inner,
    async getMany(keys) {
      if (keys.length === 0) throw new CacheError('CACHE_BACKEND_FAILED', 'wrong number of arguments');
      return inner.getMany(keys);
    },
  }),
  'many: getMany hands out bytes of their own': handsOutItsMemory,
  'many: setMany sets every value': (inner) => ({
    ...inner,
    async setMany(items) {
      const found = await inner.getMany(items.map(({ key }) => key));
      await inner.setMany(items.filter((_, index) => found[index] === undefined));
    },
  }),
  'many: setMany of nothing does nothing': (inner) => ({
    ...inner,
    async setMany(items) {
      if (items.length === 0) throw new CacheError('CACHE_BACKEND_FAILED', 'wrong number of arguments');
      await inner.setMany(items);
    },
  }),
  'many: setMany keeps no reference to the bytes': keepsReferences,
  'many: a thousand values are written and read at once': (inner) => ({
    ...inner,
    getMany: (keys) => inner.getMany(keys.slice(0, 512)),
  }),
};
