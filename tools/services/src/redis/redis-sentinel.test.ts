import { expect, test } from '@jest/globals';
import { describeWith } from '../describe-with.ts';
import { until } from '../process/until.ts';
import { startRedisSentinel } from './redis-sentinel.ts';
import { redisProblem } from './redis.ts';

describeWith(redisProblem(), 'startRedisSentinel', () => {
  test('is a master, two replicas and three sentinels; one replica takes over when the master is killed', async () => {
    const sentinel = await startRedisSentinel();
    try {
      const [master, ...replicas] = sentinel.nodes;
      expect(await sentinel.master()).toBe(master);
      await master!.cli('SET', 'colour', 'blue');
      await master!.cli('WAIT', '2', '5000');
      for (const replica of replicas) expect(await replica.cli('GET', 'colour')).toBe('blue');

      await master!.kill();
      const successor = await until(
        async () => {
          const now = await sentinel.master();
          return now !== master && now;
        },
        { what: 'the sentinels name another master' },
      );
      await until(async () => (await successor.cli('ROLE')).startsWith('master'), { what: 'it knows' });
      expect(await successor.cli('SET', 'colour', 'red')).toBe('OK');

      // What a failover changed stays after a restart: the sentinel and the new master know their parts.
      await sentinel.sentinels[0]!.kill();
      await sentinel.sentinels[0]!.restart();
      const named = await sentinel.sentinels[0]!.cli('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', sentinel.name);
      expect(named).toBe(`127.0.0.1\n${successor.port}`);
      await successor.kill();
      await successor.restart();
      expect(await successor.cli('GET', 'colour')).toBe('red');
    } finally {
      await sentinel.stop();
    }
  }, 60_000);

  test('asks for the passwords it was given', async () => {
    const sentinel = await startRedisSentinel({
      arguments: ['--requirepass', 'secret'],
      sentinelArguments: ['--requirepass', 'other'],
    });
    try {
      const [first] = sentinel.sentinels;
      expect(first!.url).toBe(`redis://:other@127.0.0.1:${first!.port}`);
      expect((await sentinel.master()).url).toContain(':secret@');
    } finally {
      await sentinel.stop();
    }
  }, 60_000);
});
