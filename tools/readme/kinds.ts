import type { Block } from './blocks.ts';
import { runModule } from './run-module.ts';

/** How the blocks of one language are held to be true. */
export type Kind =
  /** @returns the problems, none if the block works. */
  | { readonly run: (block: Block) => Promise<string[]> }
  /** Where they are run instead, or why there is nothing to run. */
  | { readonly elsewhere: string };

/**
 * One row for each language a document may use; a block of any other fails. There is no way to switch off a single
 * block: an example that cannot run is not an example.
 */
export const KINDS: Readonly<Record<string, Kind>> = {
  ts: { run: runModule },
  sh: { elsewhere: 'commands of the workspace and requests to the proxy, run with the proxy' },
  yaml: { elsewhere: 'configuration of the proxy, read by its tests' },
  json: { elsewhere: 'what a server answers, compared where the request is made' },
  text: { elsewhere: 'nothing to run' },
};
