import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { bytesReply, chatReply, stalledAfter } from '../testing/index.ts';
import { getCacheInfo } from './cache-info.ts';
import { question, setUp, streamed, type Setup } from './openai.fixture.ts';

let setup: Setup;
afterEach(() => setup.close());

describe('the body of a response', () => {
  it('can be read once for each response, and cloned', async () => {
    setup = await setUp();
    await (await setup.post(question())).text();
    const one = await setup.post(question());
    const other = one.clone();
    const text = await one.text();
    expect(one.bodyUsed).toBe(true);
    await expect(one.text()).rejects.toThrow(/unusable|already been read/);
    expect(await other.text()).toBe(text);
  });

  it.each([
    ['whole', question()],
    ['streamed', streamed()],
  ])("is its reader's own: writing into it changes no later answer (%s)", async (_name, body) => {
    setup = await setUp();
    const texts: string[] = [];
    for (let time = 0; time < 3; time += 1) {
      const response = await setup.post(body);
      for await (const piece of response.body!) {
        texts[time] = (texts[time] ?? '') + Buffer.from(piece).toString();
        new Uint8Array(piece.buffer).fill(0);
      }
    }
    expect(JSON.stringify(texts[2])).toContain('Answer');
    expect(texts[2]).toBe(texts[1]);
    expect(setup.provider.calls).toHaveLength(1);
  });

  it('is made of bytes in memory of their own, which can be handed to another thread', async () => {
    setup = await setUp();
    const { value } = await (await setup.post(streamed())).body!.getReader().read();
    expect(value!.constructor).toBe(Uint8Array);
    expect(structuredClone(value, { transfer: [value!.buffer] })?.byteLength).toBeGreaterThan(0);
  });

  it('is absent where the status forbids one', async () => {
    setup = await setUp({ supportedCallTypes: [] });
    setup.provider.script(() => ({ ...bytesReply('', { status: 204 }), pieces: [] }));
    const response = await setup.post(question());
    expect(response).toMatchObject({ status: 204, body: null });
  });

  it('given up with cancel() cancels the provider call', async () => {
    setup = await setUp();
    setup.provider.script((call) => stalledAfter(chatReply(call), 3));
    const response = await setup.post(streamed());
    await response.body!.cancel();
    await setup.provider.waitForAborts(1);
    await setup.cache.close();
    expect(setup.cache.callsUnderWay).toBe(0);
  });

  it('given up while others read it cancels nothing', async () => {
    setup = await setUp();
    const gate = setup.provider.hold(2);
    const [one, other] = await Promise.all([setup.post(streamed()), setup.post(streamed())]);
    await one.body!.cancel();
    gate.release();
    expect(await other.text()).toContain('[DONE]');
    expect(setup.provider.aborted).toBe(0);
  });

  it('never read: the answer is stored all the same, and no call stays under way', async () => {
    setup = await setUp();
    const unread = await setup.post(streamed());
    while (setup.cache.callsUnderWay > 0) await nextTurn();
    expect(getCacheInfo(await setup.post(question()))?.hit).toBe(true);
    expect(unread.bodyUsed).toBe(false);
  });
});
