import type { Registration } from './registry.ts';

/** `type: s3`: a bucket of S3, or of what speaks like it. Loaded only where it is asked for. */
export const s3: Registration = {
  type: 's3',
  load: async () => (await import('@cache/s3')).definition,
};
