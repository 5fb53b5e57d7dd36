export { definition } from './definition.ts';
export { diskBackend } from './disk-backend.ts';

export type { DiskParams } from './definition.ts';
export type { DiskBackendOptions } from './options.ts';
