import { defineBackend, nearestName } from '@cache/core';
import type { BackendDefinition } from '@cache/core';
import { z } from 'zod';
import { diskBackend } from './disk-backend.ts';
import { MINIMUM_BYTES } from './layout.ts';
import { isMaxBytes, isPath } from './options.ts';

/** Members of `cache_params`, read. */
export interface DiskParams {
  readonly directory: string | undefined;
  readonly maxBytes: number | undefined;
}

const known = z.object({
  disk_cache_dir: leaf('the path of a folder', (value) => (isPath(value) ? value : undefined)),
  // Ours, beside LiteLLM's.
  disk_max_bytes: leaf(`a whole number of bytes, at least ${MINIMUM_BYTES}`, (value) => {
    const read = typeof value === 'string' ? Number(value) : value;
    return isMaxBytes(read) ? read : undefined;
  }),
});

/** Any other member: told at its own place, which a strict object does not. */
const unknown = z.custom<never>(() => false, { error: ({ path = [] }) => unknownName(String(path.at(-1))) });

const params = known.catchall(unknown).transform(({ disk_cache_dir, disk_max_bytes }): DiskParams => {
  return { directory: disk_cache_dir, maxBytes: disk_max_bytes };
});

/** The disk cache by name: `cache_params.type: disk`. */
export const definition: BackendDefinition<DiskParams> = defineBackend({
  type: 'disk',
  options: params,
  create: ({ directory, maxBytes }, { clock, warn }) =>
    diskBackend({
      ...(directory === undefined ? {} : { directory }),
      ...(maxBytes === undefined ? {} : { maxBytes }),
      clock,
      warn,
    }),
});

function unknownName(name: string): string {
  const names = Object.keys(known.shape);
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? ` (it has ${names.join(', ')})` : `; did you mean ${nearest}?`;
  return `is no option of the disk cache${hint}`;
}

/** A member that may be missing; what says nothing in YAML or Python is missing. */
function leaf<T>(expected: string, read: (value: unknown) => T | undefined): z.ZodType<T | undefined> {
  const schema = z.unknown().transform((value, context) => {
    if (value === undefined || value === null || value === '' || value === 'None') return undefined;
    const fit = read(value);
    if (fit !== undefined) return fit;
    context.addIssue({ code: 'custom', message: `must be ${expected}, got ${JSON.stringify(value)}` });
    return z.NEVER;
  });
  return schema.optional();
}
