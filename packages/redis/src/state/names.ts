/** The braces put all of it into one hash slot of a Cluster, so that one script may change several counters. */
const TAG = '{llm-cache-state}';

/** What things of the shared state are called on the server. */
export interface StateNames {
  readonly counter: (key: string) => string;
  readonly lease: (name: string) => string;
  readonly value: (key: string) => string;
  /** The number of the last message on {@link bus}. */
  readonly messageNumber: string;
  /** The channel of the invalidation bus. */
  readonly bus: string;
  /** A channel only one subscriber listens to. */
  readonly echo: (subscriber: string) => string;
}

/** The names within `namespace`, with which all of them begin; empty: none. */
export function stateNames(namespace: string): StateNames {
  const space = namespace === '' ? '' : `${namespace}:`;
  const state = `${space}${TAG}:`;
  return {
    counter: (key) => `${state}counter:${key}`,
    lease: (name) => `${state}lease:${name}`,
    value: (key) => `${state}value:${key}`,
    messageNumber: `${state}bus`,
    bus: `${space}llm-cache-bus`,
    echo: (subscriber) => `${space}llm-cache-bus:${subscriber}`,
  };
}

/** Whether `key` belongs to the shared state of this or another namespace, and so is no entry of the cache. */
export function isStateKey(key: string): boolean {
  return key.startsWith(`${TAG}:`) || key.includes(`:${TAG}:`);
}
