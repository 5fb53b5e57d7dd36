import type { Registration } from './registry.ts';

/** `type: disk`: a folder of this machine. Loaded only where it is asked for. */
export const disk: Registration = {
  type: 'disk',
  load: async () => (await import('@cache/disk')).definition,
};
