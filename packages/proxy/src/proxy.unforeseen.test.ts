import { describe, expect, it } from '@jest/globals';
import { ask, send } from './proxy-client.fixture.ts';
import { LANES, startProxy } from './proxy.fixture.ts';

const authenticate = (): never => {
  throw new TypeError('planted-secret');
};

describe.each(LANES)('an error nobody foresaw, $lane', ({ fastLane }) => {
  it('is a 500 that says nothing, and one line of the log that says where it arose', async () => {
    for (const request of [ask, (proxy: { port: number }) => send(proxy, { path: '/v1/models' })]) {
      await using proxy = await startProxy({ fastLane, authenticate });
      const { status, text } = await request(proxy);
      const lines = proxy.log().match(/^.*"unforeseen error".*$/gm) ?? [];
      expect([status, lines.length]).toEqual([500, 1]);
      const line = JSON.parse(lines[0] ?? '{}') as { level: string; kind: string; at: string[] };
      expect(line).toMatchObject({ level: 'error', kind: 'TypeError' });
      expect(line.at[0]).toContain('proxy.unforeseen.test.ts');
      expect(text + proxy.log()).not.toContain('planted-secret');
    }
  });
});
