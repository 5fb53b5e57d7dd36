import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { group } from '../suite-case.ts';
import { assertHears, eventually, GAP, listen, RECOVERY_MILLISECONDS } from './listener.ts';
import type { Listener } from './listener.ts';
import type { SharedStateCase, SharedStateSubject } from './subject.ts';

/** Everybody hears everything in order, or that something may be missing. */
export const busCases: readonly SharedStateCase[] = group<SharedStateSubject>('bus', {
  'a message reaches every subscriber, the sender included': async ({ state, other, prefix }) => {
    const listeners = [await listen(state, prefix), await listen(state, prefix), await listen(other, prefix)];
    await state.publish(`${prefix}from one`);
    await other.publish(`${prefix}from the other`);
    for (const listener of listeners) {
      await assertHears(listener, 'from one');
      await assertHears(listener, 'from the other');
    }
    await endAll(listeners);
  },

  'a message sent once subscribe has resolved is heard': async ({ state, other, prefix }) => {
    for (let time = 0; time < 5; time += 1) {
      const listener = await listen(state, prefix);
      await other.publish(`${prefix}${time}`);
      await assertHears(listener, String(time));
      await listener.end();
    }
  },

  'messages of one sender are heard in order, each once': async ({ state, other, prefix }) => {
    const listener = await listen(state, prefix);
    const messages = Array.from({ length: 200 }, (_, index) => `${index}`);
    await Promise.all(messages.map((message) => other.publish(prefix + message)));
    await assertHears(listener, '199');
    assert.deepEqual(listener.heard, messages);
    await listener.end();
  },

  'messages arrive as they were sent': async ({ state, other, prefix }) => {
    const listener = await listen(state, prefix);
    const messages = [
      '',
      ' ',
      '0',
      '{"a":1}',
      'a\0b',
      'a\r\nb',
      '\u00e9',
      'e\u0301',
      '\u{1F600}',
      'x'.repeat(65_536),
    ];
    for (const message of messages) await other.publish(prefix + message);
    await assertHears(listener, messages.at(-1) ?? '');
    assert.ok(
      listener.heard.every((message, index) => message === messages[index]),
      'each is what was sent',
    );
    await listener.end();
  },

  'an empty message is a message': async ({ state }) => {
    const listener = await listen(state, '');
    await state.publish('');
    await assertHears(listener, '');
    await listener.end();
  },

  'publishing to nobody is no error': async ({ state, prefix }) => {
    await state.publish(`${prefix}a`);
  },

  'who has ended the subscription hears no more, the others do': async ({ state, prefix }) => {
    const [leaving, staying] = [await listen(state, prefix), await listen(state, prefix)];
    await leaving.end();
    await leaving.end();
    await state.publish(`${prefix}a`);
    await assertHears(staying, 'a');
    assert.deepEqual(leaving.heard, []);
    await staying.end();
  },

  'a subscriber that throws keeps nothing from the others': async ({ state, prefix }) => {
    const endThrowing = await state.subscribe(
      () => {
        throw new Error('this subscriber throws');
      },
      () => undefined,
    );
    const listener = await listen(state, prefix);
    await state.publish(`${prefix}a`).catch(() => undefined);
    await state.publish(`${prefix}b`).catch(() => undefined);
    await assertHears(listener, 'b');
    assert.deepEqual(listener.heard, ['a', 'b']);
    await endThrowing();
    await listener.end();
  },

  'no gap is told of where nothing is missing': async ({ state, other, prefix }) => {
    const listener = await listen(state, prefix);
    await other.publish(`${prefix}a`);
    await assertHears(listener, 'a');
    await sleep(50);
    assert.deepEqual(listener.heard, ['a']);
    await listener.end();
  },

  'a broken subscription comes back, and tells of every message it has missed': async ({
    state,
    other,
    prefix,
    interrupt,
  }) => {
    if (interrupt === undefined) return;
    const listener = await listen(state, prefix);
    const sent: Sent[] = [];
    const send = async (): Promise<void> => {
      const message = { text: `${sent.length}`, isSure: true };
      sent.push(message);
      await other.publish(prefix + message.text).catch(() => (message.isSure = false));
    };
    for (let time = 0; time < 5; time += 1) await send();
    await assertHears(listener, '4');
    const breaking = interrupt();
    for (let time = 0; time < 50; time += 1) {
      await send();
      await sleep(5);
    }
    await breaking;
    await eventually('a gap', RECOVERY_MILLISECONDS, () => listener.heard.includes(GAP));
    await eventually('a message after the gap', RECOVERY_MILLISECONDS, async () => {
      await send();
      return hearsSoon(listener, sent.at(-1)?.text ?? '');
    });
    assertNothingMissedSilently(listener, sent);
    await listener.end();
  },
});

/** A message that was published; whether it was is not sure where `publish` failed. */
interface Sent {
  readonly text: string;
  isSure: boolean;
}

async function hearsSoon({ heard }: Listener, message: string): Promise<boolean> {
  for (let look = 0; look < 20 && !heard.includes(message); look += 1) await sleep(10);
  return heard.includes(message);
}

async function endAll(listeners: readonly Listener[]): Promise<void> {
  for (const listener of listeners) await listener.end();
}

/** Between two messages that are not neighbours there must be a gap. */
function assertNothingMissedSilently({ heard }: Listener, sent: readonly Sent[]): void {
  let next = 0;
  let isDoubtful = false;
  for (const message of heard) {
    if (message === GAP) {
      isDoubtful = true;
      continue;
    }
    const position = sent.findIndex(({ text }) => text === message);
    assert.ok(position >= next, `${JSON.stringify(message)} was heard out of order, or twice`);
    const missing = sent.slice(next, position).filter(({ isSure }) => isSure);
    assert.ok(
      isDoubtful || missing.length === 0,
      `${missing.length} messages before ${JSON.stringify(message)} are missing, and no gap was told`,
    );
    next = position + 1;
    isDoubtful = false;
  }
}
