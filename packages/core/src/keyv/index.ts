export { keyvBackend } from './keyv-backend.ts';
export { keyvStore } from './keyv-store.ts';

export type { KeyvBackendOptions } from './keyv-backend.ts';
export type { KeyvStore, KeyvStoreItem, KeyvStoreOptions } from './keyv-store.ts';
export type { KeyvAdapter, KeyvInstance } from './shapes.ts';
