import { CacheError } from '../../../contract/errors.ts';
import type { Breakage } from './broken-backend.ts';
import { withDeleteAt, withSet } from './broken-backend.ts';

/** Keeps the `deleteAt` of the first write to a key whenever `isKept` says so. */
function keepingFirst(isKept: (first: number, next: number | undefined) => boolean): Breakage {
  const known = new Map<string, number>();
  return withDeleteAt((deleteAt, key) => {
    const first = known.get(key);
    const result = first !== undefined && isKept(first, deleteAt) ? first : deleteAt;
    if (result !== undefined) known.set(key, result);
    return result;
  });
}

/** Values kept too long or not long enough. By the name of the case that finds it. */
export const brokenExpiry: Readonly<Record<string, Breakage>> = {
  'expiry: a deleteAt in the past is no error and leaves no older value': (inner, clock) =>
    withSet(async (_, key, bytes, options = {}) => {
      if ((options.deleteAt ?? Infinity) > clock.now()) await inner.set(key, bytes, options);
    })(inner, clock),
  'expiry: a value is kept until its deleteAt': withDeleteAt((deleteAt) => deleteAt && deleteAt - 1_000),
  'expiry: a deleteAt weeks or a century ahead is kept': withDeleteAt(
    (deleteAt, _, clock) => deleteAt && clock.now() + ((deleteAt - clock.now()) | 0),
  ),
  'expiry: a deleteAt with a fraction of a millisecond is taken': withSet(
    async (inner, key, bytes, options) => {
      if (!Number.isInteger(options?.deleteAt))
        throw new CacheError('CACHE_BACKEND_FAILED', 'not an integer');
      await inner.set(key, bytes, options);
    },
  ),
  'expiry: a value without deleteAt is kept': withDeleteAt(
    (deleteAt, _, clock) => deleteAt ?? clock.now() + 60_000,
  ),
  'expiry: a later deleteAt replaces the earlier': keepingFirst((first, next = 0) => first < next),
  'expiry: no deleteAt replaces the earlier': keepingFirst((_, next) => next === undefined),
  'expiry: setMany gives each value its own deleteAt': (inner) => ({
    ...inner,
    setMany: (items) => inner.setMany(items.map((item) => ({ ...item, ...pick(items[0]?.deleteAt) }))),
  }),
  'expiry: native expiry removes a value after its deleteAt': withDeleteAt(() => undefined),
  'expiry: an earlier deleteAt replaces the later': keepingFirst((first, next = Infinity) => first > next),
  'expiry: an expired value can be set again': keepingFirst(() => true),
};

function pick(deleteAt: number | undefined): { deleteAt?: number } {
  return deleteAt === undefined ? {} : { deleteAt };
}
