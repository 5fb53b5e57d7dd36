import { describe, expect, it, jest } from '@jest/globals';
import { startFakeProvider, type FakeProvider } from '@cache/core/testing';
import { folderWith, startApp, type RunningApp } from './app.fixture.ts';

/** Starting processes takes its time on a busy machine. */
jest.setTimeout(30_000);

const QUESTION = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'q' }] });

/** A proxy with a request on its way to a provider that does not answer yet. */
async function busyApp(provider: FakeProvider): Promise<{ app: RunningApp; answer: Promise<Response> }> {
  const litellm_params = { model: 'openai/m', api_base: provider.url, api_key: 'k' };
  using folder = folderWith({ 'config.yaml': { model_list: [{ model_name: 'm', litellm_params }] } });
  const app = await startApp(['--config', `${folder.path}/config.yaml`]);
  const answer = fetch(`${app.url}/v1/chat/completions`, { method: 'POST', body: QUESTION });
  answer.catch(() => undefined);
  await provider.waitForCalls(1);
  return { app, answer };
}

describe.each([
  { signal: 'SIGINT', secondCode: 130 },
  { signal: 'SIGTERM', secondCode: 143 },
] as const)('$signal', ({ signal, secondCode }) => {
  it('finishes the request in flight, takes no others, and ends with 0', async () => {
    await using provider = await startFakeProvider();
    const gate = provider.hold();
    const { app, answer } = await busyApp(provider);
    await using _ = app;
    app.process.kill(signal);
    await app.says(new RegExp(`${signal}: finishing what is in flight`));
    await expect(fetch(`${app.url}/health/liveliness`)).rejects.toThrow();
    gate.release();
    expect(await (await answer).text()).toContain('Answer 1 to: q');
    expect(await app.ended).toBe(0);
    expect(JSON.parse(app.output())).toMatchObject({ msg: 'request', status: 200 });
  });

  it('a second time ends at once', async () => {
    await using provider = await startFakeProvider();
    provider.hold();
    const { app, answer } = await busyApp(provider);
    await using _ = app;
    app.process.kill(signal);
    await app.says(/once more ends at once/);
    app.process.kill(signal);
    expect(await app.ended).toBe(secondCode);
    await expect(answer).rejects.toThrow();
  });

  it('without anything to do ends with 0', async () => {
    await using app = await startApp();
    app.process.kill(signal);
    expect(await app.ended).toBe(0);
  });
});
