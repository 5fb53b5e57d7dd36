import { expect, test } from '@jest/globals';
import { describeWith } from './describe-with.ts';

const ran: string[] = [];

describeWith(undefined, 'with no problem', () => {
  test('its tests run', () => {
    ran.push('run');
    expect(expect.getState().currentTestName).toBe('with no problem its tests run');
  });
});

test('with a problem they are skipped, and the name says why where tools/test reads it', () => {
  // A skip would count as one in the totals of the whole run: jest is stood in for, by what it is called with.
  const global = globalThis as unknown as { describe: { skip: unknown } };
  const { skip } = global.describe;
  const names: string[] = [];
  global.describe.skip = (name: string) => names.push(name);
  try {
    describeWith('no server [here]', 'Redis', () => ran.push('skipped'));
  } finally {
    global.describe.skip = skip;
  }
  expect(names).toEqual(['Redis [skipped: no server [here)]']);
  expect(ran).toEqual(['run']);
});
