import { defineBackend, type BackendDefinition } from '@cache/core';
import * as z from 'zod';
import { filesBackend, type FilesBackendOptions } from './files-backend.ts';

/** Members of `cache_params`, in the spelling of a configuration. `null` is how YAML says "not set". */
const options = z
  .strictObject({
    files_dir: z.string().min(1).nullish(),
  })
  .transform(({ files_dir: folder }): FilesBackendOptions => ({ folder: folder ?? './.llm-cache-files' }));

/** What the proxy looks for in this module. */
export const definition: BackendDefinition<FilesBackendOptions> = defineBackend({
  type: 'files',
  options,
  create: ({ folder }, { clock }) => filesBackend({ folder, clock }),
});
