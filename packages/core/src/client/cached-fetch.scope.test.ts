import { afterEach, describe, expect, it } from '@jest/globals';
import type { Caller } from '../contract/caller.ts';
import { getCacheInfo } from './cache-info.ts';
import { ask, question, setUp, type Setup } from './openai.fixture.ts';

let setup: Setup;
afterEach(() => setup.close());

async function isHit(headers: Record<string, string>): Promise<boolean | undefined> {
  return getCacheInfo(await setup.post(question(), { headers }))?.hit;
}

describe('who shares with whom', () => {
  it('peer defect 2: two API keys never share', async () => {
    setup = await setUp();
    const one = await ask(setup.client({ apiKey: 'sk-one' }));
    const other = await ask(setup.client({ apiKey: 'sk-two' }));
    expect(other).not.toBe(one);
    expect(await ask(setup.client({ apiKey: 'sk-one' }))).toBe(one);
    expect(setup.provider.calls).toHaveLength(2);
  });

  it('peer defect 2: two API keys at once make two calls', async () => {
    setup = await setUp();
    const gates = [setup.provider.hold()];
    const both = ['sk-one', 'sk-two'].map((apiKey) => ask(setup.client({ apiKey })));
    await setup.provider.waitForCalls(2);
    for (const gate of gates) gate.release();
    expect(new Set(await Promise.all(both)).size).toBe(2);
  });

  it.each([
    'authorization',
    'proxy-authorization',
    'api-key',
    'x-api-key',
    'x-goog-api-key',
    'ocp-apim-subscription-key',
    'cf-aig-authorization',
    'helicone-auth',
    'x-amz-security-token',
    'cookie',
  ])('peer defect 2: %s is a credential', async (header) => {
    setup = await setUp();
    expect(await isHit({ [header]: 'one' })).toBe(false);
    expect(await isHit({ [header]: 'two' })).toBe(false);
    expect(await isHit({})).toBe(false);
    expect(await isHit({ [header]: 'one' })).toBe(true);
  });

  it('peer defect 2: the same secret in another header is another credential', async () => {
    setup = await setUp();
    expect(await isHit({ 'api-key': 'one' })).toBe(false);
    expect(await isHit({ 'x-api-key': 'one' })).toBe(false);
  });

  it('headers that identify a request or a client library separate nobody', async () => {
    setup = await setUp();
    expect(await isHit({ 'x-request-id': '1', 'idempotency-key': 'a', 'user-agent': 'x' })).toBe(false);
    expect(await isHit({ 'x-request-id': '2', 'idempotency-key': 'b', 'user-agent': 'y' })).toBe(true);
  });

  it('organisation and project of OpenAI separate', async () => {
    setup = await setUp();
    await ask(setup.client({ organization: 'org-1' }));
    await ask(setup.client({ organization: 'org-2' }));
    await ask(setup.client({ organization: 'org-2', project: 'p' }));
    await ask(setup.client({ organization: 'org-1' }));
    expect(setup.provider.calls).toHaveLength(3);
  });

  it('keys share where the caller says so', async () => {
    setup = await setUp({}, { caller: () => ({}) });
    const one = await ask(setup.client({ apiKey: 'sk-one' }));
    expect(await ask(setup.client({ apiKey: 'sk-two' }))).toBe(one);
  });

  it.each<[string, unknown, string]>([
    ['a promise', Promise.resolve({ keyHash: 'a' }), 'caller() must be an object, got a promise'],
    ['nothing', undefined, 'caller() must be an object, got undefined'],
    ['a misspelt member', { keyhash: 'a' }, 'caller().keyhash must be one of keyHash, teamId'],
    ['no string', { teamId: 7 }, 'caller().teamId must be a string, got number'],
    ['only a team', { teamId: 'red' }, 'caller() must be somebody scope "key" tells apart'],
    ['only an end user', { endUser: '1' }, 'caller() must be somebody scope "key" tells apart'],
  ])(
    'peer defect 2: a caller that is %s is refused, not taken for anybody',
    async (_name, caller, message) => {
      setup = await setUp({}, { caller: () => caller as Caller });
      const expected = { code: 'CACHE_INVALID_OPTION', message: expect.stringContaining(message) };
      await expect(setup.post(question())).rejects.toMatchObject(expected);
      expect(setup.provider.calls).toHaveLength(0);
    },
  );

  it('a team shares, by scope and caller', async () => {
    const caller = (headers: Headers): Caller => ({ teamId: headers.get('x-team') ?? 'none' });
    setup = await setUp({ scope: 'team' }, { caller });
    expect(await isHit({ authorization: 'one', 'x-team': 'red' })).toBe(false);
    expect(await isHit({ authorization: 'two', 'x-team': 'red' })).toBe(true);
    expect(await isHit({ authorization: 'two', 'x-team': 'blue' })).toBe(false);
  });

  it('with scope global a caller may be anybody', async () => {
    setup = await setUp({ scope: 'global' }, { caller: () => ({ teamId: 'red' }) });
    const one = await ask(setup.client({ apiKey: 'sk-one' }));
    expect(await ask(setup.client({ apiKey: 'sk-two' }))).toBe(one);
  });

  it('another address is another provider', async () => {
    setup = await setUp();
    const one = await ask(setup.openai);
    expect(await ask(setup.client({ baseURL: `${setup.provider.url}/other` }))).not.toBe(one);
    expect(await ask(setup.client({ defaultQuery: { region: 'eu' } }))).not.toBe(one);
    expect(setup.provider.calls).toHaveLength(3);
  });
});
