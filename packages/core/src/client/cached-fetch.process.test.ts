import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

/** Runs `code` as a module of an application, and resolves to what it printed once the process has ended by itself. */
async function run(code: string, flags: readonly string[] = []): Promise<string[]> {
  const imports = `
    import OpenAI from 'openai';
    import { Cache, memoryStore } from '@cache/core';
    import { cachedFetch, getCacheInfo } from '@cache/core/client';
    import { chatReply, stalledAfter, startFakeProvider } from '@cache/core/testing';
    const provider = await startFakeProvider();
    const cache = new Cache({ store: memoryStore() });
    const openai = new OpenAI({ baseURL: provider.url, apiKey: 'x', maxRetries: 0, fetch: cachedFetch(cache) });
    const question = { model: 'm', messages: [{ role: 'user', content: 'x' }] };
  `;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...flags, '--conditions=@cache/source', '--input-type=module', '--eval', imports + code],
    { cwd: import.meta.dirname, timeout: 20_000, env: { PATH: process.env['PATH'] } },
  );
  return stdout.trim().split('\n');
}

describe('in an application', () => {
  it('holds no process open: entries, an unread stream, a cache that was never closed', async () => {
    const printed = await run(`
      await openai.chat.completions.create(question);
      await openai.chat.completions.create({ ...question, messages: [], model: 'other' }).catch(() => {});
      await openai.chat.completions.create({ ...question, model: 'unread', stream: true });
      console.log(getCacheInfo(await openai.chat.completions.create(question).asResponse()).hit);
      await provider.close();
    `);
    expect(printed).toEqual(['true']);
  });

  it('a stream that is never read and forgotten ends its provider call', async () => {
    // In a process of its own: in one as large as jest's, when garbage is collected is anybody's guess.
    const printed = await run(
      `
      provider.script((call) => stalledAfter(chatReply(call), 3));
      await openai.chat.completions.create({ ...question, stream: true }).asResponse();
      while (provider.aborted === 0) {
        globalThis.gc();
        await new Promise(setImmediate);
      }
      console.log(provider.aborted, cache.callsUnderWay);
      await provider.close();
    `,
      ['--expose-gc'],
    );
    expect(printed).toEqual(['1 0']);
  });

  it('close() waits for answers under way, and may be called twice', async () => {
    const printed = await run(`
      const gate = provider.hold();
      const answer = openai.chat.completions.create(question);
      await provider.waitForCalls(1);
      const closed = cache.close();
      gate.release();
      await closed;
      console.log((await answer).choices[0].message.content);
      await cache.close();
      await provider.close();
    `);
    expect(printed).toEqual(['Answer 1 to: x']);
  });

  it("a timeout is the SDK's timeout error; a provider that is down its connection error", async () => {
    const printed = await run(`
      const told = (error) => console.log(error.constructor.name, error.message);
      provider.hold();
      await openai.chat.completions.create(question, { timeout: 20 }).catch(told);
      while (cache.callsUnderWay > 0) await new Promise(setImmediate);
      await provider.close();
      await openai.chat.completions.create(question).catch(told);
    `);
    expect(printed).toEqual([
      'APIConnectionTimeoutError Request timed out.',
      'APIConnectionError Connection error.',
    ]);
  });
});
