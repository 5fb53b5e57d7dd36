import type { BackendKey } from '../../../contract/backend.ts';
import { CacheError } from '../../../contract/errors.ts';
import type { Breakage, CompleteBackend } from './broken-backend.ts';

async function allOf(inner: CompleteBackend, prefix = ''): Promise<BackendKey[]> {
  const items: BackendKey[] = [];
  for await (const item of inner.list(prefix)) items.push(item);
  return items;
}

/** Lists what `choose` makes of all there is. */
function listing(choose: (items: readonly BackendKey[], prefix: string) => readonly BackendKey[]): Breakage {
  return (inner) => ({
    ...inner,
    async *list(prefix) {
      yield* choose(await allOf(inner), prefix);
    },
  });
}

/** Clears the keys of which `isMeant` says so. */
function clearing(isMeant: (key: string, prefix: string) => boolean): Breakage {
  return (inner) => ({
    ...inner,
    clear: async (prefix) =>
      inner.delete((await allOf(inner)).map(({ key }) => key).filter((key) => isMeant(key, prefix))),
  });
}

const starting = (items: readonly BackendKey[], prefix: string): readonly BackendKey[] =>
  items.filter(({ key }) => key.startsWith(prefix));

/** What KEYS and SCAN of Redis do with a prefix nobody escaped. */
const globs = (key: string, prefix: string): boolean => {
  const pattern = prefix.replaceAll('.', '\\.').replaceAll('?', '.').replaceAll('*', '.*');
  return new RegExp(`^${pattern.endsWith('\\') ? `${pattern}\\` : pattern}`, 'u').test(key);
};

/** Lists that leave out, add or change. By the name of the case that finds it. */
export const brokenList: Readonly<Record<string, Breakage>> = {
  'list: reports the keys with the prefix and no others': listing((items, prefix) =>
    items.filter(({ key }) => key.includes(prefix.slice(-1))),
  ),
  'list: reports each key once': listing((items, prefix) => {
    const found = starting(items, prefix);
    return [...found, ...found.slice(0, 10)];
  }),
  'list: takes glob and pattern characters literally': listing((items, prefix) =>
    items.filter(({ key }) => globs(key, prefix)),
  ),
  'list: tells upper from lower case': listing((items, prefix) =>
    items.filter(({ key }) => key.toLowerCase().startsWith(prefix.toLowerCase())),
  ),
  'list: reports a key that equals the prefix': listing((items, prefix) =>
    starting(items, prefix).filter(({ key }) => key !== prefix),
  ),
  'list: reports keys as they were set': listing((items, prefix) =>
    starting(items, prefix).map((item) => ({ ...item, key: encodeURI(item.key) })),
  ),
  'list: an empty prefix means every key': listing((items, prefix) =>
    prefix === '' ? [] : starting(items, prefix),
  ),
  'list: a prefix without keys gives nothing': listing((items, prefix) => {
    const found = starting(items, prefix);
    return found.length > 0 ? found : items;
  }),
  'list: does not report what was deleted': (inner) => {
    const known = new Set<string>();
    return {
      ...inner,
      setMany: (items) => {
        for (const { key } of items) known.add(key);
        return inner.setMany(items);
      },
      async *list(prefix) {
        for (const key of known) if (key.startsWith(prefix)) yield { key };
      },
    };
  },
  'list: goes on past a thousand keys': listing((items, prefix) => starting(items, prefix).slice(0, 1_000)),
  'list: can be left early and begun anew': (inner) => {
    let cursor: AsyncIterator<BackendKey> | undefined;
    return {
      ...inner,
      list: (prefix) => ({
        [Symbol.asyncIterator]: () => {
          cursor ??= inner.list(prefix)[Symbol.asyncIterator]();
          const shared = cursor;
          return { next: () => shared.next() };
        },
      }),
    };
  },
  'list: reports deleteAt as it was set, or not at all': listing((items, prefix) =>
    starting(items, prefix).map(({ key, deleteAt = 0 }) => ({ key, deleteAt: deleteAt / 1_000 })),
  ),
};

/** Clearing that takes too little or too much. By the name of the case that finds it. */
export const brokenClear: Readonly<Record<string, Breakage>> = {
  'clear: removes every key with the prefix': clearing(
    (key, prefix) => key.startsWith(prefix) && key !== prefix,
  ),
  'clear: counts what it removed': (inner) => ({
    ...inner,
    clear: async (prefix) => (await inner.clear(prefix), 0),
  }),
  'clear: leaves all others': clearing(() => true),
  'clear: leaves a namespace that starts like the one cleared': clearing((key, prefix) =>
    key.startsWith(prefix.replace(/:$/u, '')),
  ),
  'clear: takes glob and pattern characters literally': clearing(globs),
  'clear: of a prefix without keys is zero': (inner) => ({
    ...inner,
    async clear(prefix) {
      const count = await inner.clear(prefix);
      if (count === 0) throw new CacheError('CACHE_BACKEND_FAILED', 'nothing to delete');
      return count;
    },
  }),
  'clear: removes more than a thousand keys': (inner) => ({
    ...inner,
    clear: async (prefix) => inner.delete((await allOf(inner, prefix)).slice(0, 1_000).map(({ key }) => key)),
  }),
  'clear: leaves the prefix usable': (inner) => {
    const cleared = new Set<string>();
    return {
      ...inner,
      clear: (prefix) => (cleared.add(prefix), inner.clear(prefix)),
      get: async (key) =>
        [...cleared].some((prefix) => key.startsWith(prefix)) ? undefined : inner.get(key),
    };
  },
};
