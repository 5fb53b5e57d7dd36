import type { SharedState } from '../../../../contract/shared-state.ts';
import type { Breakage } from './broken-state.ts';

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Every message goes through `change` on its way to a subscriber. */
const hearing = (change: (message: string) => readonly string[]): Breakage =>
  subscribing((inner, onMessage, onGap) =>
    inner.subscribe((message) => change(message).forEach((changed) => onMessage(changed)), onGap),
  );

function subscribing(
  subscribe: (
    inner: SharedState,
    ...subscriber: Parameters<SharedState['subscribe']>
  ) => ReturnType<SharedState['subscribe']>,
): Breakage {
  return (inner) => ({ ...inner, subscribe: (onMessage, onGap) => subscribe(inner, onMessage, onGap) });
}

/** The first message after a while is lost. */
const lateSubscription = subscribing(async (inner, onMessage, onGap) => {
  let isListening = false;
  setTimeout(() => (isListening = true), 5);
  return inner.subscribe((message) => {
    if (isListening) onMessage(message);
  }, onGap);
});

/** A bus that loses, mixes or invents. By the name of the case that finds it. */
export const brokenBus: Readonly<Record<string, Breakage>> = {
  'bus: a message reaches every subscriber, the sender included': (inner) => {
    const own = new Set<string>();
    return {
      ...inner,
      publish: (message, options) => (own.add(message), inner.publish(message, options)),
      subscribe: (onMessage, onGap) =>
        inner.subscribe((message) => {
          if (!own.has(message)) onMessage(message);
        }, onGap),
    };
  },
  'bus: a message sent once subscribe has resolved is heard': lateSubscription,
  'bus: messages of one sender are heard in order, each once': (inner) => ({
    ...inner,
    async publish(message, options) {
      if (message.endsWith('3')) await tick();
      await inner.publish(message, options);
    },
  }),
  'bus: messages arrive as they were sent': hearing((message) => [message.trimEnd()]),
  'bus: an empty message is a message': hearing((message) => (message === '' ? [] : [message])),
  'bus: publishing to nobody is no error': (inner) => {
    let subscribers = 0;
    return {
      ...inner,
      subscribe: (onMessage, onGap) => ((subscribers += 1), inner.subscribe(onMessage, onGap)),
      async publish(message, options) {
        await inner.publish(message, options);
        if (subscribers === 0) throw Object.assign(new Error('nobody heard'), { code: 'ERR_ASSERTION' });
      },
    };
  },
  'bus: who has ended the subscription hears no more, the others do': subscribing(
    async (inner, onMessage, onGap) => {
      await inner.subscribe(onMessage, onGap);
      return async () => undefined;
    },
  ),
  'bus: a subscriber that throws keeps nothing from the others': (inner) => {
    let isBroken = false;
    return {
      ...inner,
      subscribe: (onMessage, onGap) =>
        inner.subscribe((message) => {
          if (isBroken) return;
          isBroken = true;
          onMessage(message);
          isBroken = false;
        }, onGap),
    };
  },
  'bus: no gap is told of where nothing is missing': subscribing(async (inner, onMessage, onGap) => {
    const end = await inner.subscribe(onMessage, onGap);
    onGap();
    return end;
  }),
  'bus: a broken subscription comes back, and tells of every message it has missed': subscribing(
    (inner, onMessage, onGap) => {
      let isGapOwed = false;
      return inner.subscribe(
        (message) => {
          onMessage(message);
          if (isGapOwed) onGap();
          isGapOwed = false;
        },
        () => (isGapOwed = true),
      );
    },
  ),
};

/** Aborts and ends that are not heard. By the name of the case that finds it. */
export const brokenEnds: Readonly<Record<string, Breakage>> = {
  'ends: every operation rejects an aborted signal': (inner) => ({
    ...inner,
    release: (name, token) => inner.release(name, token),
  }),
  'ends: an abort in flight is CACHE_ABORTED unless the work was done already': (inner) => ({
    ...inner,
    async getMany(keys, options) {
      await tick();
      options?.signal?.throwIfAborted();
      return inner.getMany(keys);
    },
  }),
  'ends: everything rejects after close': (inner) => ({ ...inner, setMany: async () => undefined }),
  'ends: nothing is heard after close, and no gap told': (inner, server) => ({
    ...inner,
    async subscribe(onMessage, onGap) {
      const end = await server.connect().subscribe(onMessage, onGap);
      return end;
    },
  }),
};
