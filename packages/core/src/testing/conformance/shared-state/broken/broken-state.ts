import { setTimeout as sleep } from 'node:timers/promises';
import type { SharedState } from '../../../../contract/shared-state.ts';
import { sharedStateSubject } from '../../../shared-state-suite.ts';
import type { SharedStateSubject } from '../subject.ts';
import { StateServer } from './state-server.ts';
import type { Client } from './state-server.ts';

/** Makes a correct state one that is broken in one way. */
export type Breakage = (inner: SharedState, server: StateServer) => SharedState;

/** How long a broken subscription stays so: some messages are sent meanwhile. */
const OUTAGE_MILLISECONDS = 50;

/** Two clients of one state, both broken if told so; the first can be interrupted and closed. */
export function brokenSubject(breakage: Breakage = (inner) => inner): SharedStateSubject {
  const server = new StateServer();
  const client = server.connect();
  return sharedStateSubject({
    state: breakage(delegating(client), server),
    other: breakage(delegating(server.connect()), server),
    interrupt: async () => {
      client.disconnect();
      await sleep(OUTAGE_MILLISECONDS);
      client.reconnect();
    },
    close: () => client.close(),
    now: () => server.clock.now(),
    advance: (milliseconds) => server.clock.advance(milliseconds),
  });
}

/** `client` as a plain object: `{ ...inner, publish: ... }` breaks one operation. */
function delegating(client: Client): SharedState {
  return {
    increment: client.increment.bind(client),
    acquire: client.acquire.bind(client),
    release: client.release.bind(client),
    getMany: client.getMany.bind(client),
    setMany: client.setMany.bind(client),
    publish: client.publish.bind(client),
    subscribe: client.subscribe.bind(client),
  };
}

/** Every key goes through `change`. */
export function withKeys(change: (key: string) => string): Breakage {
  return (inner) => ({
    ...inner,
    increment: (increments, options) =>
      inner.increment(
        increments.map((increment) => ({ ...increment, key: change(increment.key) })),
        options,
      ),
    acquire: (name, expiresAt, options) => inner.acquire(change(name), expiresAt, options),
    release: (name, token, options) => inner.release(change(name), token, options),
    getMany: (keys, options) => inner.getMany(keys.map(change), options),
    setMany: (items, options) =>
      inner.setMany(
        items.map((item) => ({ ...item, key: change(item.key) })),
        options,
      ),
  });
}
