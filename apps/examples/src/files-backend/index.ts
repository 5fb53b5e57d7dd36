export { definition } from './definition.ts';
export { filesBackend } from './files-backend.ts';

export type { FilesBackendOptions } from './files-backend.ts';
