import { memoryStore } from '@cache/core';
import type { Registration } from './registry.ts';

/** `type: local`: answers live in this process. */
export const local: Registration = {
  type: 'local',
  createStore: ({ maxEntryBytes, memoryMaxBytes, memoryMaxEntries }) =>
    memoryStore({
      maxEntryBytes,
      ...(memoryMaxBytes === undefined ? {} : { maxBytes: memoryMaxBytes }),
      ...(memoryMaxEntries === undefined ? {} : { maxEntries: memoryMaxEntries }),
    }),
};
