import { CacheError } from '../../../contract/errors.ts';
import type { OperationOptions } from '../../../contract/store.ts';
import type { Breakage } from './broken-backend.ts';
import { withSet, withValues } from './broken-backend.ts';

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

/** What `fetch` and most clients reject with. */
async function orAbortError<Result>(
  options: OperationOptions | undefined,
  run: () => Promise<Result>,
): Promise<Result> {
  await tick();
  options?.signal?.throwIfAborted();
  return run();
}

/** Backends that misrepresent themselves, or do not end well. By the name of the case that finds it. */
export const brokenLifecycle: Readonly<Record<string, Breakage>> = {
  'lifecycle: contract and name are given': (inner) => ({ ...inner, name: '' }),
  'lifecycle: capabilities are complete': (inner) => ({
    ...inner,
    capabilities: { ...inner.capabilities, maxValueBytes: Number.NaN },
  }),
  'lifecycle: capabilities never change': (inner) => {
    let isConnected = false;
    return {
      ...inner,
      get capabilities() {
        return { ...inner.capabilities, shared: isConnected };
      },
      set: (key, bytes, options) => ((isConnected = true), inner.set(key, bytes, options)),
    };
  },
  'lifecycle: a default lifetime, if given, is a positive number of seconds': (inner) => ({
    ...inner,
    defaultTtlSeconds: 0,
  }),
  'lifecycle: ping resolves where the server answers': (inner) => {
    let pings = 0;
    return {
      ...inner,
      async ping() {
        pings += 1;
        if (pings > 1) throw new CacheError('CACHE_BACKEND_FAILED', 'already pinged');
      },
    };
  },
  'lifecycle: close may be called twice, and at the same time': (inner) => {
    let isClosed = false;
    return {
      ...inner,
      async close() {
        if (isClosed) throw new CacheError('CACHE_CLOSED', 'is closed');
        isClosed = true;
      },
    };
  },
  'lifecycle: close works before anything else was done': (inner) => {
    let isConnected = false;
    return {
      ...inner,
      set: (key, bytes, options) => ((isConnected = true), inner.set(key, bytes, options)),
      close: async () => (isConnected ? inner.close() : undefined),
    };
  },
  'lifecycle: get, set, delete and ping reject after close': (inner) => ({
    ...inner,
    ping: async () => undefined,
  }),
  'lifecycle: the optional operations reject after close': (inner) => ({ ...inner, async *list() {} }),
  'lifecycle: operations in flight settle when the backend is closed': (inner) => {
    const lost = new Set<() => void>();
    return {
      ...inner,
      get: (key, options) =>
        new Promise((resolve, reject) => {
          const answer = (): void => void inner.get(key, options).then(resolve, reject);
          lost.add(answer);
          setImmediate(() => lost.has(answer) && answer());
        }),
      close: () => (lost.clear(), inner.close()),
    };
  },
  'lifecycle: values outlive a reopening': (inner) => {
    const own = new Map<string, Uint8Array>();
    return {
      ...inner,
      get: async (key) => own.get(key),
      set: async (key, bytes) => void own.set(key, bytes),
    };
  },
};

/** Aborts that are not heard, or heard by others. By the name of the case that finds it. */
export const brokenSignals: Readonly<Record<string, Breakage>> = {
  'signals: get, set, delete and ping reject an aborted signal': (inner) => ({
    ...inner,
    ping: () => inner.ping(),
  }),
  'signals: the optional operations reject an aborted signal': (inner) => ({
    ...inner,
    list: (prefix) => inner.list(prefix),
  }),
  'signals: an abort in flight is CACHE_ABORTED unless the work was done already': (inner) => ({
    ...inner,
    get: (key, options) => orAbortError(options, () => inner.get(key)),
  }),
  'signals: an abort after the end undoes nothing': withSet(async (inner, key, bytes, options) => {
    await inner.set(key, bytes, options);
    options?.signal?.addEventListener('abort', () => void inner.delete([key]));
  }),
  'signals: an abort disturbs no other operation': (inner) => {
    let isBroken = false;
    return {
      ...inner,
      async get(key, options) {
        options?.signal?.addEventListener('abort', () => (isBroken = true));
        await tick();
        if (isBroken) throw new CacheError('CACHE_BACKEND_UNAVAILABLE', 'the connection was destroyed');
        return inner.get(key, options);
      },
    };
  },
};

/** The first half becomes visible before the second. */
const tears = withSet(async (inner, key, bytes, options) => {
  await inner.set(key, bytes.subarray(0, bytes.length / 2), options);
  await tick();
  await inner.set(key, bytes, options);
});

/** Writes that get into each other. By the name of the case that finds it. */
export const brokenConcurrency: Readonly<Record<string, Breakage>> = {
  'concurrency: of a hundred writes to one key one is left, whole': withSet(
    async (inner, key, bytes, options) => {
      const old = await inner.get(key);
      await tick();
      const now = await inner.get(key);
      await inner.set(key, old === now ? bytes : Buffer.concat([now ?? bytes, bytes]), options);
    },
  ),
  'concurrency: a hundred keys written at once keep their own values': (inner) => {
    let current = '';
    return {
      ...inner,
      async set(key, bytes, options) {
        current = key;
        await tick();
        await inner.set(current, bytes, options);
      },
    };
  },
  'concurrency: a read during writes sees one of the values, whole': tears,
};

/** Limits that are not kept. By the name of the case that finds it. */
export const brokenLimits: Readonly<Record<string, Breakage>> = {
  'limits: a value of maxValueBytes is taken': withSet(async (inner, key, bytes, options) => {
    const { maxValueBytes } = inner.capabilities;
    if (bytes.length >= maxValueBytes) throw new CacheError('CACHE_ENTRY_TOO_LARGE', 'is too large');
    await inner.set(key, bytes, options);
  }),
  'limits: a larger value is CACHE_ENTRY_TOO_LARGE': withSet(async (inner, key, bytes, options) => {
    await inner.set(key, bytes, options).catch((cause: unknown) => {
      throw new CacheError('CACHE_BACKEND_FAILED', 'refused', { cause });
    });
  }),
  'limits: a larger value in setMany is CACHE_ENTRY_TOO_LARGE': (inner) => ({
    ...inner,
    async setMany(items) {
      await Promise.allSettled(items.map(({ key, bytes }) => inner.set(key, bytes)));
    },
  }),
  'limits: of a value too large no part is stored': (inner, clock) =>
    withValues((bytes) => bytes.subarray(0, inner.capabilities.maxValueBytes))(inner, clock),
};
