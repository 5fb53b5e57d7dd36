import { expect, test } from '@jest/globals';
import { HopelessError, until } from './until.ts';

test('looks again until there is something, and returns it', async () => {
  let looks = 0;
  const found = await until(
    () => {
      looks += 1;
      if (looks === 1) throw new Error('not yet');
      return looks === 3 && { looks };
    },
    { what: 'the third look', pollMilliseconds: 1 },
  );
  expect(found).toEqual({ looks: 3 });
});

test('gives up in time, and says what was waited for, what went wrong and what the server said', async () => {
  const waiting = until(() => Promise.reject(new Error('connection refused')), {
    what: 'the server answers',
    timeoutSeconds: 0.05,
    pollMilliseconds: 1,
    output: () => 'out of memory',
  });
  await expect(waiting).rejects.toThrow(
    'the server answers: not within 0.05 s\nconnection refused\nout of memory',
  );
});

test('does not wait for what cannot come', async () => {
  const waiting = until(() => Promise.reject(new HopelessError('it has ended')), { what: 'an answer' });
  await expect(waiting).rejects.toThrow('it has ended');
});
